use super::*;
use proptest::prelude::*;

const WORKSPACE: &str = "01938d2e-0000-7000-8000-000000000001";
const LEAD: &str = "01938d2e-0000-7000-8000-000000000002";
const MEMBER: &str = "01938d2e-0000-7000-8000-000000000003";
const PROPOSAL: &str = "01938d2e-0000-7000-8000-000000000004";

fn captured() -> Leaf {
    Leaf {
        v: Version::V1,
        id: "01938d2e-0000-7000-8000-00000000000a".to_owned(),
        workspace: WORKSPACE.to_owned(),
        lead: Some(LEAD.to_owned()),
        kind: "lead.captured".to_owned(),
        at: "2026-11-22T10:00:00.000000Z".to_owned(),
        actor: Actor { kind: ActorKind::System, id: "form".to_owned(), via: Via::Channel },
        playbook: None,
        body: Some(Commitment([7; 32])),
        content: None,
        refs: BTreeMap::new(),
        decision: None,
        evidence: None,
    }
}

fn decided_by_passkey() -> Leaf {
    Leaf {
        kind: kind::APPROVAL_DECIDED.to_owned(),
        actor: Actor { kind: ActorKind::Member, id: MEMBER.to_owned(), via: Via::Passkey },
        playbook: Some(format!("sha256:{}", "0f".repeat(32))),
        content: Some(Commitment([9; 32])),
        refs: BTreeMap::from([
            ("proposal".to_owned(), PROPOSAL.to_owned()),
            ("step".to_owned(), "message.reply".to_owned()),
        ]),
        decision: Some(Decision::Edit),
        evidence: Some(Evidence::Passkey(PasskeyEvidence {
            credential: vec![1, 2, 3],
            client_data: b"{}".to_vec(),
            authenticator_data: vec![0; 37],
            signature: vec![0x30; 71],
            nonce: [5; 32],
        })),
        ..captured()
    }
}

/// The bytes are a promise to readers in other languages: written out once, in full.
#[test]
fn a_leaf_written_out() {
    let expected = concat!(
        r#"{"actor":{"id":"form","kind":"system","via":"channel"},"at":"2026-11-22T10:00:00.000000Z","#,
        r#""body":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","content":null,"decision":null,"evidence":null,"#,
        r#""id":"01938d2e-0000-7000-8000-00000000000a","kind":"lead.captured","#,
        r#""lead":"01938d2e-0000-7000-8000-000000000002","playbook":null,"refs":{},"v":1,"#,
        r#""workspace":"01938d2e-0000-7000-8000-000000000001"}"#,
    );
    assert_eq!(String::from_utf8(captured().canonical().unwrap()).unwrap(), expected);
}

#[test]
fn a_leaf_reads_back() {
    for leaf in [captured(), decided_by_passkey(), Leaf { lead: None, body: None, ..captured() }] {
        assert_eq!(Leaf::parse(&leaf.canonical().unwrap()).unwrap(), leaf);
    }
}

#[track_caller]
fn refused(leaf: Leaf, says: &str) {
    let error = leaf.canonical().unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
    let unchecked = emit::emit(&leaf);
    assert!(Leaf::parse(&unchecked).is_err(), "written, but must not be read: {leaf:?}");
}

#[test]
fn fields_hold_only_what_they_may() {
    for id in ["", "01938D2E-0000-7000-8000-00000000000A", "01938d2e-0000-4000-8000-00000000000a", "ada"] {
        refused(Leaf { id: id.to_owned(), ..captured() }, "`id`");
        refused(Leaf { workspace: id.to_owned(), ..captured() }, "`workspace`");
        refused(Leaf { lead: Some(id.to_owned()), ..captured() }, "`lead`");
    }
    for kind in ["", "Lead.captured", "lead.", ".lead", "lead captured", "lead..captured", "lead-captured"] {
        refused(Leaf { kind: kind.to_owned(), ..captured() }, "`kind`");
    }
    refused(Leaf { kind: "k".repeat(65), ..captured() }, "`kind`");
    for at in [
        "2026-11-22T10:00:00Z",
        "2026-11-22T10:00:00.000000+00:00",
        "2026-11-22t10:00:00.000000z",
        "2026-02-29T10:00:00.000000Z",
        "2026-13-01T10:00:00.000000Z",
        "2026-00-01T10:00:00.000000Z",
        "2026-11-00T10:00:00.000000Z",
        "2026-11-31T10:00:00.000000Z",
        "2026-11-22T24:00:00.000000Z",
        "2026-11-22T10:60:00.000000Z",
        "2026-11-22T10:00:60.000000Z",
        "2100-02-29T10:00:00.000000Z",
    ] {
        refused(Leaf { at: at.to_owned(), ..captured() }, "`at`");
    }
    let leap = Leaf { at: "2028-02-29T23:59:59.999999Z".to_owned(), ..captured() };
    assert!(leap.canonical().is_ok());
    for playbook in ["", "sha256:", &format!("sha256:{}", "0F".repeat(32)), &"0f".repeat(32)] {
        refused(Leaf { playbook: Some(playbook.to_owned()), ..captured() }, "`playbook`");
    }
}

#[test]
fn no_address_and_no_sentence_gets_into_a_leaf() {
    for text in ["ada@example.com", "Ada Lovelace", "Zoë", "a\"b", "a\\b", "", &"x".repeat(129)] {
        let refs = BTreeMap::from([("note".to_owned(), text.to_owned())]);
        refused(Leaf { refs, ..captured() }, "`refs.note`");
        let actor = Actor { id: text.to_owned(), ..captured().actor };
        refused(Leaf { actor, ..captured() }, "`actor.id`");
        let refs = BTreeMap::from([(text.to_owned(), "x".to_owned())]);
        refused(Leaf { refs, ..captured() }, "`refs`");
    }
    for name in ["proposal", "message", "account"] {
        let refs = BTreeMap::from([(name.to_owned(), "7".to_owned())]);
        refused(Leaf { refs, ..captured() }, &format!("`refs.{name}`"));
    }
    let member = Actor { kind: ActorKind::Member, id: "ada".to_owned(), via: Via::Session };
    refused(Leaf { actor: member, ..captured() }, "`actor.id`");
    let many = (0..33).map(|n| (format!("r{n}"), "x".to_owned())).collect();
    refused(Leaf { refs: many, ..captured() }, "32 entries");
}

#[test]
fn decision_and_evidence_agree_with_the_rest() {
    refused(Leaf { decision: Some(Decision::Approve), ..captured() }, "exactly when the kind");
    refused(Leaf { decision: None, ..decided_by_passkey() }, "exactly when the kind");
    refused(Leaf { refs: BTreeMap::new(), ..decided_by_passkey() }, "refs.proposal");
    refused(Leaf { evidence: None, ..decided_by_passkey() }, "`evidence` is given exactly");
    refused(Leaf { evidence: decided_by_passkey().evidence, ..captured() }, "`evidence` is given exactly");
    let agent = Actor { kind: ActorKind::Agent, ..decided_by_passkey().actor };
    refused(Leaf { actor: agent, ..decided_by_passkey() }, "only a member");
    let session = Actor { via: Via::Session, ..decided_by_passkey().actor };
    refused(Leaf { actor: session, ..decided_by_passkey() }, "`evidence` is given exactly");
}

#[test]
fn evidence_is_bounded() {
    let Some(Evidence::Passkey(passkey)) = decided_by_passkey().evidence else { unreachable!() };
    let with = |passkey| Leaf { evidence: Some(Evidence::Passkey(passkey)), ..decided_by_passkey() };
    refused(with(PasskeyEvidence { credential: vec![], ..passkey.clone() }), "credential");
    refused(with(PasskeyEvidence { credential: vec![0; 1024], ..passkey.clone() }), "credential");
    refused(with(PasskeyEvidence { client_data: vec![0; 4097], ..passkey.clone() }), "client_data");
    refused(with(PasskeyEvidence { authenticator_data: vec![0; 4097], ..passkey.clone() }), "authenticator");
    refused(with(PasskeyEvidence { signature: vec![0; 81], ..passkey.clone() }), "signature");
    let longest = with(PasskeyEvidence {
        credential: vec![0; 1023],
        client_data: vec![0; 4096],
        authenticator_data: vec![0; 4096],
        ..passkey
    });
    let refs = (0..31).map(|n| (format!("{n:0>32}"), "x".repeat(128)));
    let longest = Leaf { refs: longest.refs.clone().into_iter().take(1).chain(refs).collect(), ..longest };
    assert!(longest.canonical().unwrap().len() <= LEAF_BYTES_MAX);
}

#[test]
fn other_spellings_of_a_leaf_are_refused_where_they_differ() {
    let text = String::from_utf8(decided_by_passkey().canonical().unwrap()).unwrap();
    let cases = [
        (r#""v":1"#, r#""v":1.0"#),
        (r#""v":1"#, r#""v":2"#),
        (r#""v":1"#, r#""v":9007199254740993"#),
        (r#","v":1"#, r#","v":1,"v":1"#),
        (r#","v":1"#, r#","v":1,"x":1"#),
        (r#","v":1"#, ""),
        (r#"{"actor""#, r#"{ "actor""#),
        (r#""decision":"edit""#, r#""decision":"Edit""#),
        (r#""decision":"edit""#, r#""decision":"\u0065dit""#),
        (r#""via":"passkey""#, r#""via":"phone""#),
        (r#""refs":{"#, r#""refs":{"a":null,"#),
        (r#""refs":{"#, r#""refs":{"zzz":"z","#),
        (r#""refs":{"#, r#""refs":{,"#),
        ("BQU=", "BQV="),
        ("BQU=", "BQU"),
    ];
    for (from, to) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(Leaf::parse(changed.as_bytes()).is_err(), "{to}");
    }
    let doubled = text.replacen(r#","step""#, r#","proposal":"x","step""#, 1);
    assert!(Leaf::parse(doubled.as_bytes()).unwrap_err().to_string().contains("rising order"));
    assert_eq!(
        Leaf::parse(b"{\"actor\":[").unwrap_err(),
        LeafError::Malformed { at: 0, expected: r#"`{"actor":{"id":`"#.to_owned() }
    );
    for end in 0..text.len() {
        assert!(Leaf::parse(&text.as_bytes()[..end]).is_err());
    }
    assert!(Leaf::parse(format!("{text} ").as_bytes()).is_err());
}

fn id() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
}

fn commitment() -> impl Strategy<Value = Option<Commitment>> {
    proptest::option::of(any::<[u8; 32]>().prop_map(Commitment))
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let bytes = |range| proptest::collection::vec(any::<u8>(), range);
    (bytes(1..40), bytes(1..200), bytes(1..80), bytes(1..80), any::<[u8; 32]>()).prop_map(
        |(credential, client_data, authenticator_data, signature, nonce)| {
            Evidence::Passkey(PasskeyEvidence {
                credential,
                client_data,
                authenticator_data,
                signature,
                nonce,
            })
        },
    )
}

prop_compose! {
    fn any_leaf()(
        ids in (id(), id(), proptest::option::of(id())),
        kind in "[a-z_]{1,9}(\\.[a-z0-9_]{1,9}){0,3}",
        at in "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}Z",
        actor in (proptest::sample::select(&ActorKind::ALL), id(), proptest::sample::select(&Via::ALL)),
        playbook in proptest::option::of("sha256:[0-9a-f]{64}"),
        commitments in (commitment(), commitment()),
        mut refs in proptest::collection::btree_map("[a-z0-9_]{1,12}", "[A-Za-z0-9._:/+=-]{1,40}", 0..6),
        decides in proptest::option::of((proptest::sample::select(&Decision::ALL), proptest::option::of(evidence()), id())),
    ) -> Leaf {
        let (id, workspace, lead) = ids;
        let (body, content) = commitments;
        let mut actor = Actor { kind: actor.0, id: actor.1, via: actor.2 };
        for name in ["proposal", "message", "account"] {
            refs.remove(name);
        }
        let Some((decision, evidence, proposal)) = decides else {
            let v = Version::V1;
            return Leaf {
                v, id, workspace, lead, kind, at, actor, playbook, body, content, refs, decision: None, evidence: None,
            };
        };
        actor.via = if evidence.is_some() { Via::Passkey } else { Via::Session };
        actor.kind = ActorKind::Member;
        refs.insert("proposal".to_owned(), proposal);
        let kind = kind::APPROVAL_DECIDED.to_owned();
        let (v, decision) = (Version::V1, Some(decision));
        Leaf { v, id, workspace, lead, kind, at, actor, playbook, body, content, refs, decision, evidence }
    }
}

proptest! {
    #[test]
    fn a_leaf_is_what_a_general_jcs_writer_writes(leaf in any_leaf()) {
        let bytes = leaf.canonical().unwrap();
        let general = serde_json_canonicalizer::to_vec(&leaf).unwrap();
        prop_assert_eq!(String::from_utf8(bytes.clone()).unwrap(), String::from_utf8(general).unwrap());
        prop_assert_eq!(Leaf::parse(&bytes).unwrap(), leaf);
    }

    #[test]
    fn bytes_that_parse_are_the_canonical_ones(leaf in any_leaf(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = leaf.canonical().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Leaf::parse(&bytes) {
            prop_assert_eq!(read.canonical().unwrap(), bytes);
        }
    }

    #[test]
    fn noise_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Leaf::parse(&bytes).is_err());
    }
}
