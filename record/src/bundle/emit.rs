//! Writes a bundle, fields in the order of RFC 8785, which for these names is alphabetical. Only the texts that
//! come from outside may need escapes; base64 never does. A test holds this against a general JCS writer.

use serde_json::Value;

use super::{Bundle, BundledFact, FORMAT};
use crate::base64text;
use crate::commitment::Opening;

pub(super) fn emit(bundle: &Bundle) -> Vec<u8> {
    let mut out = String::new();
    out.push_str(r#"{"checkpoint":"#);
    text(&mut out, &bundle.checkpoint);
    out.push_str(r#","facts":["#);
    separated(&mut out, &bundle.facts, fact);
    out.push_str(r#"],"format":"#);
    text(&mut out, FORMAT);
    out.push_str(r#","log_key":"#);
    text(&mut out, &bundle.log_key);
    out.push_str(r#","origin":"#);
    text(&mut out, &bundle.origin);
    out.push('}');
    out.into_bytes()
}

fn fact(out: &mut String, fact: &BundledFact) {
    out.push_str(r#"{"index":"#);
    out.push_str(&fact.index.to_string());
    out.push_str(r#","leaf":"#);
    binary(out, &fact.leaf);
    out.push_str(r#","openings":{"#);
    let openings = [("body", &fact.openings.body), ("content", &fact.openings.content)];
    let present: Vec<_> =
        openings.into_iter().filter_map(|(name, one)| Some((name, one.as_ref()?))).collect();
    separated(out, &present, |out, (name, one)| opening(out, name, one));
    out.push_str(r#"},"proof":["#);
    separated(out, &fact.proof, |out, hash| binary(out, &hash.0));
    out.push_str("]}");
}

fn opening(out: &mut String, name: &str, opening: &Opening) {
    text(out, name);
    out.push_str(r#":{"payload":"#);
    binary(out, &opening.payload);
    out.push_str(r#","r":"#);
    binary(out, &opening.r);
    out.push('}');
}

fn separated<T>(out: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        write(out, item);
    }
}

/// JSON's own escapes are those of RFC 8785.
fn text(out: &mut String, value: &str) {
    out.push_str(&Value::from(value).to_string());
}

fn binary(out: &mut String, bytes: &[u8]) {
    out.push('"');
    base64text::encode_into(bytes, out);
    out.push('"');
}
