//! What a bundle may tell, and what must not pass.

use crate::scribe::*;
use record::bundle::{Bundle, Openings};
use record::checkpoint::Trust;
use record::commitment::Label;
use record::leaf::{Decision, kind};
use record::tree::leaf_hash;
use record::verify::{Continues, Disclosure, NotVerified, continues, verify, verify_each};
use serde_json::json;

#[track_caller]
fn passes(scribe: &Scribe) {
    let bundle = scribe.bundle();
    let verified = verify(&bundle.to_bytes(), &trust()).unwrap();
    assert_eq!(verified.facts, bundle.facts.len());
}

#[track_caller]
fn fails(bundle: &Bundle, fact: Option<u64>, says: &str) {
    let NotVerified { fact: found, reason } = verify(&bundle.to_bytes(), &trust()).unwrap_err();
    assert!(reason.to_string().contains(says), "{reason}");
    assert_eq!(found, fact, "{reason}");
}

/// A log in which the passkey is enrolled and nothing has been decided.
fn enrolled_only() -> Scribe {
    let mut scribe = Scribe::default();
    scribe.write(enrolled(1));
    scribe.write(Draft::new("lead.captured"));
    scribe
}

/// The last fact written must be the one that is refused.
#[track_caller]
fn last_fails(scribe: &Scribe, says: &str) {
    fails(&scribe.bundle(), Some(scribe.edge.size() - 1), says);
}

#[test]
fn a_leads_whole_way_verifies() {
    let scribe = lead_story();
    let mut lines = Vec::new();
    let verified =
        verify_each(&scribe.bundle().to_bytes(), &trust(), |line| lines.push(line.to_string())).unwrap();
    assert_eq!((verified.workspace, verified.lead), (workspace(), lead()));
    assert_eq!(verified.checkpoint, scribe.checkpoint());
    assert_eq!(lines.len(), verified.facts);
    assert_eq!(
        lines[6],
        "12 2026-11-22T08:00:12.000000Z approval.decided approve by member 01938d2e-0000-7000-8000-000000000004 \
         via passkey, body matches, content matches, passkey signature verified"
    );
    assert_eq!(lines.last().unwrap().split(' ').nth(2), Some("credential.revoked"));
}

#[test]
fn an_erased_lead_still_verifies() {
    let mut scribe = lead_story();
    scribe.erase();
    let late = letter(1, "The belt is in stock.");
    scribe.write(dispatched("settled", None).reference("outcome", "unknown"));
    scribe.write(dispatched("settled", Some(&late)).proposal(1));
    scribe.entries.last_mut().unwrap().openings = Openings::default();
    let mut erased = 0;
    let bundle = scribe.bundle().to_bytes();
    verify_each(&bundle, &trust(), |line| {
        erased += usize::from(line.content == Disclosure::Erased);
        let of_workspace = line.leaf.lead.is_none();
        assert_eq!(line.body == Disclosure::Opened, of_workspace || line.leaf.kind == kind::LEAD_ERASED);
    })
    .unwrap();
    assert_eq!(erased, 13);
}

#[test]
fn an_opening_is_missing_only_through_erasure() {
    let whole = lead_story().bundle();
    for nth in 0..whole.facts.len() {
        let index = Some(whole.facts[nth].index);
        if whole.facts[nth].openings.body.is_some() {
            let mut bundle = whole.clone();
            bundle.facts[nth].openings.body = None;
            fails(&bundle, index, "the opening of `body` is missing");
        }
        if whole.facts[nth].openings.content.is_some() {
            let mut bundle = whole.clone();
            bundle.facts[nth].openings.content = None;
            fails(&bundle, index, "the opening of `content` is missing");
        }
    }
    let mut scribe = lead_story();
    let before = scribe.bundle();
    scribe.erase();
    let after = scribe.bundle();
    assert!(verify(&after.to_bytes(), &trust()).is_ok());
    for nth in 0..before.facts.len() {
        let index = Some(after.facts[nth].index);
        if before.facts[nth].openings != after.facts[nth].openings {
            let mut bundle = after.clone();
            bundle.facts[nth].openings = before.facts[nth].openings.clone();
            fails(&bundle, index, "still there");
        } else if after.facts[nth].openings.body.is_some() {
            let mut bundle = after.clone();
            bundle.facts[nth].openings.body = None;
            fails(&bundle, index, "is missing");
        }
    }
}

#[test]
fn openings_match_their_commitments() {
    let whole = lead_story().bundle();
    let mut bundle = whole.clone();
    bundle.facts[2].openings.body.as_mut().unwrap().r[0] ^= 1;
    fails(&bundle, Some(5), "`body` does not match");
    let mut bundle = whole.clone();
    bundle.facts[3].openings.content = bundle.facts[5].openings.content.clone();
    fails(&bundle, Some(7), "`content` does not match");
    let mut bundle = whole.clone();
    bundle.facts[3].openings.body = bundle.facts[2].openings.body.clone();
    fails(&bundle, Some(7), "to which the leaf does not commit");

    let mut scribe = enrolled_only();
    let mut loose = opening(9, &json!({}));
    loose.payload = b"{ }".to_vec();
    scribe.write(Draft::new("lead.noted").body(loose));
    last_fails(&scribe, "is not canonical");
}

#[test]
fn what_is_dispatched_under_a_proposal_was_decided_there_before() {
    let (one, two) = (letter(1, "one"), letter(2, "two"));
    for decision in [Decision::Approve, Decision::Edit, Decision::Respond] {
        let mut scribe = enrolled_only();
        scribe.write(decided(1, decision, Some(&one)));
        scribe.write(dispatched("attempted", Some(&one)).proposal(1));
        scribe.write(dispatched("settled", Some(&one)).proposal(1));
        passes(&scribe);
        scribe.write(dispatched("settled", Some(&two)).proposal(1));
        last_fails(&scribe, "was other content");
    }
    for outcome in ["attempted", "settled"] {
        let mut scribe = enrolled_only();
        scribe.write(dispatched(outcome, Some(&one)).proposal(1));
        last_fails(&scribe, "nobody had decided before");

        let mut scribe = enrolled_only();
        scribe.write(decided(2, Decision::Approve, Some(&one)));
        scribe.write(dispatched(outcome, Some(&one)).proposal(1));
        last_fails(&scribe, "nobody had decided before");

        let mut scribe = enrolled_only();
        scribe.write(decided(1, Decision::Approve, Some(&one)));
        scribe.write(dispatched(outcome, None).proposal(1));
        last_fails(&scribe, "was other content");
    }
    let mut scribe = enrolled_only();
    let early = scribe.write(dispatched("attempted", Some(&one)).proposal(1));
    scribe.write(decided(1, Decision::Approve, Some(&one)));
    fails(&scribe.bundle(), Some(early), "nobody had decided before");
}

#[test]
fn a_rejection_is_final_even_among_approvals() {
    let one = letter(1, "one");
    for decisions in [
        &[Decision::Reject][..],
        &[Decision::Approve, Decision::Reject],
        &[Decision::Reject, Decision::Approve],
    ] {
        let mut scribe = enrolled_only();
        for decision in decisions {
            scribe.write(decided(1, *decision, Some(&one)));
        }
        passes(&scribe);
        scribe.write(dispatched("attempted", Some(&one)).proposal(1));
        last_fails(&scribe, "had been rejected");
    }
    let mut quorum = enrolled_only();
    quorum.write(decided(1, Decision::Approve, Some(&one)));
    quorum.write(decided(1, Decision::Approve, Some(&one)).by_member(id(5)));
    quorum.write(dispatched("attempted", Some(&one)).proposal(1));
    passes(&quorum);
}

#[test]
fn an_automated_dispatch_needs_no_decision_but_not_against_one() {
    let one = letter(1, "one");
    let mut scribe = enrolled_only();
    scribe.write(dispatched("attempted", Some(&one)));
    scribe.write(dispatched("settled", Some(&one)));
    scribe.write(dispatched("attempted", None));
    passes(&scribe);
    scribe.write(decided(1, Decision::Reject, Some(&one)));
    let rejected = scribe.clone();
    scribe.write(dispatched("attempted", Some(&one)));
    last_fails(&scribe, "had been rejected");
    let mut scribe = rejected;
    scribe.write(decided(2, Decision::Approve, Some(&one)));
    scribe.write(dispatched("attempted", Some(&one)));
    passes(&scribe);
}

#[test]
fn a_passkey_approval_is_by_its_owner_while_enrolled() {
    let one = letter(1, "one");
    let approval = || decided(1, Decision::Approve, Some(&one));

    let mut scribe = enrolled_only();
    scribe.write(approval().by_passkey(1));
    passes(&scribe);
    scribe.write(approval().by_passkey(1));
    last_fails(&scribe, "nonce was used before");

    let mut scribe = Scribe::default();
    let early = scribe.write(approval().by_passkey(1));
    last_fails(&scribe, "not enrolled before");
    scribe.write(enrolled(1));
    fails(&scribe.bundle(), Some(early), "not enrolled before");

    let mut scribe = enrolled_only();
    scribe.write(revoked(2));
    scribe.write(approval().by_passkey(1));
    last_fails(&scribe, "had been revoked");

    let mut scribe = enrolled_only();
    scribe.write(approval().by_member(id(5)).by_passkey(1));
    last_fails(&scribe, "belongs to member");

    let mut scribe = enrolled_only();
    scribe.write(revoked(2));
    scribe.write(enrolled(3));
    last_fails(&scribe, "enrolled once");

    let mut scribe = Scribe::default();
    scribe.write(Draft::new("lead.captured"));
    scribe.write(revoked(2));
    last_fails(&scribe, "was not enrolled before");

    let mut scribe = Scribe::default();
    scribe.write(enrolled(1).of_lead(lead()));
    scribe.write(approval().by_passkey(1));
    last_fails(&scribe, "not enrolled before");
}

#[test]
fn a_passkey_signs_exactly_the_decision() {
    let (one, two) = (letter(1, "one"), letter(2, "two"));
    let signed = decided(1, Decision::Approve, Some(&one)).by_passkey(1).leaf.evidence.unwrap();
    let record::leaf::Evidence::Passkey(signed) = signed;
    let refused = |draft: Draft, says: &str| {
        let mut scribe = enrolled_only();
        scribe.write(draft);
        last_fails(&scribe, says);
    };
    let same = || decided(1, Decision::Approve, Some(&one));
    let with = |evidence| same().with_evidence(evidence);
    refused(decided(2, Decision::Approve, Some(&one)).with_evidence(signed.clone()), "another challenge");
    refused(decided(1, Decision::Edit, Some(&one)).with_evidence(signed.clone()), "another challenge");
    refused(decided(1, Decision::Approve, Some(&two)).with_evidence(signed.clone()), "another challenge");
    refused(decided(1, Decision::Approve, None).with_evidence(signed.clone()), "another challenge");
    let mut changed = signed.clone();
    changed.nonce[0] ^= 1;
    refused(with(changed), "another challenge");
    for at in 0..signed.signature.len() {
        let mut changed = signed.clone();
        changed.signature[at] ^= 1;
        refused(with(changed), "signature is wrong");
    }
    let mut changed = signed.clone();
    changed.authenticator_data[36] ^= 1;
    refused(with(changed), "signature is wrong");

    let nonce = bytes32(1);
    let challenge = challenge(&same().leaf, nonce);
    let client = client_data(challenge);
    let signing = |client: &str, data: Vec<u8>| with(evidence(&passkey(7), client, data, nonce));
    for flags in [0x00, 0x01, 0x04] {
        refused(signing(&client, authenticator_data(flags)), "did not verify the user");
    }
    refused(signing(&client, authenticator_data(0x05)[..36].to_vec()), "36 bytes long");
    refused(
        signing(&client.replace("webauthn.get", "webauthn.create"), authenticator_data(5)),
        "its type is",
    );
    refused(signing(&client.replace(":false", ":true"), authenticator_data(5)), "another origin");
    refused(signing("{}", authenticator_data(5)), "no assertion");
    refused(signing(&format!("{client}{client}"), authenticator_data(5)), "no assertion");
    let stranger = evidence(&passkey(8), &client, authenticator_data(5), nonce);
    refused(with(stranger), "signature is wrong");
    let mut scribe = enrolled_only();
    scribe
        .write(signing(&client.replace(",\"crossOrigin\":false", ",\"other\":1"), authenticator_data(0x1d)));
    passes(&scribe);
}

#[test]
fn a_credential_says_whose_and_what_it_is() {
    for body in [
        json!({}),
        json!({ "credential": "AAAA", "member": manager() }),
        json!({ "credential": "AAA", "member": manager(), "public_key": "AAAA" }),
        json!({ "credential": "AAAA", "member": manager(), "public_key": "AAA" }),
        json!({ "credential": "AAAA", "public_key": "AAAA" }),
    ] {
        let mut scribe = enrolled_only();
        let draft = Draft::new(kind::CREDENTIAL_ENROLLED).of_workspace();
        scribe.write(draft.clone().body(opening(5, &body)));
        last_fails(&scribe, "the body of a `credential.enrolled` needs");
        let mut scribe = enrolled_only();
        scribe.write(draft);
        last_fails(&scribe, "the body of a `credential.enrolled` needs");
    }
    let mut scribe = enrolled_only();
    scribe.write(Draft::new(kind::CREDENTIAL_REVOKED).of_workspace().body(opening(5, &json!({}))));
    last_fails(&scribe, "the body of a `credential.revoked` needs");

    let no_key = json!({ "credential": base64(CREDENTIAL), "member": manager(), "public_key": "AAAA" });
    let mut scribe = Scribe::default();
    scribe.write(Draft::new(kind::CREDENTIAL_ENROLLED).of_workspace().body(opening(5, &no_key)));
    scribe.write(decided(1, Decision::Approve, None).by_passkey(1));
    last_fails(&scribe, "no P-256 key");
}

#[test]
fn a_fact_left_out_before_another_is_seen() {
    let whole = lead_story().bundle();
    let last_of_lead = whole.facts.len() - 2;
    for nth in 2..last_of_lead {
        let mut bundle = whole.clone();
        bundle.facts.remove(nth);
        fails(&bundle, Some(whole.facts[nth + 1].index), "is missing here");
    }
    let mut scribe = enrolled_only();
    scribe.write(Draft::new("lead.noted"));
    scribe.write_unchained(Draft::new("lead.noted"));
    last_fails(&scribe, "lacks `refs.previous`");

    let mut unchained = Scribe::default();
    for _ in 0..3 {
        unchained.write_unchained(Draft::new("lead.noted"));
    }
    passes(&unchained);
    unchained.write(Draft::new("lead.noted"));
    last_fails(&unchained, "lacks `refs.previous`");
}

#[test]
fn facts_are_of_one_workspace_and_lead_once_each_in_order() {
    let whole = lead_story().bundle();
    let mut bundle = whole.clone();
    bundle.facts.swap(0, 1);
    fails(&bundle, Some(0), "stands after fact 1");
    let mut bundle = whole.clone();
    bundle.facts.insert(4, bundle.facts[3].clone());
    fails(&bundle, Some(7), "stands after fact 7");
    let mut bundle = whole.clone();
    bundle.facts[3].index += 1_000;
    fails(&bundle, Some(1_007), "beyond the tree");
    let mut bundle = whole.clone();
    bundle.facts[2].index += 1;
    fails(&bundle, Some(6), "not in the tree");
    let mut bundle = whole.clone();
    bundle.facts[2].proof.pop();
    fails(&bundle, Some(5), "hashes where");
    let mut bundle = whole.clone();
    bundle.facts[2].leaf.push(b' ');
    fails(&bundle, Some(5), "malformed");
    let mut bundle = whole;
    bundle.facts.truncate(2);
    fails(&bundle, None, "no fact of a lead");
    bundle.facts.clear();
    fails(&bundle, None, "no fact of a lead");

    let scribe = lead_story();
    let mut mixed = scribe.bundle();
    let stranger = scribe.entries[2].clone();
    mixed.facts[3].leaf = stranger.leaf;
    fails(&mixed, Some(7), "the bundle is about");

    let mut scribe = enrolled_only();
    let mut draft = Draft::new("lead.noted");
    draft.leaf.workspace = id(77);
    scribe.write(draft);
    last_fails(&scribe, "belongs to workspace");

    let mut scribe = enrolled_only();
    let twice = scribe.entries[1].clone();
    scribe.push(twice.leaf, twice.openings);
    last_fails(&scribe, "another fact before it has the id");
}

#[test]
fn a_bundle_is_for_the_trusted_key_and_all_signatures_on_it_are_checked() {
    let scribe = lead_story();
    let whole = scribe.bundle();
    let mut bundle = whole.clone();
    bundle.origin.push('x');
    fails(&bundle, None, "`origin` is");
    let mut bundle = whole.clone();
    bundle.log_key = witness(1).verifier().to_string();
    fails(&bundle, None, "`log_key` is");
    let smaller = Scribe::default().note().to_string();
    let bundle = Bundle { checkpoint: smaller, ..whole.clone() };
    fails(&bundle, Some(0), "beyond the tree");

    let other = record::note::SigningKey::from_seed(ORIGIN, &[9; 32]).unwrap().verifier();
    let error = verify(&whole.to_bytes(), &Trust::new(other, vec![], 0).unwrap()).unwrap_err();
    assert!(
        error.to_string().starts_with("not verified: bundle: the checkpoint is not signed by"),
        "{error}"
    );

    let witnesses = [1, 2].map(|n| witness(n).verifier());
    let both = Trust::new(log_key().verifier(), witnesses.to_vec(), 2).unwrap();
    let one = Trust::new(log_key().verifier(), witnesses[..1].to_vec(), 1).unwrap();
    let cosigned = scribe.bundle_under(&scribe.cosigned_note(&[1, 2])).to_bytes();
    assert_eq!(verify(&cosigned, &both).unwrap().cosignatures.len(), 2);
    assert!(verify(&cosigned, &one).unwrap_err().to_string().contains("cannot be checked"));
    assert!(verify(&cosigned, &trust()).unwrap_err().to_string().contains("cannot be checked"));
    assert!(verify(&whole.to_bytes(), &one).unwrap_err().to_string().contains("0 of the given witnesses"));
}

#[test]
fn a_wrong_fact_is_named_by_its_index() {
    let mut bundle = lead_story().bundle();
    bundle.facts[4].openings.content.as_mut().unwrap().payload[0] ^= 1;
    let error = verify(&bundle.to_bytes(), &trust()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "not verified: 8: the opening of `content` does not match the leaf's commitment"
    );
}

#[test]
fn content_commitments_do_not_pass_for_body_commitments() {
    let text = letter(1, "one");
    let mut draft = Draft::new("lead.noted").body(text.clone());
    draft.leaf.body = Some(text.commitment(Label::Content));
    let mut scribe = enrolled_only();
    scribe.write(draft);
    last_fails(&scribe, "does not match");
}

#[test]
fn a_dispatch_under_another_leads_decision_is_refused() {
    // The whole record shows it; a bundle is of one lead and cannot hold it.
    let one = letter(1, "one");
    let mut scribe = enrolled_only();
    scribe.write(decided(1, Decision::Approve, Some(&one)).of_workspace());
    scribe.write(dispatched("attempted", Some(&one)).proposal(1));
    last_fails(&scribe, "decided for another lead");
}

#[test]
fn a_bundle_says_whether_it_continues_an_older_checkpoint() {
    let scribe = lead_story();
    let bundle = scribe.bundle();
    let bytes = bundle.to_bytes();
    let mut shorter = Scribe::default();
    let mut proven = 0;
    for entry in &scribe.entries {
        shorter.edge = shorter.edge.grow([leaf_hash(&entry.leaf)]).unwrap().edge;
        let note = shorter.note().to_string();
        match continues(&bytes, &trust(), &note).unwrap() {
            Continues::Proven => proven += 1,
            Continues::Unknown(size) => assert_eq!(size, shorter.edge.size()),
        }
        let mut other = Scribe::default();
        let leaves = (0..shorter.edge.size()).map(|nth| leaf_hash(&nth.to_be_bytes()));
        other.edge = other.edge.grow(leaves).unwrap().edge;
        match continues(&bytes, &trust(), &other.note().to_string()) {
            Ok(Continues::Proven) => panic!("another log was taken for this one"),
            Ok(Continues::Unknown(_)) => {}
            Err(error) => assert!(error.to_string().contains("the record was rewritten"), "{error}"),
        }
    }
    assert!(proven >= bundle.facts.len(), "{proven} of {}", scribe.entries.len());
    shorter.edge = shorter.edge.grow([leaf_hash(b"more")]).unwrap().edge;
    let error = continues(&bytes, &trust(), &shorter.note().to_string()).unwrap_err();
    assert!(error.to_string().contains("the bundle's only"), "{error}");
    assert!(continues(&bytes, &trust(), "no note").is_err());
}
