//! The record as computation: leaves, tree, proofs, verification; without any storage.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Instant;

use record::bundle::{Bundle, Entry, Openings};
use record::canonical::canonical;
use record::checkpoint::{Checkpoint, Trust};
use record::commitment::{Label, Opening};
use record::leaf::{Actor, ActorKind, Leaf, Version, Via};
use record::note::{Note, SigningKey, VerifierKey};
use record::tile::{Edge, TileId, TiledTree, Tiles};
use record::tree::{inclusion_proof, leaf_hash};
use record::verify::verify;
use record::whole::{Demand, export, verify_whole};
use serde_json::json;

use super::load::Times;
use super::{Figure, machine, rate};
use crate::app::StartError;

/// Facts in the measured record.
const FACTS: u64 = 100_000;
/// Facts a group commit brings at once.
const GROUP: usize = 64;
/// Facts of one lead's bundle.
const BUNDLE: u64 = 200;
/// Times a small thing is done.
const TIMES: u64 = 200;
/// A tree far larger than what is kept here.
const VAST: u64 = 10_000_000;
const ORIGIN: &str = "bench.example/main";

fn wrong(error: impl std::fmt::Display) -> StartError {
    StartError::Other(error.to_string())
}

/// Runs the measurement and prints its figures.
///
/// # Errors
/// When a record that was just made does not verify.
pub fn run() -> Result<(), StartError> {
    let hashing = machine::hashing();
    let key = SigningKey::from_seed(ORIGIN, &[7; 32]).map_err(wrong)?;
    let trust = Trust::new(key.verifier(), Vec::new(), 0).map_err(wrong)?;

    let mut log = Log::default();
    let begun = Instant::now();
    log.append(FACTS)?;
    Figure::new("record.append", rate(FACTS, begun.elapsed()), "facts/s", &hashing).print()?;

    let mut times = Times::default();
    for n in 0..TIMES {
        let begun = Instant::now();
        black_box(inclusion_proof(&TiledTree::new(VAST, Blank), n * 7_654_321 % VAST, VAST).map_err(wrong)?);
        times.note(begun.elapsed());
    }
    Figure::new("record.prove", rate(TIMES, times.total()), "proofs/s in 10,000,000 facts", &hashing)
        .with_times(&times)
        .print()?;

    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: log.edge.size(), root: log.edge.root() };
    let note = checkpoint.sign(&key).map_err(wrong)?;
    whole(&log, &note, &trust, &hashing)?;

    let bundle = log.bundle(&note, &key.verifier())?;
    let mut times = Times::default();
    for _ in 0..TIMES {
        let begun = Instant::now();
        verify(&bundle, &trust).map_err(wrong)?;
        times.note(begun.elapsed());
    }
    Figure::new("record.bundle", rate(TIMES, times.total()), "bundles of 200 facts/s", &hashing)
        .with_times(&times)
        .print()
}

/// Verifies the whole record on as many threads as there are cores.
fn whole(log: &Log, note: &Note, trust: &Trust, limit: &super::Limit) -> Result<(), StartError> {
    let mut files = BTreeMap::new();
    let leaves = |range: Range<u64>| {
        let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let entries = log.entries.get(place(range.start)..place(range.end)).unwrap_or_default();
        Ok::<_, Infallible>(entries.iter().map(|entry| entry.leaf.clone()).collect())
    };
    let write = |path: &str, bytes: &[u8]| {
        files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    };
    export(note, log.edge.size(), &log, leaves, write).map_err(wrong)?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let demand = Demand { trust, since: None, threads };
    let begun = Instant::now();
    let read = |path: &str| files.get(path).cloned().ok_or("missing");
    verify_whole(demand, read, |_, _| {}).map_err(wrong)?;
    Figure::new("record.verify", rate(FACTS, begun.elapsed()), "facts/s", limit).print()
}

/// A record in memory.
#[derive(Default)]
struct Log {
    edge: Edge,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    entries: Vec<Entry>,
}

impl Log {
    /// Everything that is computed for each fact: commitment, canonical bytes, hashes, tiles.
    fn append(&mut self, facts: u64) -> Result<(), StartError> {
        let mut group = Vec::with_capacity(GROUP);
        for n in 0..facts {
            group.push(fact(n)?);
            if group.len() == GROUP || n + 1 == facts {
                let hashes = group.iter().map(|entry: &Entry| leaf_hash(&entry.leaf));
                let growth = self.edge.grow(hashes).map_err(wrong)?;
                let tiles = growth.tiles.into_iter().map(|tile| ((tile.id.level, tile.id.index), tile.bytes));
                self.tiles.extend(tiles);
                self.edge = growth.edge;
                self.entries.append(&mut group);
            }
        }
        Ok(())
    }

    /// Every so many-th fact, as one lead's facts lie between those of others.
    fn bundle(&self, note: &Note, key: &VerifierKey) -> Result<Vec<u8>, StartError> {
        let size = self.edge.size();
        let step = size / BUNDLE;
        let entries = self.entries.iter().filter(|entry| entry.index.is_multiple_of(step)).cloned().collect();
        let bundle = Bundle::build(key, note, size, entries, &TiledTree::new(size, self)).map_err(wrong)?;
        Ok(bundle.to_bytes())
    }
}

impl Tiles for &Log {
    type Error = &'static str;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, &'static str> {
        self.tiles.get(&(id.level, id.index)).cloned().ok_or("a tile is missing")
    }
}

/// Tiles of a tree that is nowhere; proofs only read them.
struct Blank;

impl Tiles for Blank {
    type Error = Infallible;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, Infallible> {
        Ok(vec![7; usize::from(id.width) * 32])
    }
}

fn fact(n: u64) -> Result<Entry, StartError> {
    let id = |n: u64| format!("01938d2e-0000-7000-8000-{n:012x}");
    let payload =
        canonical(&json!({ "nth": n, "text": "Twelve pumps for the new hall, please." })).map_err(wrong)?;
    let opening = Opening { r: [7; 32], payload };
    let leaf = Leaf {
        v: Version::V1,
        id: id(0x1_0000 + n),
        workspace: id(1),
        lead: Some(id(2)),
        kind: "message.received".into(),
        at: format!("2026-11-22T{:02}:{:02}:{:02}.000000Z", n / 3_600 % 24, n / 60 % 60, n % 60),
        actor: Actor { kind: ActorKind::System, id: "bench".into(), via: Via::Channel },
        playbook: None,
        body: Some(opening.commitment(Label::Body)),
        content: None,
        refs: BTreeMap::new(),
        decision: None,
        evidence: None,
    };
    let openings = Openings { body: Some(opening), ..Openings::default() };
    Ok(Entry { index: n, leaf: leaf.canonical().map_err(wrong)?, openings })
}
