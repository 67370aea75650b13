//! The whole record as static files in the layout of C2SP [tlog-tiles](https://c2sp.org/tlog-tiles): written out,
//! and verified from nothing but the files and the keys the verifier trusts.
//!
//! [`verify_whole`] recomputes everything from the leaves upwards:
//! * the checkpoint opens under the trusted keys, and carries no signature that cannot be checked
//!   ([`crate::checkpoint::open_closed`]);
//! * each entry bundle holds exactly its leaves; each is canonical ([`crate::leaf`]) and of one workspace;
//! * nothing was dispatched against or without a decision where one was asked for ([`crate::verify`] has the
//!   rule), over all leads;
//! * each tile is what its leaves hash to, and all together give the root that the checkpoint signs;
//! * where an older checkpoint is given, its tree is the beginning of this one.
//!
//! The first bad place in the order of the record is named. When leaves and tiles disagree, the checkpoint says
//! which of them is wrong: if the leaves give its root, it is the tile, else the leaf.
//!
//! Openings are no part of these files, so bodies and passkey signatures are verified in bundles only. That no
//! fact's id comes twice is not looked at either.

mod read;

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::ops::Range;

use crate::canonical::first_difference;
use crate::checkpoint::{Checkpoint, CheckpointError, Cosignature, Opened, Trust, open, open_closed};
use crate::leaf::{LEAF_BYTES_MAX, LeafError};
use crate::note::Note;
use crate::tile::{
    EntriesError, TILE_WIDTH, TileError, TileId, TiledTree, Tiles, encode_entries, entry_bundles,
    perfect_root, tiles, to_bytes, width_in,
};
use crate::tree::{self, HASH_BYTES, Hash, join, perfect_subtrees};
use crate::verify::StoryError;
use crate::words::shown;

/// Where the checkpoint stands.
pub const CHECKPOINT_PATH: &str = "checkpoint";

/// Longest file of an export, in bytes: a full bundle of the longest leaves.
pub const FILE_BYTES_MAX: usize = TILE_WIDTH as usize * (LEAF_BYTES_MAX + 2);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError<T, E> {
    #[error(transparent)]
    Tile(TileError<T>),
    #[error(transparent)]
    Entries(#[from] EntriesError),
    #[error("{given} leaves were given where {} are needed", needed.end - needed.start)]
    Leaves { given: usize, needed: Range<u64> },
    #[error(transparent)]
    Caller(E),
}

/// Writes the record out: hands each file's path and bytes to `write`, the checkpoint last, so that whoever
/// reads meanwhile never meets a checkpoint whose tiles are not there.
///
/// `size` is that of the checkpoint; tiles that have widened since are cut to it.
///
/// # Errors
/// When a tile is missing or short, leaves are missing, or `leaves` or `write` fails.
pub fn export<T: Tiles, E>(
    checkpoint: &Note,
    size: u64,
    stored: &T,
    mut leaves: impl FnMut(Range<u64>) -> Result<Vec<Vec<u8>>, E>,
    mut write: impl FnMut(&str, &[u8]) -> Result<(), E>,
) -> Result<(), ExportError<T::Error, E>> {
    for id in entry_bundles(size) {
        let start = id.index * TILE_WIDTH;
        let needed = start..start + u64::from(id.width);
        let found = leaves(needed.clone()).map_err(ExportError::Caller)?;
        if found.len() != usize::from(id.width) {
            return Err(ExportError::Leaves { given: found.len(), needed });
        }
        let bytes = encode_entries(found.iter().map(Vec::as_slice))?;
        write(&id.to_string(), &bytes).map_err(ExportError::Caller)?;
    }
    for id in tiles(size) {
        let bytes = stored.tile(id).map_err(|error| ExportError::Tile(TileError::Source(error)))?;
        let narrowed = bytes
            .get(..usize::from(id.width) * HASH_BYTES)
            .ok_or(ExportError::Tile(TileError::Short { id, bytes: bytes.len() }))?;
        write(&id.to_string(), narrowed).map_err(ExportError::Caller)?;
    }
    write(CHECKPOINT_PATH, checkpoint.to_string().as_bytes()).map_err(ExportError::Caller)
}

/// A record that was found true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeVerified {
    pub checkpoint: Checkpoint,
    pub cosignatures: Vec<Cosignature>,
    /// The older checkpoint, when one was given.
    pub since: Option<Checkpoint>,
}

/// `verified N facts`
impl Display for WholeVerified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "verified {} facts", self.checkpoint.size)
    }
}

/// `not verified: <place>: <reason>`
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not verified: {place}: {}", shown(&reason.to_string()))]
pub struct NotWhole {
    /// The path of the bad file, for a leaf with its number and index.
    pub place: String,
    pub reason: WholeReason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WholeReason {
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it is not UTF-8 text")]
    NotText,
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Entries(#[from] EntriesError),
    #[error("the leaf is malformed: {0}")]
    Leaf(#[from] LeafError),
    #[error("the leaf belongs to workspace `{found}`, the record to `{expected}`")]
    OtherWorkspace { found: String, expected: String },
    #[error(transparent)]
    Story(#[from] StoryError),
    #[error("the leaf does not hash to what `{0}` says")]
    LeafDiffers(String),
    #[error("{found} bytes where {needed} are needed")]
    TileLength { found: usize, needed: usize },
    #[error("byte {at} differs from what the leaves hash to")]
    TileDiffers { at: usize },
    #[error("leaves and tiles agree, but their root is `{computed}`, not the signed `{signed}`")]
    OtherRoot { computed: Hash, signed: Hash },
    #[error("the older checkpoint has {old} leaves, this record only {new}")]
    Shrunk { old: u64, new: u64 },
    #[error(
        "the record's first {size} leaves have the root `{computed}`, the older checkpoint says `{signed}`: the record was rewritten"
    )]
    Rewritten { size: u64, computed: Hash, signed: Hash },
}

/// What a verifier brings to a whole record.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    pub trust: &'a Trust,
    /// An older checkpoint of this record, as a note.
    pub since: Option<&'a str>,
    /// Threads to use beside the caller's.
    pub threads: NonZeroUsize,
}

/// Verifies a whole record. `read` gives the bytes of a file of the export; `progress` is told how many of how
/// many facts are verified.
///
/// # Errors
/// When anything is not as it must be; the error names the place and the reason.
pub fn verify_whole<E: Display>(
    demand: Demand<'_>,
    read: impl Fn(&str) -> Result<Vec<u8>, E> + Sync,
    progress: impl FnMut(u64, u64),
) -> Result<WholeVerified, NotWhole> {
    let at_checkpoint = |reason| NotWhole { place: CHECKPOINT_PATH.to_owned(), reason };
    let files = Files { read };
    let note =
        String::from_utf8(files.bytes(CHECKPOINT_PATH)?).map_err(|_| at_checkpoint(WholeReason::NotText))?;
    let Opened { checkpoint, cosignatures, .. } =
        open_closed(&note, demand.trust).map_err(|error| at_checkpoint(error.into()))?;

    let read = read::read_leaves(&files, checkpoint.size, demand.threads, progress)?;
    let levels = levels_above(read.tile_roots);
    let computed = root_of(&read.last_hashes, &levels, checkpoint.size);
    if computed != checkpoint.root {
        let signed = checkpoint.root;
        let disagreement = read.first_differing_leaf;
        return Err(
            disagreement.unwrap_or_else(|| at_checkpoint(WholeReason::OtherRoot { computed, signed }))
        );
    }
    // The leaves are what was signed; so a tile that differs is itself wrong.
    if let Some(differing) = read.first_differing_tile {
        return Err(differing);
    }
    check_upper_tiles(&files, &levels, checkpoint.size)?;
    let since =
        demand.since.map(|since| check_since(since, demand.trust, &checkpoint, &files)).transpose()?;
    Ok(WholeVerified { checkpoint, cosignatures, since })
}

/// The files of an export, through the caller's reader.
struct Files<R> {
    read: R,
}

impl<R: Fn(&str) -> Result<Vec<u8>, E>, E: Display> Files<R> {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, NotWhole> {
        (self.read)(path).map_err(|error| NotWhole {
            place: path.to_owned(),
            reason: WholeReason::Unreadable(error.to_string()),
        })
    }
}

impl<R: Fn(&str) -> Result<Vec<u8>, E>, E: Display> Tiles for &Files<R> {
    type Error = NotWhole;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, NotWhole> {
        self.bytes(&id.to_string())
    }
}

/// The nodes of tile levels 1 and up, from those of level 1.
fn levels_above(tile_roots: Vec<Hash>) -> Vec<Vec<Hash>> {
    let mut levels = Vec::new();
    let mut nodes = tile_roots;
    while !nodes.is_empty() {
        let above = nodes.chunks_exact(TILE_WIDTH as usize).map(|tile| perfect_root(tile.to_vec())).collect();
        levels.push(std::mem::replace(&mut nodes, above));
    }
    levels
}

/// The root, from the last tiles of all levels: the perfect subtrees in them are those of the whole tree.
fn root_of(last_hashes: &[Hash], levels: &[Vec<Hash>], size: u64) -> Hash {
    let last_tiles = levels.iter().map(|nodes| nodes.chunks_exact(TILE_WIDTH as usize).remainder());
    let mut subtrees = Vec::new();
    let partial = if size.is_multiple_of(TILE_WIDTH) { &[] } else { last_hashes };
    for tile in std::iter::once(partial).chain(last_tiles).rev() {
        for (level, index) in perfect_subtrees(0, tile.len() as u64) {
            let start = (index << level) as usize;
            subtrees.push(perfect_root(tile[start..start + (1 << level)].to_vec()));
        }
    }
    join(subtrees.into_iter())
}

fn check_upper_tiles<R: Fn(&str) -> Result<Vec<u8>, E>, E: Display>(
    files: &Files<R>,
    levels: &[Vec<Hash>],
    size: u64,
) -> Result<(), NotWhole> {
    for (level, nodes) in (1..).zip(levels) {
        for (index, hashes) in (0..).zip(nodes.chunks(TILE_WIDTH as usize)) {
            let id = TileId { level, index, width: width_in(level, index, size) };
            if let Some(differing) = compare_tile(id, &files.bytes(&id.to_string())?, hashes) {
                return Err(differing);
            }
        }
    }
    Ok(())
}

/// What is wrong with a tile that must hold these hashes.
fn compare_tile(id: TileId, stored: &[u8], hashes: &[Hash]) -> Option<NotWhole> {
    let computed = to_bytes(hashes);
    let reason = if stored.len() != computed.len() {
        WholeReason::TileLength { found: stored.len(), needed: computed.len() }
    } else {
        WholeReason::TileDiffers { at: first_difference(stored, &computed)? }
    };
    Some(NotWhole { place: id.to_string(), reason })
}

fn check_since<R: Fn(&str) -> Result<Vec<u8>, E>, E: Display>(
    since: &str,
    trust: &Trust,
    checkpoint: &Checkpoint,
    files: &Files<R>,
) -> Result<Checkpoint, NotWhole> {
    let at_since = |reason| NotWhole { place: "older checkpoint".to_owned(), reason };
    let old = open(since, &trust.without_witnesses()).map_err(|error| at_since(error.into()))?.checkpoint;
    if old.size > checkpoint.size {
        return Err(at_since(WholeReason::Shrunk { old: old.size, new: checkpoint.size }));
    }
    let tree = TiledTree::new(checkpoint.size, files);
    let computed = tree::root(&tree, old.size).map_err(|error| match error {
        TileError::Source(unreadable) => unreadable,
        other => at_since(WholeReason::Unreadable(other.to_string())),
    })?;
    if computed != old.root {
        let (size, signed) = (old.size, old.root);
        return Err(at_since(WholeReason::Rewritten { size, computed, signed }));
    }
    Ok(old)
}
