//! What must hold for any bytes: nothing panics, and what is accepted reads back the same. The fuzz targets call these, and
//! so does a test of the `record` crate, on the seeds and on changes of them.

use record::bundle::Bundle;
use record::checkpoint::{Trust, open, open_closed};
use record::leaf::Leaf;
use record::note::{Note, SigningKey};
use record::tile::{decode_entries, encode_entries};
use record::verify::{continues, verify};

/// The key that made the seeds is not at hand; any other will do.
fn trust() -> Option<Trust> {
    let key = SigningKey::from_seed("example.com/log", &[1; 32]).ok()?;
    Trust::new(key.verifier(), Vec::new(), 0).ok()
}

/// A signed note, and the checkpoint in it.
pub fn note(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(note) = text.parse::<Note>() {
        assert_eq!(note.to_string(), text, "a note has one form");
    }
    if let Some(trust) = trust() {
        assert!(open(text, &trust).is_err(), "nobody has this key");
        assert!(open_closed(text, &trust).is_err());
    }
}

/// A leaf.
pub fn leaf(bytes: &[u8]) {
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert_eq!(leaf.canonical().ok().as_deref(), Some(bytes), "a leaf has one form");
    }
}

/// A bundle: read, written again, verified.
pub fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::parse(bytes) {
        let written = bundle.to_bytes();
        assert_eq!(written, bytes.strip_suffix(b"\n").unwrap_or(bytes), "a bundle has one form");
    }
    if let Some(trust) = trust() {
        let reason = verify(bytes, &trust).map(|_| ()).expect_err("nobody has this key");
        assert!(reason.to_string().len() < 8_000, "a reason is clipped");
        assert!(continues(bytes, &trust, "no note").is_err());
    }
}

/// An entry bundle: how many leaves are wanted, then its bytes.
pub fn tile(bytes: &[u8]) {
    let Some((width, bytes)) = bytes.split_first() else { return };
    if let Ok(leaves) = decode_entries(bytes, u16::from(*width)) {
        assert_eq!(encode_entries(leaves).ok().as_deref(), Some(bytes), "entries have one form");
    }
}
