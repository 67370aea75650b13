//! Reads a leaf by walking along the one text it can have: the mirror of `emit`. Since every name, comma and
//! brace is expected at its place, a field that is missing, unknown, doubled or out of order, white space, an
//! escape, a float and anything after the end are all refused where they stand.

use std::collections::BTreeMap;

use super::{Actor, ActorKind, Decision, Evidence, Leaf, LeafError, PasskeyEvidence, Version, Via};
use crate::base64text;
use crate::commitment::Commitment;

pub(super) fn parse(bytes: &[u8]) -> Result<Leaf, LeafError> {
    let mut walk = Walk { bytes, at: 0 };
    let actor = actor(&mut walk)?;
    walk.expect(r#","at":"#)?;
    let at = walk.text()?.to_owned();
    walk.expect(r#","body":"#)?;
    let body = walk.or_null(commitment)?;
    walk.expect(r#","content":"#)?;
    let content = walk.or_null(commitment)?;
    walk.expect(r#","decision":"#)?;
    let decision = walk.or_null(|walk| walk.one_of(&Decision::ALL, Decision::as_str))?;
    walk.expect(r#","evidence":"#)?;
    let evidence = walk.or_null(|walk| passkey(walk).map(Evidence::Passkey))?;
    walk.expect(r#","id":"#)?;
    let id = walk.text()?.to_owned();
    walk.expect(r#","kind":"#)?;
    let kind = walk.text()?.to_owned();
    walk.expect(r#","lead":"#)?;
    let lead = walk.or_null(|walk| walk.text().map(str::to_owned))?;
    walk.expect(r#","playbook":"#)?;
    let playbook = walk.or_null(|walk| walk.text().map(str::to_owned))?;
    walk.expect(r#","refs":"#)?;
    let refs = refs(&mut walk)?;
    walk.expect(r#","v":1,"workspace":"#)?;
    let workspace = walk.text()?.to_owned();
    walk.expect("}")?;
    walk.end()?;
    let v = Version::V1;
    Ok(Leaf { v, id, workspace, lead, kind, at, actor, playbook, body, content, refs, decision, evidence })
}

fn actor(walk: &mut Walk) -> Result<Actor, LeafError> {
    walk.expect(r#"{"actor":{"id":"#)?;
    let id = walk.text()?.to_owned();
    walk.expect(r#","kind":"#)?;
    let kind = walk.one_of(&ActorKind::ALL, ActorKind::as_str)?;
    walk.expect(r#","via":"#)?;
    let via = walk.one_of(&Via::ALL, Via::as_str)?;
    walk.expect("}")?;
    Ok(Actor { kind, id, via })
}

fn passkey(walk: &mut Walk) -> Result<PasskeyEvidence, LeafError> {
    walk.expect(r#"{"authenticator_data":"#)?;
    let authenticator_data = walk.binary()?;
    walk.expect(r#","client_data":"#)?;
    let client_data = walk.binary()?;
    walk.expect(r#","credential":"#)?;
    let credential = walk.binary()?;
    walk.expect(r#","nonce":"#)?;
    let nonce = walk.array()?;
    walk.expect(r#","signature":"#)?;
    let signature = walk.binary()?;
    walk.expect(r#","type":"passkey"}"#)?;
    Ok(PasskeyEvidence { credential, client_data, authenticator_data, signature, nonce })
}

fn commitment(walk: &mut Walk) -> Result<Commitment, LeafError> {
    walk.array().map(Commitment)
}

fn refs(walk: &mut Walk) -> Result<BTreeMap<String, String>, LeafError> {
    let mut refs = BTreeMap::new();
    walk.expect("{")?;
    while !walk.skip("}") {
        if !refs.is_empty() {
            walk.expect(",")?;
        }
        let start = walk.at;
        let name = walk.text()?;
        if refs.last_key_value().is_some_and(|(last, _): (&String, _)| last.as_str() >= name) {
            return Err(malformed(start, "names in `refs` in rising order, each once"));
        }
        walk.expect(":")?;
        refs.insert(name.to_owned(), walk.text()?.to_owned());
    }
    Ok(refs)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn skip(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text.as_bytes());
        if found {
            self.at += text.len();
        }
        found
    }

    fn expect(&mut self, text: &str) -> Result<(), LeafError> {
        if self.skip(text) { Ok(()) } else { Err(malformed(self.at, format!("`{text}`"))) }
    }

    fn end(&self) -> Result<(), LeafError> {
        if self.rest().is_empty() { Ok(()) } else { Err(malformed(self.at, "the end")) }
    }

    /// A quoted text without escapes. Which characters it may hold beyond that is for the field to say.
    fn text(&mut self) -> Result<&'a str, LeafError> {
        let start = self.at;
        self.expect("\"")?;
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\') || !byte.is_ascii_graphic())
            .filter(|end| rest[*end] == b'"')
            .ok_or_else(|| malformed(start, "a quoted text of plain ASCII"))?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| malformed(start, "a quoted text of plain ASCII"))
    }

    fn one_of<T: Copy>(&mut self, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, LeafError> {
        let start = self.at;
        let text = self.text()?;
        all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|one| format!("`{}`", name(*one))).collect();
            malformed(start, format!("one of {}", names.join(", ")))
        })
    }

    fn binary(&mut self) -> Result<Vec<u8>, LeafError> {
        let start = self.at;
        base64text::decode(self.text()?).ok_or_else(|| malformed(start, "standard, padded base64"))
    }

    fn array(&mut self) -> Result<[u8; 32], LeafError> {
        let start = self.at;
        base64text::decode_array(self.text()?)
            .ok_or_else(|| malformed(start, "32 bytes in standard, padded base64"))
    }

    fn or_null<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, LeafError>,
    ) -> Result<Option<T>, LeafError> {
        if self.skip("null") { Ok(None) } else { read(self).map(Some) }
    }
}

fn malformed(at: usize, expected: impl Into<String>) -> LeafError {
    LeafError::Malformed { at, expected: expected.into() }
}
