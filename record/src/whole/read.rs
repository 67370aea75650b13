//! Reads and checks all entry bundles on several threads, and takes them in on one, in order: so what is found
//! first wrong does not depend on which thread was faster.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::{Files, NotWhole, WholeReason, compare_tile};
use crate::leaf::Leaf;
use crate::tile::{EntriesId, TILE_WIDTH, TileId, decode_entries, hashes, perfect_root, width_in};
use crate::tree::{Hash, leaf_hash};
use crate::verify::gate::{Gate, Passage};

/// Parts that may wait to be taken in, for each thread.
const WAITING_MAX: usize = 16;

/// What all leaves come to.
#[derive(Default)]
pub(super) struct ReadLeaves {
    /// The root over each full tile of level 0, from the left.
    pub tile_roots: Vec<Hash>,
    /// The hashes of the last bundle.
    pub last_hashes: Vec<Hash>,
    /// Where leaves and tiles part, as a fault of the leaf and as one of the tile.
    pub first_differing_leaf: Option<NotWhole>,
    pub first_differing_tile: Option<NotWhole>,
}

/// What one entry bundle comes to.
struct Part {
    hashes: Vec<Hash>,
    /// For a full tile.
    root: Option<Hash>,
    workspace: Option<String>,
    /// What the gate's rule is about, by index.
    passages: Vec<(u64, Passage)>,
    differing: Option<Differing>,
}

struct Differing {
    leaf: NotWhole,
    tile: NotWhole,
}

pub(super) fn read_leaves<R, E>(
    files: &Files<R>,
    size: u64,
    threads: NonZeroUsize,
    mut progress: impl FnMut(u64, u64),
) -> Result<ReadLeaves, NotWhole>
where
    R: Fn(&str) -> Result<Vec<u8>, E> + Sync,
    E: Display,
{
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        let (sender, parts) = sync_channel(threads.get() * WAITING_MAX);
        for _ in 0..threads.get() {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || read_parts(files, size, next, &sender));
        }
        drop(sender);
        take_in(&parts, size, &mut progress)
    })
}

type NumberedPart = (u64, Result<Part, NotWhole>);

/// A reading thread: takes one bundle after the other until there are no more, or nobody wants them.
fn read_parts<R: Fn(&str) -> Result<Vec<u8>, E>, E: Display>(
    files: &Files<R>,
    size: u64,
    next: &AtomicU64,
    parts: &SyncSender<NumberedPart>,
) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let width = width_in(0, index, size);
        if width == 0 || parts.send((index, read_part(files, EntriesId { index, width }))).is_err() {
            return;
        }
    }
}

fn take_in(
    parts: &Receiver<NumberedPart>,
    size: u64,
    progress: &mut impl FnMut(u64, u64),
) -> Result<ReadLeaves, NotWhole> {
    let mut read = ReadLeaves::default();
    let mut gate = Gate::default();
    let mut workspace = None;
    let mut done = 0;
    let mut waiting = BTreeMap::new();
    let mut wanted = 0;
    for (index, part) in parts {
        waiting.insert(index, part);
        while let Some(part) = waiting.remove(&wanted) {
            let mut part = part?;
            check_workspace(&mut workspace, &mut part, wanted, size)?;
            for (index, passage) in part.passages {
                gate.pass(passage).map_err(|error| at_leaf(index, size, error.into()))?;
            }
            if let (Some(differing), None) = (part.differing, &read.first_differing_leaf) {
                read.first_differing_leaf = Some(differing.leaf);
                read.first_differing_tile = Some(differing.tile);
            }
            done += part.hashes.len() as u64;
            read.tile_roots.extend(part.root);
            read.last_hashes = part.hashes;
            progress(done, size);
            wanted += 1;
        }
    }
    Ok(read)
}

/// All leaves are of one workspace; within a part that was seen already.
fn check_workspace(
    expected: &mut Option<String>,
    part: &mut Part,
    bundle: u64,
    size: u64,
) -> Result<(), NotWhole> {
    let Some(found) = part.workspace.take() else { return Ok(()) };
    let expected = expected.get_or_insert_with(|| found.clone());
    if *expected == found {
        return Ok(());
    }
    let reason = WholeReason::OtherWorkspace { found, expected: expected.clone() };
    Err(at_leaf(bundle * TILE_WIDTH, size, reason))
}

fn read_part<R: Fn(&str) -> Result<Vec<u8>, E>, E: Display>(
    files: &Files<R>,
    id: EntriesId,
) -> Result<Part, NotWhole> {
    let place = id.to_string();
    let bytes = files.bytes(&place)?;
    let leaves = decode_entries(&bytes, id.width)
        .map_err(|error| NotWhole { place: place.clone(), reason: error.into() })?;
    let start = id.index * TILE_WIDTH;
    let mut part = Part {
        hashes: Vec::with_capacity(leaves.len()),
        root: None,
        workspace: None,
        passages: Vec::new(),
        differing: None,
    };
    for (index, bytes) in (start..).zip(leaves) {
        let at_leaf = |reason| NotWhole { place: leaf_place(&place, index), reason };
        let leaf = Leaf::parse(bytes).map_err(|error| at_leaf(error.into()))?;
        part.hashes.push(leaf_hash(bytes));
        part.passages.extend(Passage::of(&leaf).map(|passage| (index, passage)));
        match &part.workspace {
            None => part.workspace = Some(leaf.workspace),
            Some(expected) if *expected == leaf.workspace => {}
            Some(expected) => {
                let (found, expected) = (leaf.workspace, expected.clone());
                return Err(at_leaf(WholeReason::OtherWorkspace { found, expected }));
            }
        }
    }
    let tile = TileId { level: 0, index: id.index, width: id.width };
    part.differing = compare(tile, &place, &files.bytes(&tile.to_string())?, &part.hashes);
    if u64::from(id.width) == TILE_WIDTH {
        part.root = Some(perfect_root(part.hashes.clone()));
    }
    Ok(part)
}

/// Where a tile of level 0 and its leaves part, if they do.
fn compare(id: TileId, entries: &str, stored: &[u8], computed: &[Hash]) -> Option<Differing> {
    let tile = compare_tile(id, stored, computed)?;
    let nth = hashes(stored).iter().zip(computed).take_while(|(a, b)| a == b).count();
    let index = id.index * TILE_WIDTH + nth as u64;
    let reason = WholeReason::LeafDiffers(id.to_string());
    let leaf = NotWhole { place: leaf_place(entries, index), reason };
    // A tile that is only too long parts from no leaf.
    Some(Differing { leaf: if nth < computed.len() { leaf } else { tile.clone() }, tile })
}

fn at_leaf(index: u64, size: u64, reason: WholeReason) -> NotWhole {
    let bundle = index / TILE_WIDTH;
    let entries = EntriesId { index: bundle, width: width_in(0, bundle, size) };
    NotWhole { place: leaf_place(&entries.to_string(), index), reason }
}

fn leaf_place(entries: &str, index: u64) -> String {
    format!("{entries} leaf {} (index {index})", index % TILE_WIDTH)
}
