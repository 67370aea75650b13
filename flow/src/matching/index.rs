//! Where identities are looked up: a contract, and the index in memory that serves a batch.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::identity::Identity;
use super::keys::{Keyring, is_whole};

/// What scoring has to know of everybody else. The store keeps it in tables, a batch in memory.
pub trait Index {
    /// The rows stored under a key, in no particular order. A key shared by more than [`MAX_BUCKET`] rows gives none:
    /// it tells little, and another conjunction finds the pair.
    fn rows(&self, key: u64, found: &mut Vec<u32>);

    /// How many different partners a value was seen with (see [`Keyring::terms`]); zero for an unknown value.
    fn spread(&self, value: u64) -> u32;
}

/// Rows under one key beyond which it is not followed.
pub const MAX_BUCKET: u32 = 64;
/// A hint that so few rows share tells as much as a whole key.
pub const FEW: usize = 6;
/// Candidates compared with one identity at most.
pub const MAX_CANDIDATES: usize = 400;

/// An index in memory. Rows are numbered in the order of their insertion.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    buckets: HashMap<u64, Bucket, Mixed>,
    links: Vec<Link>,
    spreads: HashMap<u64, u32, Mixed>,
    seen: HashSet<u64, Mixed>,
    rows: u32,
}

/// The newest link of a key, and how many there are.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    newest: u32,
    count: u32,
}

/// A row under a key, and the link that was the newest before.
#[derive(Debug, Clone, Copy)]
struct Link {
    row: u32,
    older: u32,
}

const NO_LINK: u32 = u32::MAX;

/// Keys are hashes already.
type Mixed = BuildHasherDefault<AsItIs>;

#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl MemoryIndex {
    /// Adds an identity and returns its row number.
    pub fn insert(&mut self, keyring: Keyring, identity: &Identity) -> u32 {
        let row = self.rows;
        self.rows += 1;
        for key in keyring.keys(identity) {
            let bucket = self.buckets.entry(key).or_insert(Bucket { newest: NO_LINK, count: 0 });
            bucket.count += 1;
            if bucket.count <= MAX_BUCKET
                && let Ok(link) = u32::try_from(self.links.len())
            {
                self.links.push(Link { row, older: bucket.newest });
                bucket.newest = link;
            }
        }
        for term in keyring.terms(identity) {
            if self.seen.insert(term.value.rotate_left(17) ^ term.partner) {
                *self.spreads.entry(term.value).or_default() += 1;
            }
        }
        row
    }

    /// How many rows were inserted.
    pub fn len(&self) -> u32 {
        self.rows
    }

    /// Nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

impl Index for MemoryIndex {
    fn rows(&self, key: u64, found: &mut Vec<u32>) {
        let Some(bucket) = self.buckets.get(&key).filter(|bucket| bucket.count <= MAX_BUCKET) else { return };
        let mut next = bucket.newest;
        while let Some(link) = usize::try_from(next).ok().and_then(|place| self.links.get(place)) {
            found.push(link.row);
            next = link.older;
        }
    }

    fn spread(&self, value: u64) -> u32 {
        self.spreads.get(&value).copied().unwrap_or_default()
    }
}

/// The rows that an identity has to be compared with, each once, in ascending order; at most [`MAX_CANDIDATES`]. A row
/// that shares a single hint is left out (see [`is_whole`]).
pub fn candidates(index: &impl Index, keyring: Keyring, identity: &Identity) -> Vec<u32> {
    let keys = keyring.keys(identity);
    worth_comparing(keys.iter().copied(), |key, found| index.rows(key, found))
}

/// Who is worth a comparison because of the keys shared: everybody under a whole key or under a hint that few share,
/// and who shares two hints. `rows` gives those under one key, none where there are more than [`MAX_BUCKET`]. Each
/// once, in ascending order; the worthiest [`MAX_CANDIDATES`] where there are more.
pub fn worth_comparing<R: Ord + Copy>(
    keys: impl IntoIterator<Item = u64>,
    mut rows: impl FnMut(u64, &mut Vec<R>),
) -> Vec<R> {
    let mut found = Vec::with_capacity(64);
    let mut worth = Vec::with_capacity(64);
    for key in keys {
        let before = found.len();
        rows(key, &mut found);
        let is_telling = is_whole(key) || found.len() - before <= FEW;
        worth.resize(found.len(), if is_telling { 2u8 } else { 1 });
    }
    let mut rows: Vec<(R, u8)> = found.into_iter().zip(worth).collect();
    rows.sort_unstable();
    rows.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    rows.retain(|(_, worth)| *worth >= 2);
    if rows.len() > MAX_CANDIDATES {
        rows.sort_unstable_by_key(|(row, worth)| (std::cmp::Reverse(*worth), *row));
        rows.truncate(MAX_CANDIDATES);
        rows.sort_unstable();
    }
    rows.into_iter().map(|(row, _)| row).collect()
}
