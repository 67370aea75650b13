//! Writes records for tests: a small company's log with fixed keys, ids, times and blinding values, so that the
//! same story always makes the same bytes.

use std::collections::BTreeMap;

use p256::ecdsa::signature::Signer;
use p256::pkcs8::EncodePublicKey;
use record::bundle::{Bundle, Entry, Openings};
use record::canonical::canonical;
use record::checkpoint::{Checkpoint, Trust, cosign};
use record::commitment::{Label, Opening};
use record::leaf::{
    Actor, ActorKind, Decision, Evidence, Leaf, PasskeyEvidence, Version, Via, kind, reference,
};
use record::note::{CosigningKey, Note, SigningKey};
use record::passkey::Challenge;
use record::tile::{Edge, TileId, TiledTree, Tiles};
use record::tree::leaf_hash;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const ORIGIN: &str = "lock.example/01938d2e-0000-7000-8000-000000000001";
pub const CREDENTIAL: &[u8] = b"credential of the manager";

pub fn id(n: u64) -> String {
    format!("01938d2e-0000-7000-8000-{n:012x}")
}

pub fn workspace() -> String {
    id(1)
}

pub fn lead() -> String {
    id(2)
}

pub fn other_lead() -> String {
    id(3)
}

pub fn manager() -> String {
    id(4)
}

pub fn proposal(n: u64) -> String {
    id(0x100 + n)
}

pub fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap()
}

pub fn witness(n: u8) -> CosigningKey {
    CosigningKey::from_seed(&format!("witness.example/w{n}"), &[0x10 + n; 32]).unwrap()
}

pub fn trust() -> Trust {
    Trust::new(log_key().verifier(), vec![], 0).unwrap()
}

pub fn passkey(seed: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A blinding value or nonce that is different for each `n`.
pub fn bytes32(n: u64) -> [u8; 32] {
    Sha256::digest(n.to_be_bytes()).into()
}

pub fn opening(n: u64, payload: &Value) -> Opening {
    Opening { r: bytes32(n), payload: canonical(payload).unwrap() }
}

/// Content as a channel is given it.
pub fn letter(n: u64, text: &str) -> Opening {
    let content = json!({
        "channel": "email", "from": "sales@lock.example", "to": ["ada@example.org"], "cc": [], "subject": "Your enquiry",
        "text": text, "html": null, "attachments": [], "in_reply_to": null,
    });
    opening(0x1000 + n, &content)
}

/// A fact about to be written; the defaults are those of a fact of the lead by the system.
#[derive(Clone)]
pub struct Draft {
    pub leaf: Leaf,
    pub openings: Openings,
}

impl Draft {
    pub fn new(kind: &str) -> Draft {
        let leaf = Leaf {
            v: Version::V1,
            id: String::new(),
            workspace: workspace(),
            lead: Some(lead()),
            kind: kind.to_owned(),
            at: String::new(),
            actor: Actor { kind: ActorKind::System, id: "worker".to_owned(), via: Via::Timer },
            playbook: Some(format!("sha256:{}", "ab".repeat(32))),
            body: None,
            content: None,
            refs: BTreeMap::new(),
            decision: None,
            evidence: None,
        };
        Draft { leaf, openings: Openings::default() }
    }

    pub fn of_workspace(mut self) -> Draft {
        self.leaf.lead = None;
        self
    }

    pub fn of_lead(mut self, lead: String) -> Draft {
        self.leaf.lead = Some(lead);
        self
    }

    pub fn by_member(mut self, member: String) -> Draft {
        self.leaf.actor = Actor { kind: ActorKind::Member, id: member, via: Via::Session };
        self
    }

    pub fn body(mut self, opening: Opening) -> Draft {
        self.leaf.body = Some(opening.commitment(Label::Body));
        self.openings.body = Some(opening);
        self
    }

    pub fn content(mut self, opening: &Opening) -> Draft {
        self.leaf.content = Some(opening.commitment(Label::Content));
        self.openings.content = Some(opening.clone());
        self
    }

    pub fn reference(mut self, name: &str, id: impl Into<String>) -> Draft {
        self.leaf.refs.insert(name.to_owned(), id.into());
        self
    }

    pub fn proposal(self, n: u64) -> Draft {
        self.reference(reference::PROPOSAL, proposal(n))
    }

    pub fn at_index(mut self, index: u64) -> Draft {
        self.leaf.id = id(0x1_0000 + index);
        let (hour, minute, second) = (8 + (index / 3_600) % 12, (index / 60) % 60, index % 60);
        self.leaf.at = format!("2026-11-22T{hour:02}:{minute:02}:{second:02}.000000Z");
        self
    }
}

/// A decision through a session.
pub fn decided(n: u64, decision: Decision, content: Option<&Opening>) -> Draft {
    let mut draft = Draft::new(kind::APPROVAL_DECIDED).by_member(manager()).proposal(n);
    draft.leaf.decision = Some(decision);
    match content {
        Some(content) => draft.content(content),
        None => draft,
    }
}

/// What a passkey is asked to sign for a draft of a decision.
pub fn challenge(leaf: &Leaf, nonce: [u8; 32]) -> [u8; 32] {
    let challenge = Challenge {
        workspace: &leaf.workspace,
        proposal: leaf.proposal().unwrap(),
        lead: leaf.lead.as_deref(),
        decision: leaf.decision.unwrap(),
        content: leaf.content,
        nonce,
    };
    challenge.bytes().unwrap()
}

pub fn client_data(challenge: [u8; 32]) -> String {
    use base64::Engine;
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(challenge);
    format!(
        r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://lock.example","crossOrigin":false}}"#
    )
}

pub fn authenticator_data(flags: u8) -> Vec<u8> {
    [&Sha256::digest(b"lock.example")[..], &[flags], &[0; 4]].concat()
}

/// Signs as an authenticator does.
pub fn evidence(
    key: &p256::ecdsa::SigningKey,
    client_data: &str,
    authenticator_data: Vec<u8>,
    nonce: [u8; 32],
) -> PasskeyEvidence {
    let signed = [&authenticator_data[..], &Sha256::digest(client_data)].concat();
    let signature: p256::ecdsa::DerSignature = key.sign(&signed);
    PasskeyEvidence {
        credential: CREDENTIAL.to_vec(),
        client_data: client_data.as_bytes().to_vec(),
        authenticator_data,
        signature: signature.as_bytes().to_vec(),
        nonce,
    }
}

impl Draft {
    /// Adds the manager's passkey to a decision.
    pub fn by_passkey(self, nonce: u64) -> Draft {
        let nonce = bytes32(nonce);
        let client_data = client_data(challenge(&self.leaf, nonce));
        let made = evidence(&passkey(7), &client_data, authenticator_data(0x05), nonce);
        self.with_evidence(made)
    }

    pub fn with_evidence(mut self, evidence: PasskeyEvidence) -> Draft {
        self.leaf.actor.via = Via::Passkey;
        self.leaf.evidence = Some(Evidence::Passkey(evidence));
        self
    }
}

pub fn enrolled(n: u64) -> Draft {
    let public_key = passkey(7).verifying_key().to_public_key_der().unwrap();
    let body = json!({
        "credential": base64(CREDENTIAL), "member": manager(), "public_key": base64(public_key.as_bytes()), "label": "laptop",
    });
    Draft::new(kind::CREDENTIAL_ENROLLED).of_workspace().by_member(manager()).body(opening(n, &body))
}

pub fn revoked(n: u64) -> Draft {
    let body = json!({ "credential": base64(CREDENTIAL) });
    Draft::new(kind::CREDENTIAL_REVOKED).of_workspace().by_member(manager()).body(opening(n, &body))
}

pub fn dispatched(outcome: &str, content: Option<&Opening>) -> Draft {
    let draft = Draft::new(&format!("dispatch.{outcome}")).reference("step", "message.reply");
    match content {
        Some(content) => draft.content(content),
        None => draft,
    }
}

/// Stored tiles.
#[derive(Default, Clone)]
pub struct Rows(pub BTreeMap<(u8, u64), Vec<u8>>);

#[derive(Debug, PartialEq)]
pub struct Missing;

impl Tiles for &Rows {
    type Error = Missing;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, Missing> {
        self.0.get(&(id.level, id.index)).cloned().ok_or(Missing)
    }
}

/// The log being written.
#[derive(Default, Clone)]
pub struct Scribe {
    pub edge: Edge,
    pub rows: Rows,
    pub entries: Vec<Entry>,
    last: BTreeMap<String, String>,
}

impl Scribe {
    /// Writes a fact as it is drafted, with its id and time, and nothing else added.
    pub fn write_unchained(&mut self, draft: Draft) -> u64 {
        let index = self.entries.len() as u64;
        let Draft { leaf, openings } = draft.at_index(index);
        if let Some(lead) = &leaf.lead {
            self.last.insert(lead.clone(), leaf.id.clone());
        }
        self.push(leaf.canonical().unwrap(), openings);
        index
    }

    /// Writes a fact that names the lead's fact before it.
    pub fn write(&mut self, draft: Draft) -> u64 {
        let before = draft.leaf.lead.as_ref().and_then(|lead| self.last.get(lead)).cloned();
        self.write_unchained(match before {
            Some(before) => draft.reference(reference::PREVIOUS, before),
            None => draft,
        })
    }

    pub fn push(&mut self, leaf: Vec<u8>, openings: Openings) {
        self.push_all(vec![(leaf, openings)]);
    }

    fn push_all(&mut self, facts: Vec<(Vec<u8>, Openings)>) {
        let growth = self.edge.grow(facts.iter().map(|(leaf, _)| leaf_hash(leaf))).unwrap();
        self.rows.0.extend(growth.tiles.into_iter().map(|tile| ((tile.id.level, tile.id.index), tile.bytes)));
        self.edge = growth.edge;
        for (leaf, openings) in facts {
            self.entries.push(Entry { index: self.entries.len() as u64, leaf, openings });
        }
    }

    /// Many small facts of another lead, at once.
    pub fn fill_fast(&mut self, count: u64) {
        let start = self.edge.size();
        let draft = Draft::new("message.received").of_lead(other_lead());
        let leaf = |index| draft.clone().at_index(index).leaf.canonical().unwrap();
        self.push_all((start..start + count).map(|index| (leaf(index), Openings::default())).collect());
    }

    /// Facts of another lead, as they stand between those of ours in any real record.
    pub fn fill(&mut self, count: u64) {
        for n in 0..count {
            let body = opening(0x10_0000 + self.edge.size(), &json!({ "nth": n }));
            self.write(Draft::new("message.received").of_lead(other_lead()).body(body));
        }
    }

    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: ORIGIN.to_owned(), size: self.edge.size(), root: self.edge.root() }
    }

    pub fn note(&self) -> Note {
        self.checkpoint().sign(&log_key()).unwrap()
    }

    pub fn cosigned_note(&self, witnesses: &[u8]) -> Note {
        witnesses.iter().fold(self.note(), |note, n| {
            let line = cosign(&note, &witness(*n), 1_795_000_000).unwrap();
            note.with(line).unwrap()
        })
    }

    /// The bundle of our lead.
    pub fn bundle(&self) -> Bundle {
        self.bundle_under(&self.note())
    }

    pub fn bundle_under(&self, note: &Note) -> Bundle {
        let wanted = |entry: &&Entry| Leaf::parse(&entry.leaf).unwrap().lead.is_none_or(|of| of == lead());
        let entries = self.entries.iter().filter(wanted).cloned().collect();
        let nodes = TiledTree::new(self.edge.size(), &self.rows);
        Bundle::build(&log_key().verifier(), note, self.edge.size(), entries, &nodes).unwrap()
    }

    /// Deletes the lead's openings and says so.
    pub fn erase(&mut self) {
        for entry in &mut self.entries {
            if Leaf::parse(&entry.leaf).unwrap().lead == Some(lead()) {
                entry.openings = Openings::default();
            }
        }
        let body = opening(0x30, &json!({ "on": "request of the person" }));
        self.write(Draft::new(kind::LEAD_ERASED).by_member(manager()).body(body));
    }
}

/// A lead's whole way: captured, answered after a passkey approval, answered again after an edit, an offer
/// rejected, an acknowledgement sent without asking.
pub fn lead_story() -> Scribe {
    let mut scribe = Scribe::default();
    let playbook = json!({ "digest": "ab".repeat(32), "files": {} });
    scribe.write(
        Draft::new("playbook.adopted").of_workspace().by_member(manager()).body(opening(1, &playbook)),
    );
    scribe.write(enrolled(2));
    scribe.fill(3);
    let person = json!({ "name": "Ada Byron", "email": "ada@example.org", "subject": "Förderband, 12 m" });
    scribe.write(Draft::new("lead.captured").body(opening(3, &person)));
    scribe.fill(1);
    let acknowledgement = letter(0, "We have it, thank you.");
    scribe.write(dispatched("attempted", Some(&acknowledgement)));
    scribe.write(dispatched("settled", Some(&acknowledgement)));

    let reply = letter(1, "The belt is in stock.");
    scribe.write(
        Draft::new("proposal.made").proposal(1).content(&reply).body(opening(4, &json!({ "why": "asked" }))),
    );
    scribe.fill(2);
    scribe.write(
        decided(1, Decision::Approve, Some(&reply))
            .by_passkey(1)
            .body(opening(5, &json!({ "seen_ms": 41_000 }))),
    );
    scribe.write(dispatched("attempted", Some(&reply)).proposal(1));
    scribe.write(dispatched("settled", Some(&reply)).proposal(1).reference("outcome", "done"));

    let (draft, edited) = (letter(2, "Any questions?"), letter(3, "Do you still need it by May?"));
    scribe.write(Draft::new("proposal.made").proposal(2).content(&draft));
    scribe.write(decided(2, Decision::Edit, Some(&edited)));
    scribe.write(dispatched("attempted", Some(&edited)).proposal(2));
    scribe.write(dispatched("settled", Some(&edited)).proposal(2).reference("outcome", "done"));

    let offer = letter(4, "20 % off.");
    scribe.write(Draft::new("proposal.made").proposal(3).content(&offer));
    scribe.write(decided(3, Decision::Reject, Some(&offer)));
    scribe.fill(2);
    scribe.write(revoked(6));
    scribe
}
