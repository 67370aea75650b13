//! Enrolling a passkey: what the browser answers when a credential is made, without attestation ("none"). Who made the
//! authenticator is not asked; that its holder was there and verified is.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    AUTHENTICATOR_DATA_BYTES_MIN, FLAGS_AT, PasskeyError, URL_SAFE_NO_PAD, USER_PRESENT, USER_VERIFIED,
};
use base64::Engine;

/// The flag that says that a credential follows.
const CREDENTIAL_FOLLOWS: u8 = 0x40;
/// Bytes of the authenticator model's id, before the credential id's length.
const MODEL_BYTES: usize = 16;
/// Longest credential id that WebAuthn allows.
const CREDENTIAL_BYTES_MAX: usize = 1_023;

/// An ES256 key as CTAP2 writes it, in canonical CBOR: kty 2, alg -7, crv 1, then x and y of 32 bytes each.
const COSE_X: &[u8] = &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
const COSE_Y: &[u8] = &[0x22, 0x58, 0x20];
/// A P-256 key as SPKI in DER, up to the point's x.
const SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// A new credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its id.
    pub credential: Vec<u8>,
    /// Its public key: SPKI, DER.
    pub public_key: Vec<u8>,
}

/// The page and the relying party that a credential was made for or used at, to be compared with one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The page's origin, e.g. `https://desk.example`.
    pub origin: String,
    /// SHA-256 of the relying party's id.
    pub relying_party: [u8; 32],
}

impl Place {
    /// Whether this is the place of a relying party with this id.
    pub fn is_of(&self, id: &str) -> bool {
        let expected: [u8; 32] = Sha256::digest(id).into();
        self.relying_party == expected
    }
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

/// Where an answer says it was given. Nothing in it is to be believed before the answer is checked.
///
/// # Errors
/// When the parts are not in their form.
pub fn place(client_data: &[u8], authenticator_data: &[u8]) -> Result<Place, PasskeyError> {
    let data = read(client_data)?;
    let relying_party = authenticator_data.first_chunk().copied();
    let relying_party = relying_party.ok_or(PasskeyError::AuthenticatorData(authenticator_data.len()))?;
    Ok(Place { origin: data.origin, relying_party })
}

fn read(client_data: &[u8]) -> Result<ClientData, PasskeyError> {
    serde_json::from_slice(client_data).map_err(|error| PasskeyError::ClientData(error.to_string()))
}

/// Checks that a credential was made for this challenge, by a holder who was verified, and reads its key.
///
/// # Errors
/// When anything is not as it must be. Only ES256 keys are taken.
pub fn enrol(
    client_data: &[u8],
    authenticator_data: &[u8],
    challenge: &[u8; 32],
) -> Result<Enrolment, PasskeyError> {
    let data = read(client_data)?;
    if data.kind != "webauthn.create" {
        return Err(PasskeyError::ClientData(format!("its type is `{}`", data.kind)));
    }
    if data.challenge != URL_SAFE_NO_PAD.encode(challenge) {
        return Err(PasskeyError::OtherChallenge);
    }
    if data.cross_origin {
        return Err(PasskeyError::CrossOrigin);
    }
    let short = || PasskeyError::AuthenticatorData(authenticator_data.len());
    let flags = *authenticator_data.get(FLAGS_AT).ok_or_else(short)?;
    if flags & (USER_PRESENT | USER_VERIFIED) != USER_PRESENT | USER_VERIFIED {
        return Err(PasskeyError::UserNotVerified);
    }
    if flags & CREDENTIAL_FOLLOWS == 0 {
        return Err(short());
    }
    let rest = authenticator_data.get(AUTHENTICATOR_DATA_BYTES_MIN + MODEL_BYTES..).ok_or_else(short)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_BYTES_MAX {
        return Err(short());
    }
    let (credential, key) = rest.split_at_checked(length).ok_or_else(short)?;
    Ok(Enrolment { credential: credential.to_vec(), public_key: spki(key).ok_or(PasskeyError::PublicKey)? })
}

/// The key of a credential as SPKI; extensions may follow it.
fn spki(cose: &[u8]) -> Option<Vec<u8>> {
    let (x, rest) = cose.strip_prefix(COSE_X)?.split_first_chunk::<32>()?;
    let (y, _) = rest.strip_prefix(COSE_Y)?.split_first_chunk::<32>()?;
    let key = [SPKI, x, y].concat();
    super::is_key(&key).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::SigningKey;

    fn client_data(kind: &str, challenge: &[u8; 32]) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://desk.example","crossOrigin":false}}"#)
            .into_bytes()
    }

    fn made(flags: u8) -> (Vec<u8>, Vec<u8>) {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let (x, y) = (&point.as_bytes()[1..33], &point.as_bytes()[33..]);
        let party: [u8; 32] = Sha256::digest("desk.example").into();
        let parts: [&[u8]; 10] = [&party, &[flags], &[0; 4], &[0; 16], &[0, 3], b"abc", COSE_X, x, COSE_Y, y];
        (parts.concat(), [SPKI, x, y].concat())
    }

    #[test]
    fn a_credential_made_for_the_challenge_is_read() {
        let challenge = [9; 32];
        let (data, key) = made(0x45);
        let create = client_data("webauthn.create", &challenge);
        let made_key = enrol(&create, &data, &challenge).unwrap();
        assert_eq!((made_key.credential.as_slice(), made_key.public_key), (&b"abc"[..], key));
        let at = place(&create, &data).unwrap();
        assert!(at.is_of("desk.example") && !at.is_of("evil.example"));
        assert_eq!(at.origin, "https://desk.example");
        // Extensions may follow the key.
        assert!(enrol(&create, &[&data[..], &[0xa0]].concat(), &challenge).is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        let challenge = [9; 32];
        let (data, _) = made(0x45);
        let create = client_data("webauthn.create", &challenge);
        assert!(enrol(&client_data("webauthn.get", &challenge), &data, &challenge).is_err());
        assert_eq!(enrol(&create, &data, &[8; 32]), Err(PasskeyError::OtherChallenge));
        assert_eq!(enrol(&create, &made(0x41).0, &challenge), Err(PasskeyError::UserNotVerified));
        assert!(enrol(&create, &made(0x05).0, &challenge).is_err(), "no credential follows");
        for end in 0..data.len() {
            assert!(enrol(&create, &data[..end], &challenge).is_err(), "cut at {end}");
        }
        let mut other = data.clone();
        let at = data.len() - 40;
        other[at] ^= 1;
        assert_eq!(enrol(&create, &other, &challenge), Err(PasskeyError::PublicKey), "not on the curve");
        assert!(enrol(b"{}", &data, &challenge).is_err());
    }
}
