//! What each field of a leaf may hold; applied before writing and after reading.

use super::{ActorKind, Evidence, Leaf, LeafError, PasskeyEvidence, Via, kind, reference};

const KIND_BYTES_MAX: usize = 64;
const REFS_MAX: usize = 32;
const REF_NAME_BYTES_MAX: usize = 32;
const WORD_BYTES_MAX: usize = 128;
/// The longest credential id that WebAuthn allows.
const CREDENTIAL_BYTES_MAX: usize = 1_023;
const CLIENT_DATA_BYTES_MAX: usize = 4_096;
const AUTHENTICATOR_DATA_BYTES_MAX: usize = 4_096;
/// A P-256 signature takes at most 72 bytes in DER.
const SIGNATURE_BYTES_MAX: usize = 80;

const UUID: &str = "a UUIDv7 in lower case";
const WORD: &str = "a word of 1 to 128 letters, digits and `-._:/+=`";

/// References that point to things of ours, which all have UUIDv7 ids.
const UUID_REFS: [&str; 3] = [reference::PROPOSAL, "message", "account"];

impl Leaf {
    pub(super) fn check(&self) -> Result<(), LeafError> {
        check("id", &self.id, is_uuid7, UUID)?;
        check("workspace", &self.workspace, is_uuid7, UUID)?;
        check_some("lead", self.lead.as_deref(), is_uuid7, UUID)?;
        check("kind", &self.kind, is_kind, "lower-case words joined by `.`, at most 64 bytes")?;
        check("at", &self.at, is_time, "a time in UTC like `2026-11-22T10:00:00.000000Z`")?;
        match self.actor.kind {
            ActorKind::Member | ActorKind::Agent => check("actor.id", &self.actor.id, is_uuid7, UUID)?,
            ActorKind::System => check("actor.id", &self.actor.id, is_word, WORD)?,
        }
        check_some(
            "playbook",
            self.playbook.as_deref(),
            is_digest,
            "`sha256:` and 64 lower-case hexadecimal digits",
        )?;
        self.check_refs()?;
        self.check_decision()?;
        match &self.evidence {
            Some(Evidence::Passkey(evidence)) => check_passkey(evidence),
            None => Ok(()),
        }
    }

    fn check_refs(&self) -> Result<(), LeafError> {
        if self.refs.len() > REFS_MAX {
            return Err(LeafError::Contradiction("`refs` has more than 32 entries"));
        }
        for (name, id) in &self.refs {
            check("refs", name, is_ref_name, "a name of 1 to 32 lower-case letters, digits and `_`")?;
            let must_be_uuid = UUID_REFS.contains(&name.as_str());
            let (holds, expected): (fn(&str) -> bool, _) =
                if must_be_uuid { (is_uuid7, UUID) } else { (is_word, WORD) };
            if !holds(id) {
                return Err(field(&format!("refs.{name}"), id, expected));
            }
        }
        Ok(())
    }

    fn check_decision(&self) -> Result<(), LeafError> {
        let decides = self.kind == kind::APPROVAL_DECIDED;
        let by_passkey = self.actor.via == Via::Passkey;
        if decides != self.decision.is_some() {
            return Err(LeafError::Contradiction(
                "`decision` is given exactly when the kind is `approval.decided`",
            ));
        }
        if decides && self.proposal().is_none() {
            return Err(LeafError::Contradiction("`approval.decided` needs `refs.proposal`"));
        }
        if self.evidence.is_some() != (decides && by_passkey) {
            return Err(LeafError::Contradiction(
                "`evidence` is given exactly when the kind is `approval.decided` and the actor came via `passkey`",
            ));
        }
        if self.evidence.is_some() && self.actor.kind != ActorKind::Member {
            return Err(LeafError::Contradiction("only a member decides by passkey"));
        }
        Ok(())
    }
}

fn check_passkey(evidence: &PasskeyEvidence) -> Result<(), LeafError> {
    let parts = [
        ("evidence.credential", evidence.credential.len(), CREDENTIAL_BYTES_MAX),
        ("evidence.client_data", evidence.client_data.len(), CLIENT_DATA_BYTES_MAX),
        ("evidence.authenticator_data", evidence.authenticator_data.len(), AUTHENTICATOR_DATA_BYTES_MAX),
        ("evidence.signature", evidence.signature.len(), SIGNATURE_BYTES_MAX),
    ];
    match parts.into_iter().find(|(_, length, max)| *length == 0 || length > max) {
        Some((name, length, _)) => Err(field(name, &format!("{length} bytes"), "of an allowed length")),
        None => Ok(()),
    }
}

fn check(name: &str, value: &str, holds: fn(&str) -> bool, expected: &'static str) -> Result<(), LeafError> {
    if holds(value) { Ok(()) } else { Err(field(name, value, expected)) }
}

fn check_some(
    name: &str,
    value: Option<&str>,
    holds: fn(&str) -> bool,
    expected: &'static str,
) -> Result<(), LeafError> {
    value.map_or(Ok(()), |value| check(name, value, holds, expected))
}

fn field(name: &str, value: &str, expected: &'static str) -> LeafError {
    LeafError::Field { field: name.to_owned(), value: value.to_owned(), expected }
}

fn is_uuid7(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'7',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => is_hex(*byte),
        })
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_hex))
}

fn is_kind(text: &str) -> bool {
    text.len() <= KIND_BYTES_MAX && text.split('.').all(is_name)
}

fn is_ref_name(text: &str) -> bool {
    text.len() <= REF_NAME_BYTES_MAX && is_name(text)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'/' | b'+' | b'=')
    };
    !text.is_empty() && text.len() <= WORD_BYTES_MAX && text.bytes().all(allowed)
}

/// `YYYY-MM-DDTHH:MM:SS.ffffffZ` with a real date.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let in_form = bytes.len() == 27
        && bytes.iter().zip(b"0000-00-00T00:00:00.000000Z").all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        });
    if !in_form {
        return false;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    (1..=days_in_month(year, month)).contains(&day)
        && number(11, 13) < 24
        && number(14, 16) < 60
        && number(17, 19) < 60
}

/// 0 for a month that does not exist.
fn days_in_month(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
