//! The tree as tiles, after C2SP [tlog-tiles](https://c2sp.org/tlog-tiles): how it is stored, exported and read
//! by others.
//!
//! A tile of level `L` and index `N` holds up to 256 neighbouring nodes of tree level `8·L`: the nodes
//! `256·N` and on, 32 bytes each, one after the other. A full tile never changes. The last tile of a level is
//! partial: its width grows with the tree, and what was in it stays where it was, so a wider version of a tile
//! serves whoever asks for a narrower one. One row a tile (level, index, width, bytes), replaced as it
//! widens, is therefore all that a store has to keep.
//!
//! Entry bundles hold the leaves themselves, 256 each like the tiles of level 0, each leaf after its length in
//! two bytes, big-endian.
//!
//! Paths: `tile/<L>/<N>` and `tile/entries/<N>`, with `<N>` in groups of three digits, all but the last
//! marked with an `x` (`tile/0/x001/x234/067`), and `.p/<W>` after it for a partial width `W`.

use std::cell::RefCell;
use std::fmt;

use crate::leaf::LEAF_BYTES_MAX;
use crate::tree::{Frontier, Full, HASH_BYTES, Hash, Nodes, node_hash};

/// Tree levels from a tile to the one above.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes in a full tile, and leaves in a full entry bundle.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// Tile levels that the largest tree needs.
const LEVELS_MAX: u8 = 8;

/// Names a tile as it is in a tree of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    pub level: u8,
    pub index: u64,
    /// Hashes in it: 1 to 256.
    pub width: u16,
}

/// Names an entry bundle as it is in a tree of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntriesId {
    pub index: u64,
    /// Leaves in it: 1 to 256.
    pub width: u16,
}

/// The tile's path in an export.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}", self.level, tail(self.index, self.width))
    }
}

/// The bundle's path in an export.
impl fmt::Display for EntriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/entries/{}", tail(self.index, self.width))
    }
}

fn tail(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if u64::from(width) < TILE_WIDTH { format!("{path}.p/{width}") } else { path }
}

/// How many nodes of a tile level are complete in a tree of this size.
fn nodes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(TILE_HEIGHT) * u32::from(level)).unwrap_or(0)
}

/// How wide the tile is in a tree of this size; 0 when the tree has no such tile.
pub fn width_in(level: u8, index: u64, size: u64) -> u16 {
    let before = index.saturating_mul(TILE_WIDTH);
    nodes_at(level, size).saturating_sub(before).min(TILE_WIDTH) as u16
}

/// All tiles of a tree of this size: level by level from the leaves, each from the left.
pub fn tiles(size: u64) -> impl Iterator<Item = TileId> {
    (0..LEVELS_MAX).flat_map(move |level| {
        let count = nodes_at(level, size).div_ceil(TILE_WIDTH);
        (0..count).map(move |index| TileId { level, index, width: width_in(level, index, size) })
    })
}

/// All entry bundles of a tree of this size, from the left.
pub fn entry_bundles(size: u64) -> impl Iterator<Item = EntriesId> {
    (0..size.div_ceil(TILE_WIDTH)).map(move |index| EntriesId { index, width: width_in(0, index, size) })
}

/// A tile and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub id: TileId,
    /// `width` hashes of 32 bytes.
    pub bytes: Vec<u8>,
}

/// Where tiles are stored.
pub trait Tiles {
    type Error;

    /// The bytes of a tile that the tree has. At least `id.width` hashes; more when the stored tile has become
    /// wider since.
    ///
    /// # Errors
    /// When the tile cannot be had; the implementation says why.
    fn tile(&self, id: TileId) -> Result<Vec<u8>, Self::Error>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    #[error(transparent)]
    Source(E),
    #[error("{id} has {bytes} bytes where {} are needed", usize::from(id.width) * HASH_BYTES)]
    Short { id: TileId, bytes: usize },
    #[error("the tree of {size} leaves has no node at level {level}, index {index}")]
    NoSuchNode { level: u8, index: u64, size: u64 },
}

/// The nodes of a tree of a given size, looked up in tiles; remembers the last tile of each level, so that the
/// proofs of neighbouring leaves share what they read.
pub struct TiledTree<T> {
    size: u64,
    tiles: T,
    /// By tile level.
    last: RefCell<[Option<LastRead>; LEVELS_MAX as usize]>,
}

struct LastRead {
    index: u64,
    hashes: Vec<Hash>,
}

impl<T: Tiles> TiledTree<T> {
    pub fn new(size: u64, tiles: T) -> TiledTree<T> {
        TiledTree { size, tiles, last: RefCell::default() }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, level: u8, index: u64) -> Result<Vec<Hash>, TileError<T::Error>> {
        let id = TileId { level, index, width: width_in(level, index, self.size) };
        let bytes = self.tiles.tile(id).map_err(TileError::Source)?;
        let hashes = hashes(&bytes);
        if hashes.len() < usize::from(id.width) {
            return Err(TileError::Short { id, bytes: bytes.len() });
        }
        Ok(hashes)
    }
}

impl<T: Tiles> Nodes for TiledTree<T> {
    type Error = TileError<T::Error>;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let missing = || TileError::NoSuchNode { level, index, size: self.size };
        let (tile_level, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let complete = self.size.checked_shr(u32::from(level)).unwrap_or(0);
        if index >= complete {
            return Err(missing());
        }
        let first = index << height;
        let (tile, offset) = (first / TILE_WIDTH, (first % TILE_WIDTH) as usize);

        let mut last = self.last.borrow_mut();
        let slot = last.get_mut(usize::from(tile_level)).ok_or_else(missing)?;
        let read = match slot {
            Some(read) if read.index == tile => read,
            _ => slot.insert(LastRead { index: tile, hashes: self.read(tile_level, tile)? }),
        };
        let under = read.hashes.get(offset..offset + (1 << height)).ok_or_else(missing)?;
        Ok(perfect_root(under.to_vec()))
    }
}

/// The hashes that a tile's bytes hold; bytes that make no whole hash are left out.
pub(crate) fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.as_chunks::<HASH_BYTES>().0.iter().map(|bytes| Hash(*bytes)).collect()
}

pub(crate) fn to_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The root over a power of two of neighbouring nodes.
pub(crate) fn perfect_root(mut row: Vec<Hash>) -> Hash {
    while row.len() > 1 {
        for pair in 0..row.len() / 2 {
            row[pair] = node_hash(&row[2 * pair], &row[2 * pair + 1]);
        }
        row.truncate(row.len() / 2);
    }
    row.first().copied().unwrap_or_else(crate::tree::empty_root)
}

/// The right edge of a stored tree: the last, partial tile of each level, ready to take new leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    frontier: Frontier,
    /// By level; each shorter than a full tile.
    partial: Vec<Vec<Hash>>,
}

/// What appending leaves comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The tiles to write, each once and as wide as it is now.
    pub tiles: Vec<Tile>,
    /// The edge to go on from once the tiles are stored.
    pub edge: Edge,
}

impl Edge {
    /// Takes up a stored tree of `size` leaves again.
    ///
    /// # Errors
    /// When a tile cannot be had or is too short.
    pub fn resume<T: Tiles>(size: u64, tiles: T) -> Result<Edge, TileError<T::Error>> {
        let tree = TiledTree::new(size, tiles);
        let levels = (0..LEVELS_MAX).take_while(|level| nodes_at(*level, size) > 0);
        let partial = levels.map(|level| {
            let count = nodes_at(level, size);
            let width = (count % TILE_WIDTH) as usize;
            let mut hashes = if width > 0 { tree.read(level, count / TILE_WIDTH)? } else { Vec::new() };
            hashes.truncate(width);
            Ok(hashes)
        });
        let partial = partial.collect::<Result<_, _>>()?;
        Ok(Edge { frontier: Frontier::resume(size, &tree)?, partial })
    }

    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Appends leaves. The edge itself stays as it is, so that a failed write leaves a caller where it was.
    ///
    /// # Errors
    /// When the tree is full.
    pub fn grow(&self, leaf_hashes: impl IntoIterator<Item = Hash>) -> Result<Growth, Full> {
        let mut edge = self.clone();
        let mut tiles = Vec::new();
        for leaf_hash in leaf_hashes {
            let partial = &mut edge.partial;
            edge.frontier.append_noting(leaf_hash, |level, index, hash| {
                if level % TILE_HEIGHT == 0 {
                    tiles.extend(place(partial, level / TILE_HEIGHT, index, hash));
                }
            })?;
        }
        for (level, hashes) in (0..).zip(&edge.partial) {
            let before = nodes_at(level, self.size());
            let now = nodes_at(level, edge.size());
            if !hashes.is_empty() && now > before {
                tiles.push(tile(level, now / TILE_WIDTH, hashes));
            }
        }
        Ok(Growth { tiles, edge })
    }
}

/// Puts a node into the partial tile of its level; the tile, when that fills it.
fn place(partial: &mut Vec<Vec<Hash>>, level: u8, index: u64, hash: Hash) -> Option<Tile> {
    let at = usize::from(level);
    if partial.len() <= at {
        partial.resize(at + 1, Vec::new());
    }
    let hashes = &mut partial[at];
    hashes.push(hash);
    if hashes.len() < TILE_WIDTH as usize {
        return None;
    }
    let full = tile(level, index / TILE_WIDTH, hashes);
    hashes.clear();
    Some(full)
}

fn tile(level: u8, index: u64, hashes: &[Hash]) -> Tile {
    Tile { id: TileId { level, index, width: hashes.len() as u16 }, bytes: to_bytes(hashes) }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    #[error("leaf {nth} has {bytes} bytes; an entry bundle takes at most {LEAF_BYTES_MAX}")]
    LeafTooLong { nth: usize, bytes: usize },
    #[error("the bundle ends within leaf {nth}, at byte {at}")]
    Truncated { nth: usize, at: usize },
    #[error("the bundle goes on after its {width} leaves, at byte {at}")]
    Surplus { width: u16, at: usize },
}

/// The bytes of an entry bundle.
///
/// # Errors
/// When a leaf is too long for its length to be written in two bytes.
pub fn encode_entries<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, EntriesError> {
    let mut bytes = Vec::new();
    for (nth, leaf) in leaves.into_iter().enumerate() {
        let length =
            u16::try_from(leaf.len()).map_err(|_| EntriesError::LeafTooLong { nth, bytes: leaf.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(leaf);
    }
    Ok(bytes)
}

/// The leaves in an entry bundle, which must hold exactly `width` of them.
///
/// # Errors
/// When it holds fewer, or more, or ends within one.
pub fn decode_entries(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, EntriesError> {
    let mut rest = bytes;
    let mut leaves = Vec::with_capacity(usize::from(width));
    for nth in 0..usize::from(width) {
        let truncated = EntriesError::Truncated { nth, at: bytes.len() };
        let (length, after) = rest.split_first_chunk().ok_or_else(|| truncated.clone())?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (leaf, after) = after.split_at_checked(length).ok_or(truncated)?;
        leaves.push(leaf);
        rest = after;
    }
    if rest.is_empty() {
        Ok(leaves)
    } else {
        Err(EntriesError::Surplus { width, at: bytes.len() - rest.len() })
    }
}

#[cfg(test)]
mod tests;
