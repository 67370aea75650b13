//! The vectors in `tests/vectors/record/`: what this code writes must be what it wrote before, for others read
//! it with code of their own. After a change of the format that is meant, write them anew with
//! `cargo test -p record --test it -- --ignored write_the_vectors`, and check them with
//! `python3 tests/verify/test_verify_bundle.py`.

use crate::scribe::*;
use crate::whole::exported;
use record::bundle::Bundle;
use record::checkpoint::Trust;
use record::leaf::Decision;
use record::verify::verify;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/record")
}

/// All files, by their path in the folder.
fn vectors() -> BTreeMap<String, Vec<u8>> {
    let whole = lead_story();
    let mut erased = lead_story();
    erased.erase();
    let mut files: BTreeMap<String, Vec<u8>> =
        exported(&whole).into_iter().map(|(path, bytes)| (format!("export/{path}"), bytes)).collect();
    let line = |text: String| format!("{text}\n").into_bytes();
    files.insert("log.vkey".to_owned(), line(log_key().verifier().to_string()));
    files.insert("witness1.vkey".to_owned(), line(witness(1).verifier().to_string()));
    files.insert("witness2.vkey".to_owned(), line(witness(2).verifier().to_string()));
    files.insert("lead.json".to_owned(), whole.bundle().to_bytes());
    files.insert("erased.json".to_owned(), erased.bundle().to_bytes());
    for (name, bundle) in refused() {
        files.insert(format!("refused/{name}.json"), bundle.to_bytes());
    }
    files.insert("cosigned.json".to_owned(), whole.bundle_under(&whole.cosigned_note(&[1, 2])).to_bytes());
    files
}

/// Bundles that the log did sign, of stories that must not be.
fn refused() -> Vec<(&'static str, Bundle)> {
    let (one, two) = (letter(1, "one"), letter(2, "two"));
    let story = |drafts: Vec<Draft>| {
        let mut scribe = Scribe::default();
        scribe.write(enrolled(1));
        scribe.fill(2);
        scribe.write(Draft::new("lead.captured"));
        for draft in drafts {
            scribe.write(draft);
        }
        scribe.bundle()
    };
    let approved = || decided(1, Decision::Approve, Some(&one));
    let rejected = || decided(1, Decision::Reject, Some(&one));
    let attempted = || dispatched("attempted", Some(&one));
    let signed = |flags| {
        let nonce = bytes32(1);
        let client_data = client_data(challenge(&approved().leaf, nonce));
        evidence(&passkey(7), &client_data, authenticator_data(flags), nonce)
    };
    let mut wrong_signature = signed(0x05);
    wrong_signature.authenticator_data[36] ^= 1;
    let mut foreign = Draft::new("lead.noted");
    foreign.leaf.workspace = id(77);

    let whole = lead_story().bundle();
    let mut without_opening = whole.clone();
    without_opening.facts[2].openings.body = None;
    let mut gap = whole.clone();
    gap.facts.remove(4);
    let mut erased = lead_story();
    erased.erase();
    let mut not_erased = erased.bundle();
    not_erased.facts[2].openings = whole.facts[2].openings.clone();

    vec![
        ("dispatched-undecided", story(vec![attempted().proposal(1)])),
        ("dispatched-before-decided", story(vec![attempted().proposal(1), approved()])),
        (
            "dispatched-other-content",
            story(vec![approved(), dispatched("attempted", Some(&two)).proposal(1)]),
        ),
        ("dispatched-under-other-proposal", story(vec![approved(), attempted().proposal(2)])),
        ("dispatched-though-rejected", story(vec![approved(), rejected(), attempted().proposal(1)])),
        ("dispatched-rejected-content", story(vec![rejected(), attempted()])),
        ("passkey-revoked", story(vec![revoked(2), approved().by_passkey(1)])),
        ("passkey-of-another-member", story(vec![approved().by_member(id(5)).by_passkey(1)])),
        ("passkey-nonce-used-twice", story(vec![approved().by_passkey(1), approved().by_passkey(1)])),
        ("passkey-user-not-verified", story(vec![approved().with_evidence(signed(0x01))])),
        (
            "passkey-other-decision",
            story(vec![decided(1, Decision::Edit, Some(&one)).with_evidence(signed(0x05))]),
        ),
        (
            "passkey-other-content",
            story(vec![decided(1, Decision::Approve, Some(&two)).with_evidence(signed(0x05))]),
        ),
        ("passkey-wrong-signature", story(vec![approved().with_evidence(wrong_signature)])),
        ("another-workspace", story(vec![foreign])),
        ("opening-missing", without_opening),
        ("fact-missing", gap),
        ("opened-though-erased", not_erased),
    ]
}

#[test]
fn the_format_is_what_it_was() {
    for (path, bytes) in vectors() {
        let kept = fs::read(folder().join(&path)).unwrap();
        assert!(kept == bytes, "{path} differs from what is written now");
    }
}

#[test]
fn the_vectors_verify() {
    let read = |path: &str| fs::read(folder().join(path)).unwrap();
    let key = |path: &str| String::from_utf8(read(path)).unwrap().trim_end().parse().unwrap();
    let trust = Trust::new(key("log.vkey"), vec![], 0).unwrap();
    assert_eq!(verify(&read("lead.json"), &trust).unwrap().to_string(), "verified 16 facts");
    assert_eq!(verify(&read("erased.json"), &trust).unwrap().to_string(), "verified 17 facts");
    let trust = Trust::new(key("log.vkey"), vec![key("witness1.vkey"), key("witness2.vkey")], 2).unwrap();
    assert_eq!(verify(&read("cosigned.json"), &trust).unwrap().to_string(), "verified 16 facts");
}

#[test]
fn the_refused_vectors_do_not_verify() {
    for (name, bundle) in refused() {
        let error = verify(&bundle.to_bytes(), &trust()).unwrap_err();
        assert!(error.fact.is_some(), "{name}: {error}");
    }
}

#[test]
#[ignore = "writes the vectors that the other tests compare with"]
fn write_the_vectors() {
    for (path, bytes) in vectors() {
        let path = folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
