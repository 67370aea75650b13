//! Reads a bundle: as JSON with exactly its fields, then each field in its form, then, by writing it again, that
//! there is no other way in which it was spelled.

use std::borrow::Cow;

use serde::Deserialize;

use super::{BUNDLE_BYTES_MAX, Bundle, BundleError, BundledFact, FORMAT, Openings};
use crate::base64text;
use crate::canonical::{INTEGER_BOUND, first_difference};
use crate::commitment::Opening;
use crate::tree::Hash;

/// A proof in the largest tree there can be.
const PROOF_HASHES_MAX: usize = 62;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow)]
    checkpoint: Cow<'a, str>,
    #[serde(borrow)]
    facts: Vec<FactObject<'a>>,
    #[serde(borrow)]
    format: Cow<'a, str>,
    #[serde(borrow)]
    log_key: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactObject<'a> {
    index: u64,
    #[serde(borrow)]
    leaf: Cow<'a, str>,
    #[serde(borrow)]
    openings: OpeningsObject<'a>,
    #[serde(borrow)]
    proof: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningsObject<'a> {
    #[serde(borrow)]
    body: Option<OpeningObject<'a>>,
    #[serde(borrow)]
    content: Option<OpeningObject<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningObject<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow)]
    r: Cow<'a, str>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Bundle, BundleError> {
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(BundleError::TooLong);
    }
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let object: Object =
        serde_json::from_slice(bytes).map_err(|error| BundleError::Malformed(error.to_string()))?;
    if object.format != FORMAT {
        return Err(field("format", "`lockkeeper.bundle/v1`"));
    }
    let facts = object.facts.iter().enumerate().map(|(nth, one)| fact(&format!("facts[{nth}]"), one));
    let bundle = Bundle {
        facts: facts.collect::<Result<_, _>>()?,
        origin: object.origin.into_owned(),
        log_key: object.log_key.into_owned(),
        checkpoint: object.checkpoint.into_owned(),
    };
    match first_difference(&bundle.to_bytes(), bytes) {
        None => Ok(bundle),
        Some(at) => Err(BundleError::NotCanonical { at }),
    }
}

fn fact(place: &str, object: &FactObject) -> Result<BundledFact, BundleError> {
    if object.index >= INTEGER_BOUND {
        return Err(field(format!("{place}.index"), "below 2^53"));
    }
    if object.proof.len() > PROOF_HASHES_MAX {
        return Err(field(format!("{place}.proof"), "at most 62 hashes"));
    }
    let proof = object.proof.iter().enumerate().map(|(nth, hash)| {
        base64text::decode_array(hash)
            .map(Hash)
            .ok_or_else(|| field(format!("{place}.proof[{nth}]"), "32 bytes in standard, padded base64"))
    });
    Ok(BundledFact {
        index: object.index,
        leaf: base64text::decode(&object.leaf)
            .ok_or_else(|| field(format!("{place}.leaf"), "standard, padded base64"))?,
        proof: proof.collect::<Result<_, _>>()?,
        openings: Openings {
            body: opening(place, "body", object.openings.body.as_ref())?,
            content: opening(place, "content", object.openings.content.as_ref())?,
        },
    })
}

fn opening(place: &str, name: &str, object: Option<&OpeningObject>) -> Result<Option<Opening>, BundleError> {
    let Some(object) = object else { return Ok(None) };
    let place = format!("{place}.openings.{name}");
    Ok(Some(Opening {
        r: base64text::decode_array(&object.r)
            .ok_or_else(|| field(format!("{place}.r"), "32 bytes in standard, padded base64"))?,
        payload: base64text::decode(&object.payload)
            .ok_or_else(|| field(format!("{place}.payload"), "standard, padded base64"))?,
    }))
}

fn field(place: impl Into<String>, expected: &'static str) -> BundleError {
    BundleError::Field { place: place.into(), expected }
}
