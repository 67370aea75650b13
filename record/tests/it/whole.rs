//! The whole record as files: exported, verified, damaged.

use crate::scribe::*;
use proptest::prelude::*;
use record::bundle::Openings;
use record::checkpoint::Trust;
use record::leaf::{Decision, Leaf};
use record::note::SigningKey;
use record::tile::encode_entries;
use record::tree::leaf_hash;
use record::whole::{Demand, ExportError, NotWhole, WholeVerified, export, verify_whole};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::num::NonZeroUsize;

pub type Files = BTreeMap<String, Vec<u8>>;

/// The export of a log, at the size of its checkpoint.
pub fn exported(scribe: &Scribe) -> Files {
    exported_at(scribe, scribe.edge.size(), &scribe.note().to_string())
}

fn exported_at(scribe: &Scribe, size: u64, note: &str) -> Files {
    let mut files = Files::new();
    let leaves = |range: std::ops::Range<u64>| {
        let entries = &scribe.entries[range.start as usize..range.end as usize];
        Ok::<_, Infallible>(entries.iter().map(|entry| entry.leaf.clone()).collect())
    };
    let write = |path: &str, bytes: &[u8]| {
        assert!(files.insert(path.to_owned(), bytes.to_vec()).is_none(), "{path} is written once");
        Ok(())
    };
    export(&note.parse().unwrap(), size, &&scribe.rows, leaves, write).unwrap();
    files
}

fn verified(files: &Files, since: Option<&str>, threads: usize) -> Result<WholeVerified, NotWhole> {
    let trust = trust();
    let threads = NonZeroUsize::new(threads).unwrap();
    let read = |path: &str| files.get(path).cloned().ok_or("no such file");
    verify_whole(Demand { trust: &trust, since, threads }, read, |_, _| {})
}

#[track_caller]
fn fails(files: &Files, place: &str, says: &str) {
    for threads in [1, 2, 3] {
        let error = verified(files, None, threads).unwrap_err();
        assert_eq!(error.place, place, "{error}");
        assert!(error.reason.to_string().contains(says), "{error}");
    }
}

fn long(count: u64) -> Scribe {
    let mut scribe = lead_story();
    scribe.fill(count - scribe.edge.size());
    scribe
}

#[test]
fn an_export_verifies_whatever_its_size() {
    for size in [24, 255, 256, 257, 511, 512, 700] {
        let scribe = long(size);
        let files = exported(&scribe);
        for threads in [1, 2, 5] {
            let found = verified(&files, None, threads).unwrap();
            assert_eq!((found.checkpoint, found.since), (scribe.checkpoint(), None));
        }
    }
    assert_eq!(verified(&exported(&Scribe::default()), None, 2).unwrap().checkpoint.size, 0);
}

#[test]
fn progress_reaches_all_facts() {
    let files = exported(&long(700));
    let mut told = Vec::new();
    let trust = trust();
    let demand = Demand { trust: &trust, since: None, threads: NonZeroUsize::new(3).unwrap() };
    verify_whole(demand, |path| files.get(path).cloned().ok_or(""), |done, of| told.push((done, of)))
        .unwrap();
    assert_eq!(told, [(256, 700), (512, 700), (700, 700)]);
}

/// Two levels of full tiles, as a big record has them.
#[test]
fn a_big_record_verifies_and_names_a_bad_upper_tile() {
    let mut scribe = lead_story();
    scribe.fill_fast(65_536 + 300 - scribe.edge.size());
    let files = exported(&scribe);
    assert!(files.contains_key("tile/1/000") && files.contains_key("tile/1/001.p/1"));
    assert_eq!(verified(&files, None, 2).unwrap().checkpoint, scribe.checkpoint());
    for path in ["tile/1/000", "tile/2/000.p/1"] {
        let mut files = files.clone();
        files.get_mut(path).unwrap()[31] ^= 1;
        let error = verified(&files, None, 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("not verified: {path}: byte 31 differs from what the leaves hash to")
        );
    }
}

#[test]
fn a_flipped_byte_is_found_where_it_is() {
    let files = exported(&long(24));
    for (path, bytes) in &files {
        // Leaves are long; every byte of them is covered by the next test, at random.
        let step = if bytes.len() > 1_000 { 37 } else { 1 };
        for at in (0..bytes.len()).step_by(step) {
            let mut files = files.clone();
            files.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
            let error = verified(&files, None, 1).unwrap_err();
            assert!(error.place.starts_with(path.as_str()), "byte {at} of {path}: {error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn damage_anywhere_is_found_where_it_is(
        size in 24_u64..520, file: prop::sample::Index, at: prop::sample::Index, bit in 0_u8..8, what in 0..4,
    ) {
        let mut files = exported(&long(size));
        let path = files.keys().nth(file.index(files.len())).unwrap().clone();
        let bytes = files.get_mut(&path).unwrap();
        let at = at.index(bytes.len());
        match what {
            0 => bytes[at] ^= 1_u8 << bit,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, 1_u8 << bit),
            _ => bytes.truncate(at),
        }
        let error = verified(&files, None, 2).unwrap_err();
        prop_assert!(error.place.starts_with(&path), "{}: {}", path, error);
    }
}

#[test]
fn a_missing_file_is_named() {
    let files = exported(&long(300));
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [
            "checkpoint",
            "tile/0/000",
            "tile/0/001.p/44",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/44"
        ]
    );
    for path in files.keys() {
        let mut files = files.clone();
        files.remove(path);
        fails(&files, path, "cannot be read: no such file");
    }
}

#[test]
fn leaves_and_tiles_that_agree_must_agree_with_the_checkpoint() {
    let (ours, theirs) = (long(300), {
        let mut other = lead_story();
        other.write(Draft::new("lead.noted"));
        other.fill(275);
        other
    });
    let mut files = exported(&theirs);
    files.insert("checkpoint".to_owned(), ours.note().to_string().into_bytes());
    fails(&files, "checkpoint", "leaves and tiles agree, but their root is");
}

#[test]
fn a_record_of_another_key_or_witness_is_refused() {
    let scribe = long(30);
    let mut files = exported(&scribe);
    let other = SigningKey::from_seed(ORIGIN, &[2; 32]).unwrap();
    files.insert("checkpoint".to_owned(), scribe.checkpoint().sign(&other).unwrap().to_string().into_bytes());
    fails(&files, "checkpoint", "not signed by the log's key");
    files.insert("checkpoint".to_owned(), scribe.cosigned_note(&[1]).to_string().into_bytes());
    fails(&files, "checkpoint", "cannot be checked");
    files.insert("checkpoint".to_owned(), vec![0xff]);
    fails(&files, "checkpoint", "not UTF-8");
    let cosigned = exported_at(&scribe, 30, &scribe.cosigned_note(&[1]).to_string());
    let trust = Trust::new(log_key().verifier(), vec![witness(1).verifier()], 1).unwrap();
    let demand = Demand { trust: &trust, since: None, threads: NonZeroUsize::MIN };
    let found = verify_whole(demand, |path| cosigned.get(path).cloned().ok_or(""), |_, _| {}).unwrap();
    assert_eq!(found.cosignatures.len(), 1);
}

#[test]
fn an_older_checkpoint_is_a_beginning_of_the_record() {
    let old = long(200);
    let mut new = old.clone();
    new.fill(500);
    let files = exported(&new);
    for size_then in [old.clone(), new.clone(), Scribe::default()] {
        let note = size_then.note().to_string();
        assert_eq!(verified(&files, Some(&note), 2).unwrap().since, Some(size_then.checkpoint()));
    }
    let shrunk = verified(&exported(&old), Some(&new.note().to_string()), 2).unwrap_err();
    assert!(shrunk.to_string().contains("has 700 leaves, this record only 200"), "{shrunk}");

    let mut rewritten = lead_story();
    rewritten.write(Draft::new("lead.noted"));
    rewritten.fill(100);
    let error = verified(&files, Some(&rewritten.note().to_string()), 2).unwrap_err();
    assert_eq!(error.place, "older checkpoint");
    assert!(error.to_string().contains("the record was rewritten"), "{error}");

    let other = SigningKey::from_seed(ORIGIN, &[2; 32]).unwrap();
    let forged = old.checkpoint().sign(&other).unwrap().to_string();
    assert!(verified(&files, Some(&forged), 2).unwrap_err().to_string().contains("not signed by"));
    let cosigned = old.cosigned_note(&[1]).to_string();
    assert!(verified(&files, Some(&cosigned), 2).is_ok(), "a witness may have given it to us");
}

#[test]
fn an_export_is_cut_to_its_checkpoint() {
    let old = long(270);
    let mut new = old.clone();
    new.fill(400);
    assert_eq!(exported_at(&new, 270, &old.note().to_string()), exported(&old));
}

#[test]
fn an_export_says_what_is_missing() {
    let scribe = long(30);
    let note = scribe.note();
    let write = |_: &str, _: &[u8]| Ok::<_, Infallible>(());
    let none = export(&note, 30, &&scribe.rows, |_| Ok(vec![]), write).unwrap_err();
    assert!(matches!(none, ExportError::Leaves { given: 0, .. }), "{none:?}");
    let leaf = |range: std::ops::Range<u64>| Ok(vec![b"leaf".to_vec(); (range.end - range.start) as usize]);
    assert!(matches!(export(&note, 30, &&Rows::default(), leaf, write).unwrap_err(), ExportError::Tile(_)));
    assert!(matches!(export(&note, 31, &&scribe.rows, leaf, write).unwrap_err(), ExportError::Tile(_)));
    let disk_full = export(
        &note,
        30,
        &&scribe.rows,
        |range| leaf(range).map_err(|_: Infallible| "full"),
        |_, _| Err("full"),
    );
    assert_eq!(disk_full.unwrap_err(), ExportError::Caller("full"));
}

/// Writes leaves into a log without asking whether they may be there.
fn with_leaf(leaf: Vec<u8>) -> Files {
    let mut scribe = lead_story();
    scribe.push(leaf, Openings::default());
    exported(&scribe)
}

#[test]
fn each_leaf_is_canonical_and_of_one_workspace() {
    let noted = Draft::new("lead.noted").at_index(24).leaf;
    let place = "tile/entries/000.p/25 leaf 24 (index 24)";
    let spaced = String::from_utf8(noted.canonical().unwrap()).unwrap().replace(",\"v\"", ", \"v\"");
    fails(&with_leaf(spaced.into_bytes()), place, "the leaf is malformed");
    let stranger = Leaf { workspace: id(77), ..noted };
    fails(&with_leaf(stranger.canonical().unwrap()), place, "belongs to workspace");

    let mut scribe = long(256);
    scribe.push(Leaf { workspace: id(77), ..stranger }.canonical().unwrap(), Openings::default());
    fails(&exported(&scribe), "tile/entries/001.p/1 leaf 0 (index 256)", "belongs to workspace");
}

#[test]
fn nothing_was_dispatched_against_a_decision_on_any_lead() {
    let letter = letter(9, "something");
    let mut scribe = long(300);
    scribe.write(decided(9, Decision::Approve, Some(&letter)).of_lead(other_lead()));
    scribe.fill(300);
    scribe.write(dispatched("attempted", Some(&letter)).of_lead(other_lead()).proposal(9));
    assert!(verified(&exported(&scribe), None, 2).is_ok());
    scribe.write(dispatched("attempted", Some(&letter)).of_lead(other_lead()).proposal(10));
    fails(&exported(&scribe), "tile/entries/002.p/91 leaf 90 (index 602)", "nobody had decided before");
}

#[test]
fn the_first_bad_place_is_named_when_there_are_more() {
    let scribe = long(700);
    let mut files = exported(&scribe);
    for path in ["tile/entries/001", "tile/entries/002.p/188"] {
        files.get_mut(path).unwrap()[40] ^= 1;
    }
    let error = verified(&files, None, 2).unwrap_err();
    assert!(error.place.starts_with("tile/entries/001 "), "{error}");

    // A leaf of another length, which its tile does not know of, and nobody signed.
    let mut files = exported(&scribe);
    let mut leaves: Vec<Vec<u8>> = scribe.entries[256..512].iter().map(|entry| entry.leaf.clone()).collect();
    leaves.swap(3, 4);
    files.insert("tile/entries/001".to_owned(), encode_entries(leaves.iter().map(Vec::as_slice)).unwrap());
    fails(&files, "tile/entries/001 leaf 3 (index 259)", "does not hash to what `tile/0/001` says");
    files.get_mut("tile/0/001").unwrap()[3 * 32..4 * 32].copy_from_slice(&leaf_hash(&leaves[3]).0);
    fails(&files, "tile/entries/001 leaf 4 (index 260)", "does not hash");
}
