//! The one base64 of the record: standard alphabet, padded, canonical (RFC 4648 section 4). Text that decodes
//! but would not be written this way (no padding, stray bits, line breaks) is refused, so bytes and text map
//! one to one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serializer;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn encode_into(bytes: &[u8], out: &mut String) {
    STANDARD.encode_string(bytes, out);
}

/// None when `text` is not canonical base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// None when `text` is not canonical base64 of exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

pub(crate) fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes))
}
