use super::*;

/// The example of Go's `golang.org/x/mod/sumdb/note`.
const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

#[test]
fn a_note_signed_elsewhere() {
    let signing = SigningKey::from_private_text(PRIVATE).unwrap();
    assert_eq!(signing.to_private_text(), PRIVATE);
    assert_eq!(signing.verifier().to_string(), PUBLIC);
    assert_eq!(PUBLIC.parse(), Ok(signing.verifier()));
    assert_eq!(signing.sign(TEXT).to_string(), SIGNATURE);

    let written = format!("{TEXT}\n{SIGNATURE}\n");
    let note: Note = written.parse().unwrap();
    assert_eq!((note.text(), note.signatures()), (TEXT, &[signing.sign(TEXT)][..]));
    assert_eq!(note.to_string(), written);
    let line = &note.signatures()[0];
    let key = signing.verifier();
    assert!(key.is_named_by(line));
    let signature: [u8; 64] = line.signature.clone().try_into().unwrap();
    assert!(key.verifies(TEXT.as_bytes(), &signature));
    assert!(!key.verifies(b"another text\n", &signature));
}

#[test]
fn texts_may_hold_empty_lines() {
    let note = Note::new(
        "a\n\nb\n".to_owned(),
        vec![SigningKey::from_private_text(PRIVATE).unwrap().sign("a\n\nb\n")],
    );
    let note = note.unwrap();
    assert_eq!(note.to_string().parse(), Ok(note));
}

#[test]
fn what_is_no_note_is_refused() {
    let good = format!("{TEXT}\n{SIGNATURE}\n");
    let changed = [
        good.trim_end().to_owned(),
        format!("{good}\n"),
        good.replace("\n\n", "\n"),
        good.replace("— ", "- "),
        good.replace("— ", "—"),
        good.replace("— ", "—  "),
        good.replace("AM=\n", "AM\n"),
        good.replace("AM=\n", "AN=\n"),
        good.replace("PeterNeumann", "Peter+Neumann"),
        good.replace("PeterNeumann", "Peter\u{a0}Neumann"),
        good.replace("PeterNeumann", ""),
        good.replace("the answer", "the\tanswer"),
        good.replace("— ", "\r— "),
        format!("{TEXT}\n— x AAAAAA==\n"),
        format!("{TEXT}\n— x AAAA\n"),
        String::new(),
        "\n\n".to_owned(),
        TEXT.to_owned(),
        format!("{TEXT}\n{}", format!("{SIGNATURE}\n").repeat(SIGNATURES_MAX + 1)),
        format!("{}{good}", "x".repeat(NOTE_BYTES_MAX)),
    ];
    for note in changed {
        assert!(note.parse::<Note>().is_err(), "{note}");
    }
    assert!(format!("{TEXT}\n{}", format!("{SIGNATURE}\n").repeat(SIGNATURES_MAX)).parse::<Note>().is_ok());
    let note: Note = good.parse().unwrap();
    let spoilt = SignatureLine { name: "a b".to_owned(), ..note.signatures()[0].clone() };
    assert!(note.with(spoilt).is_err());
}

#[test]
fn what_is_no_key_is_refused() {
    let spoilt = [
        PUBLIC.replace("c74f20a3", "c74f20a4"),
        PUBLIC.replace("c74f20a3", "C74F20A3"),
        PUBLIC.replace("PeterNeumann", "PeterNeuman"),
        PUBLIC.replace("ARpc", "Ahpc"),
        PUBLIC.replace("ARpc", "BRpc"),
        PUBLIC.replace("10TW", "10TX"),
        PUBLIC.replace("10TW", ""),
        format!("{PUBLIC} "),
        String::new(),
        "a+b".to_owned(),
        PRIVATE.to_owned(),
    ];
    for text in spoilt {
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
    assert!(SigningKey::from_private_text(PUBLIC).is_err());
    assert!(SigningKey::from_private_text(&PRIVATE.replace("c74f20a3", "c74f20a4")).is_err());
    assert_eq!(CosigningKey::from_private_text(PRIVATE).unwrap_err(), KeyError::Algorithm(1));
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b"] {
        assert_eq!(SigningKey::from_seed(name, &[1; 32]).unwrap_err(), KeyError::Name(name.to_owned()));
    }
    let weak = key_text_of("weak", &[0; 32]);
    assert_eq!(weak.parse::<VerifierKey>(), Err(KeyError::Point));
}

/// A verifier's text with a right key id for any 32 bytes.
fn key_text_of(name: &str, key: &[u8; 32]) -> String {
    use sha2::{Digest, Sha256};
    let bytes = [&[1], &key[..]].concat();
    let digest = Sha256::digest([name.as_bytes(), b"\n", &bytes].concat());
    let id: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}+{id}+{}", base64text::encode(bytes))
}

#[test]
fn private_keys_do_not_print() {
    let key = SigningKey::from_private_text(PRIVATE).unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey({PUBLIC})"));
    let witness = CosigningKey::from_seed("w", &[3; 32]).unwrap();
    assert_eq!(format!("{witness:?}"), format!("CosigningKey({})", witness.verifier()));
    let again = CosigningKey::from_private_text(&witness.to_private_text()).unwrap();
    assert_eq!(again.verifier(), witness.verifier());
    assert_eq!(witness.verifier().algorithm(), Algorithm::Cosignature);
}
