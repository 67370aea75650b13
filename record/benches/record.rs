//! How fast facts become leaves, are proven and are verified. Each figure is for the work named, without any
//! storage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

#[path = "../tests/it/scribe.rs"]
mod scribe;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::Range;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use record::canonical::canonical;
use record::commitment::{Label, Opening};
use record::leaf::{Decision, Leaf};
use record::tile::{Edge, TileId, TiledTree, Tiles};
use record::tree::{inclusion_proof, leaf_hash};
use record::verify::verify;
use record::whole::{Demand, export, verify_whole};
use scribe::*;
use serde_json::json;

/// Facts a group commit brings at once.
const GROUP: u64 = 64;

fn drafts() -> Vec<Draft> {
    let letter = letter(1, "The belt is in stock.");
    (0..GROUP).map(|n| decided(n, Decision::Approve, Some(&letter)).at_index(n)).collect()
}

fn writing(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("write");
    group.throughput(Throughput::Elements(1));
    let leaf = drafts().remove(0).leaf;
    let bytes = leaf.canonical().unwrap();
    group.bench_function("leaf to bytes", |bench| bench.iter(|| black_box(&leaf).canonical().unwrap()));
    group.bench_function("leaf from bytes", |bench| bench.iter(|| Leaf::parse(black_box(&bytes)).unwrap()));
    let body = json!({ "proposal": id(1), "seen_ms": 41_000, "opened": true, "reason": "as asked", "settles": true });
    group.bench_function("body to commitment", |bench| {
        bench.iter(|| {
            Opening { r: [7; 32], payload: canonical(black_box(&body)).unwrap() }.commitment(Label::Body)
        })
    });

    group.throughput(Throughput::Elements(GROUP));
    let mut scribe = Scribe::default();
    scribe.fill_fast(1_000);
    group.bench_function("append 64: commit, leaf, hash, tiles", |bench| {
        bench.iter_batched(drafts, |drafts| append(&scribe.edge, &body, drafts), BatchSize::SmallInput)
    });
    group.finish();
}

/// All that is computed for a group of facts.
fn append(edge: &Edge, body: &serde_json::Value, drafts: Vec<Draft>) -> Edge {
    let hashes = drafts.into_iter().map(|mut draft| {
        let body = Opening { r: [7; 32], payload: canonical(body).unwrap() };
        draft.leaf.body = Some(body.commitment(Label::Body));
        leaf_hash(&draft.leaf.canonical().unwrap())
    });
    edge.grow(hashes).unwrap().edge
}

/// Tiles of a tree far larger than what fits here; proofs only read them.
struct Vast;

impl Tiles for Vast {
    type Error = Infallible;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, Infallible> {
        Ok(vec![id.index as u8; usize::from(id.width) * 32])
    }
}

fn proving(bench: &mut Criterion) {
    const SIZE: u64 = 10_000_000;
    let mut index = 0;
    bench.bench_function("inclusion proof in 10,000,000", |bench| {
        bench.iter(|| {
            index = (index + 7_654_321) % SIZE;
            inclusion_proof(&TiledTree::new(SIZE, Vast), index, SIZE).unwrap()
        })
    });
}

fn verifying(bench: &mut Criterion) {
    let (bundle, trust) = (lead_story().bundle().to_bytes(), trust());
    bench.bench_function("verify a bundle of 16 facts", |bench| {
        bench.iter(|| verify(&bundle, &trust).unwrap())
    });

    let mut scribe = lead_story();
    scribe.fill_fast(100_000 - scribe.edge.size());
    let files = exported(&scribe);
    let mut group = bench.benchmark_group("verify the whole record");
    group.throughput(Throughput::Elements(scribe.edge.size())).sample_size(10);
    for threads in [1, 2] {
        let demand = Demand { trust: &trust, since: None, threads: NonZeroUsize::new(threads).unwrap() };
        let read = |path: &str| files.get(path).cloned().ok_or("missing");
        group.bench_function(format!("100,000 facts, {threads} threads"), |bench| {
            bench.iter(|| verify_whole(demand, read, |_, _| {}).unwrap())
        });
    }
    group.finish();
}

fn exported(scribe: &Scribe) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let leaves = |range: Range<u64>| {
        let entries = &scribe.entries[range.start as usize..range.end as usize];
        Ok::<_, Infallible>(entries.iter().map(|entry| entry.leaf.clone()).collect())
    };
    let write = |path: &str, bytes: &[u8]| {
        files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    };
    export(&scribe.note(), scribe.edge.size(), &&scribe.rows, leaves, write).unwrap();
    files
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2))
        .without_plots();
    targets = writing, proving, verifying
}
criterion_main!(benches);
