//! Writes a checked leaf. Fields go out in the order of RFC 8785, which for these names is alphabetical; no
//! text in a checked leaf needs an escape. A test holds this against a general JCS writer.

use super::{Evidence, Leaf, PasskeyEvidence};
use crate::base64text;
use crate::commitment::Commitment;

/// Room for a usual leaf, so that writing one allocates once.
const USUAL_LEAF_BYTES: usize = 768;

pub(super) fn emit(leaf: &Leaf) -> Vec<u8> {
    let mut out = String::with_capacity(USUAL_LEAF_BYTES);
    out.push_str(r#"{"actor":{"id":"#);
    text(&mut out, &leaf.actor.id);
    out.push_str(r#","kind":"#);
    text(&mut out, leaf.actor.kind.as_str());
    out.push_str(r#","via":"#);
    text(&mut out, leaf.actor.via.as_str());
    out.push_str(r#"},"at":"#);
    text(&mut out, &leaf.at);
    out.push_str(r#","body":"#);
    or_null(&mut out, leaf.body.as_ref(), commitment);
    out.push_str(r#","content":"#);
    or_null(&mut out, leaf.content.as_ref(), commitment);
    out.push_str(r#","decision":"#);
    or_null(&mut out, leaf.decision.as_ref(), |out, decision| text(out, decision.as_str()));
    out.push_str(r#","evidence":"#);
    or_null(&mut out, leaf.evidence.as_ref(), |out, Evidence::Passkey(evidence)| passkey(out, evidence));
    out.push_str(r#","id":"#);
    text(&mut out, &leaf.id);
    out.push_str(r#","kind":"#);
    text(&mut out, &leaf.kind);
    out.push_str(r#","lead":"#);
    or_null(&mut out, leaf.lead.as_ref(), |out, lead| text(out, lead));
    out.push_str(r#","playbook":"#);
    or_null(&mut out, leaf.playbook.as_ref(), |out, playbook| text(out, playbook));
    out.push_str(r#","refs":{"#);
    for (nth, (name, id)) in leaf.refs.iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        text(&mut out, name);
        out.push(':');
        text(&mut out, id);
    }
    out.push_str(r#"},"v":1,"workspace":"#);
    text(&mut out, &leaf.workspace);
    out.push('}');
    out.into_bytes()
}

fn passkey(out: &mut String, evidence: &PasskeyEvidence) {
    out.push_str(r#"{"authenticator_data":"#);
    binary(out, &evidence.authenticator_data);
    out.push_str(r#","client_data":"#);
    binary(out, &evidence.client_data);
    out.push_str(r#","credential":"#);
    binary(out, &evidence.credential);
    out.push_str(r#","nonce":"#);
    binary(out, &evidence.nonce);
    out.push_str(r#","signature":"#);
    binary(out, &evidence.signature);
    out.push_str(r#","type":"passkey"}"#);
}

fn text(out: &mut String, value: &str) {
    out.push('"');
    out.push_str(value);
    out.push('"');
}

fn binary(out: &mut String, bytes: &[u8]) {
    out.push('"');
    base64text::encode_into(bytes, out);
    out.push('"');
}

fn commitment(out: &mut String, commitment: &Commitment) {
    binary(out, &commitment.0);
}

fn or_null<T>(out: &mut String, value: Option<&T>, write: impl Fn(&mut String, &T)) {
    match value {
        Some(value) => write(out, value),
        None => out.push_str("null"),
    }
}
