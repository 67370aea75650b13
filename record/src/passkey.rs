//! Approvals signed with a passkey: what is signed, and how the signature is checked later, offline.
//!
//! The authenticator signs a challenge that names the decision in full:
//! `H("lockkeeper/approval/v1\0" || JCS({"content","decision","lead","nonce","proposal","workspace"}))`, with
//! content the base64 commitment or null, lead null where there is none, and nonce the base64 of 32 random
//! bytes that are used once. What is then kept in the leaf ([`PasskeyEvidence`]) is a WebAuthn assertion
//! (<https://www.w3.org/TR/webauthn-3/>, section 7.2), of which is checked here:
//! * `client_data` is JSON of type `webauthn.get`, its challenge is the one above (base64url, not padded), and
//!   it was not made for another origin's frame (`crossOrigin`);
//! * the flags in `authenticator_data` say that a user was present and was verified;
//! * the signature is ECDSA P-256 with SHA-256, in DER, over `authenticator_data || H(client_data)`.
//!
//! The page's origin and the relying party's id are checked when the approval is made, by the server that knows
//! them; a verifier need not, since the challenge belongs to one workspace and the key to one relying party.
//! Signature counters say nothing for passkeys that are synchronised, and are not looked at.

pub mod enrolment;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base64text;
use crate::canonical::{CanonicalError, canonical};
use crate::commitment::Commitment;
use crate::leaf::{Decision, PasskeyEvidence};

const DOMAIN: &[u8] = b"lockkeeper/approval/v1\0";

/// Bytes of an authenticator's data before the flags: the hash of the relying party's id.
const FLAGS_AT: usize = 32;
/// The least there is: that hash, flags, and a counter of 4 bytes.
const AUTHENTICATOR_DATA_BYTES_MIN: usize = 37;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;

/// What a person signs when deciding with a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Challenge<'a> {
    pub workspace: &'a str,
    pub proposal: &'a str,
    pub lead: Option<&'a str>,
    pub decision: Decision,
    pub content: Option<Commitment>,
    #[serde(serialize_with = "base64text::serialize")]
    pub nonce: [u8; 32],
}

impl Challenge<'_> {
    /// The 32 bytes that the browser is given as `challenge`.
    ///
    /// # Errors
    /// When the parts have no canonical form; ids always have.
    pub fn bytes(&self) -> Result<[u8; 32], CanonicalError> {
        Ok(Sha256::new_with_prefix(DOMAIN).chain_update(canonical(self)?).finalize().into())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    #[error("the passkey's client data is no assertion: {0}")]
    ClientData(String),
    #[error(
        "the passkey signed another challenge: workspace, proposal, lead, decision, content or nonce differ"
    )]
    OtherChallenge,
    #[error("the passkey was used in a frame of another origin")]
    CrossOrigin,
    #[error("the authenticator's data is {0} bytes long; at least {AUTHENTICATOR_DATA_BYTES_MIN} are needed")]
    AuthenticatorData(usize),
    #[error("the authenticator did not verify the user")]
    UserNotVerified,
    #[error("the credential's public key is no P-256 key in SPKI form")]
    PublicKey,
    #[error("the passkey's signature is wrong")]
    Signature,
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// Checks an assertion against the challenge it must have signed and the credential's public key (SPKI, DER).
///
/// Whether the credential was enrolled by then, by whom, and whether the nonce is new, is for the caller.
///
/// # Errors
/// When the assertion does not prove that the key's holder signed the challenge.
pub fn verify_assertion(
    evidence: &PasskeyEvidence,
    challenge: &Challenge<'_>,
    public_key: &[u8],
) -> Result<(), PasskeyError> {
    verify_challenge(evidence, &challenge.bytes()?, public_key)
}

/// The same for any challenge of 32 bytes, such as that of somebody who signs in. The nonce is not looked at.
///
/// # Errors
/// When the assertion does not prove that the key's holder signed the challenge.
pub fn verify_challenge(
    evidence: &PasskeyEvidence,
    challenge: &[u8; 32],
    public_key: &[u8],
) -> Result<(), PasskeyError> {
    check_client_data(&evidence.client_data, challenge)?;
    check_flags(&evidence.authenticator_data)?;
    let key = VerifyingKey::from_public_key_der(public_key).map_err(|_| PasskeyError::PublicKey)?;
    let signature = Signature::from_der(&evidence.signature).map_err(|_| PasskeyError::Signature)?;
    let client_data_hash = Sha256::digest(&evidence.client_data);
    let signed = [&evidence.authenticator_data[..], &client_data_hash].concat();
    key.verify(&signed, &signature).map_err(|_| PasskeyError::Signature)
}

/// Whether these bytes are a P-256 key in SPKI form.
fn is_key(spki: &[u8]) -> bool {
    VerifyingKey::from_public_key_der(spki).is_ok()
}

/// Browsers may add fields of their own, so unknown ones are let be.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

fn check_client_data(bytes: &[u8], challenge: &[u8; 32]) -> Result<(), PasskeyError> {
    let data: ClientData =
        serde_json::from_slice(bytes).map_err(|error| PasskeyError::ClientData(error.to_string()))?;
    if data.kind != "webauthn.get" {
        return Err(PasskeyError::ClientData(format!("its type is `{}`", data.kind)));
    }
    if data.challenge != URL_SAFE_NO_PAD.encode(challenge) {
        return Err(PasskeyError::OtherChallenge);
    }
    if data.cross_origin { Err(PasskeyError::CrossOrigin) } else { Ok(()) }
}

fn check_flags(authenticator_data: &[u8]) -> Result<(), PasskeyError> {
    let needed = USER_PRESENT | USER_VERIFIED;
    match authenticator_data.get(FLAGS_AT) {
        Some(flags) if authenticator_data.len() >= AUTHENTICATOR_DATA_BYTES_MIN => {
            if flags & needed == needed { Ok(()) } else { Err(PasskeyError::UserNotVerified) }
        }
        _ => Err(PasskeyError::AuthenticatorData(authenticator_data.len())),
    }
}
