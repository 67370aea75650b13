//! The same trees and tiles as other people's implementations of them.

use crate::scribe::*;
use crate::whole::{Files, exported};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use proptest::prelude::*;
use record::checkpoint::open;
use record::note::Note;
use record::tile::{Edge, TileId, TiledTree};
use record::tree::{Hash, consistency_proof, inclusion_proof, leaf_hash};
use sha2::Sha256;
use tlog_tiles::{Checkpoint, Error, Tile, TileHashReader, TileReader};

fn joined(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn roots_and_proofs_are_those_of_ct_merkle(
        old in 1_u64..400, more in 1_u64..400, at: prop::sample::Index,
    ) {
        let size = old + more;
        let leaves: Vec<Vec<u8>> = (0..size).map(|n| n.to_be_bytes().to_vec()).collect();
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut rows = Rows::default();
        let growth = Edge::default().grow(leaves.iter().map(|leaf| leaf_hash(leaf))).unwrap();
        rows.0.extend(growth.tiles.into_iter().map(|tile| ((tile.id.level, tile.id.index), tile.bytes)));
        let mut old_root = None;
        for leaf in &leaves {
            theirs.push(leaf.clone());
            if theirs.len() == old {
                old_root = Some(theirs.root());
            }
        }
        let their_root = theirs.root();
        prop_assert_eq!(&growth.edge.root().0[..], &their_root.as_bytes()[..]);

        let ours = TiledTree::new(size, &rows);
        let index = at.index(size as usize);
        let proof = inclusion_proof(&ours, index as u64, size).unwrap();
        let their_proof = theirs.prove_inclusion(index);
        prop_assert_eq!(joined(&proof), their_proof.as_bytes());
        let read = InclusionProof::<Sha256>::from_bytes(joined(&proof));
        prop_assert!(theirs.root().verify_inclusion(&leaves[index], index as u64, &read).is_ok());

        let proof = consistency_proof(&ours, old, size).unwrap();
        let their_proof = theirs.prove_consistency(more as usize);
        prop_assert_eq!(joined(&proof), their_proof.as_bytes());
        let read = ConsistencyProof::<Sha256>::try_from_bytes(joined(&proof)).unwrap();
        prop_assert!(theirs.root().verify_consistency(&old_root.unwrap(), &read).is_ok());
    }
}

/// A client of tlog-tiles that knows nothing of us but the files.
struct Client<'a>(&'a Files);

impl TileReader for Client<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let path = |tile: &Tile| {
            let (level, index, width) = (tile.level(), tile.level_index(), tile.width() as u16);
            TileId { level, index, width }.to_string()
        };
        Ok(tiles.iter().map(|tile| self.0[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn a_client_of_tlog_tiles_proves_from_our_export() {
    let mut scribe = lead_story();
    scribe.fill(1_000);
    let files = exported(&scribe);
    let note: Note = String::from_utf8(files["checkpoint"].clone()).unwrap().parse().unwrap();
    let theirs = Checkpoint::from_bytes(note.text().as_bytes()).unwrap();
    let opened = open(&note.to_string(), &trust()).unwrap().checkpoint;
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (ORIGIN, opened.size, opened.root.0));
    assert_eq!(theirs.extension(), "");

    let client = Client(&files);
    let reader = TileHashReader::new(theirs.size(), *theirs.hash(), &client);
    let tiled = TiledTree::new(opened.size, &scribe.rows);
    for index in [0, 1, 255, 256, 700, opened.size - 1] {
        let proof = tlog_tiles::prove_record(theirs.size(), index, &reader).unwrap();
        let leaf = tlog_tiles::record_hash(&scribe.entries[index as usize].leaf);
        tlog_tiles::check_record(&proof, theirs.size(), *theirs.hash(), index, leaf).unwrap();
        let ours = inclusion_proof(&tiled, index, opened.size).unwrap();
        assert_eq!(proof.iter().map(|hash| Hash(hash.0)).collect::<Vec<_>>(), ours);
    }
    for old in [1, 24, 256, 700] {
        let proof = tlog_tiles::prove_tree(theirs.size(), old, &reader).unwrap();
        let ours = consistency_proof(&tiled, old, opened.size).unwrap();
        assert_eq!(proof.iter().map(|hash| Hash(hash.0)).collect::<Vec<_>>(), ours);
    }
}
