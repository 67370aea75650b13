//! Giving facts their place in the tree. Facts are numbered in the order of their commits, which is their order in the
//! tree; so placing them means to hash what lies beyond the tree's size, and to write tiles, size and checkpoint at
//! once. Interrupted anywhere, the next call goes on from what is written.

use flow::ids::WorkspaceId;
use record::tile::{Edge, Tile, TileError};
use record::tree::Hash;

use crate::{Signs, StoreError};

/// Most facts placed in one transaction.
pub(crate) const BATCH: usize = 4_096;

/// A step forward of one tree.
pub(crate) struct Placement {
    pub workspace: WorkspaceId,
    pub from: u64,
    pub to: u64,
    pub tiles: Vec<Tile>,
    pub checkpoint: String,
}

/// What there is to place.
pub(crate) enum Next {
    Facts(Pending),
    /// Every fact has its place; the tree as it stands.
    Nothing(Edge),
}

/// What is still to be placed, and where.
pub(crate) struct Pending {
    edge: Edge,
    hashes: Vec<Hash>,
}

impl Next {
    /// The hashes of the facts after those in the tree.
    pub fn new(edge: Edge, hashes: Vec<Hash>) -> Next {
        if hashes.is_empty() { Next::Nothing(edge) } else { Next::Facts(Pending { edge, hashes }) }
    }
}

impl Pending {
    /// How many facts.
    pub fn len(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Grows the tree and has its head signed. Answers the edge that holds once the placement is written.
    pub fn place(self, workspace: WorkspaceId, sign: &dyn Signs) -> Result<(Placement, Edge), StoreError> {
        let from = self.edge.size();
        let growth = self.edge.grow(self.hashes).map_err(|error| StoreError::Value(error.to_string()))?;
        let to = growth.edge.size();
        let checkpoint = sign.checkpoint(to, growth.edge.root().0);
        if checkpoint.is_empty() {
            return Err(StoreError::Value(format!("the head of the tree of {to} facts was not signed")));
        }
        Ok((Placement { workspace, from, to, tiles: growth.tiles, checkpoint }, growth.edge))
    }
}

/// What is wrong with the stored tree.
pub(crate) fn tile_error(error: TileError<StoreError>) -> StoreError {
    match error {
        TileError::Source(error) => error,
        error => StoreError::Corrupt(error.to_string()),
    }
}
