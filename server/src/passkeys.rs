//! Passkeys: who has which, by the record alone; enrolling and revoking; and signatures over decisions, checked when they
//! are given as `record verify` checks them later.

pub mod token;

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flow::approval::{Choice, PasskeySignature, Proposal};
use flow::fact::Fact;
use flow::ids::{LeadId, MemberId};
use flow::terms::{Actor, Commitment};
use jiff::Timestamp;
use record::leaf::{Decision, Leaf, PasskeyEvidence, kind};
use record::passkey::enrolment::{self, Place};
use record::passkey::{Challenge, PasskeyError, verify_challenge};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::views::{FactFilter, FactRow};
use store::{Answer, Commit, Question, Side, Store, StoreError};
use tokio::sync::RwLock;

use crate::app::App;
use crate::engine::{self, EngineError};
use crate::evidence;
use token::{Token, Tokens, Use};

/// Most passkeys that one member has at a time.
pub const PER_MEMBER: usize = 20;
/// Longest name of a passkey, in characters.
pub const NAME_CHARS: usize = 60;
/// Longest parts of an answer that a leaf takes, in bytes.
const PART_BYTES_MAX: usize = 4_096;
/// Under which the key is kept that marks challenges as ours.
const SECRET: &str = "passkey-tokens";
/// Facts read at once.
const PAGE: usize = 1_000;

/// Why a passkey was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasskeysError {
    /// An address without a name.
    #[error(
        "passkeys need a host name; open this page under one, such as `localhost`, instead of an IP address"
    )]
    NoHost,
    /// A field that is missing or in no form.
    #[error("`{0}` is missing or cannot be read; load the page again")]
    Field(&'static str),
    /// A challenge that is not ours, or too old.
    #[error("this took too long, or was begun elsewhere; load the page again, then try once more")]
    Stale,
    /// Another site.
    #[error("the passkey was used at another address than this one")]
    OtherPlace,
    /// Nobody has it, or it was revoked.
    #[error("this passkey is not enrolled here, or was revoked")]
    Unknown,
    /// Somebody else's.
    #[error("this passkey belongs to somebody else")]
    OtherMember,
    /// It is there already.
    #[error("this passkey is enrolled already")]
    Already,
    /// Too many.
    #[error("{PER_MEMBER} passkeys are enrolled already; revoke one first")]
    TooMany,
    /// The signature or what it is about.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// The record.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its id.
    pub id: Vec<u8>,
    /// SPKI, DER.
    pub public_key: Vec<u8>,
    /// Whose.
    pub member: MemberId,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// Until when.
    pub revoked_at: Option<Timestamp>,
}

/// The host that passkeys are bound to, from the request's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The host's name, without a port.
    pub id: String,
    /// With its port, if it has one.
    host: String,
}

impl Party {
    /// Where the browser believes to be.
    ///
    /// # Errors
    /// [`PasskeysError::NoHost`] for an IP address, which cannot have passkeys.
    pub fn of(headers: &HeaderMap) -> Result<Party, PasskeysError> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let id = host.split_once(':').map_or(host, |(id, _)| id).to_lowercase();
        let is_address = host.starts_with('[') || id.parse::<std::net::IpAddr>().is_ok();
        if id.is_empty() || is_address {
            return Err(PasskeysError::NoHost);
        }
        Ok(Party { id, host: host.to_lowercase() })
    }

    fn check(&self, place: &Place) -> Result<(), PasskeysError> {
        let (scheme, host) = place.origin.split_once("://").ok_or(PasskeysError::OtherPlace)?;
        let is_local = self.id == "localhost" || self.id.ends_with(".localhost");
        let is_safe = scheme == "https" || (scheme == "http" && is_local);
        if is_safe && host.eq_ignore_ascii_case(&self.host) && place.is_of(&self.id) {
            Ok(())
        } else {
            Err(PasskeysError::OtherPlace)
        }
    }
}

/// What a browser hands in, each part base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    token: [u8; 32],
    credential: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Handed {
    /// Reads the fields of a form; a new credential has no signature and names itself.
    ///
    /// # Errors
    /// Which field is missing or not in its form.
    pub fn read<'a>(field: impl Fn(&'static str) -> &'a str, is_new: bool) -> Result<Handed, PasskeysError> {
        let bytes = |name: &'static str| {
            let bytes = STANDARD.decode(field(name)).ok();
            bytes
                .filter(|bytes| (1..=PART_BYTES_MAX).contains(&bytes.len()))
                .ok_or(PasskeysError::Field(name))
        };
        let when_used = |name: &'static str| if is_new { Ok(Vec::new()) } else { bytes(name) };
        Ok(Handed {
            token: bytes("nonce")?.try_into().map_err(|_| PasskeysError::Field("nonce"))?,
            credential: when_used("credential")?,
            client_data: bytes("client_data")?,
            authenticator_data: bytes("authenticator_data")?,
            signature: when_used("signature")?,
        })
    }

    fn evidence(&self) -> PasskeyEvidence {
        PasskeyEvidence {
            credential: self.credential.clone(),
            client_data: self.client_data.clone(),
            authenticator_data: self.authenticator_data.clone(),
            signature: self.signature.clone(),
            nonce: self.token,
        }
    }

    fn place(&self) -> Result<Place, PasskeysError> {
        Ok(enrolment::place(&self.client_data, &self.authenticator_data)?)
    }
}

/// What the passkeys of one workspace need.
pub struct Passkeys {
    tokens: Tokens,
    /// Held for reading from checking a signature until the decision is written, and for writing while a passkey is
    /// revoked: so that no decision comes after the revocation of what signed it.
    pub using: RwLock<()>,
}

impl Passkeys {
    /// Reads the key that marks challenges, or makes it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(store: &dyn Store, workspace: flow::ids::WorkspaceId) -> Result<Passkeys, StoreError> {
        let ask = || store.ask(workspace, Question::Secret(SECRET.into()));
        let unfit = || StoreError::Value("the key of the passkeys' challenges".into());
        if !matches!(ask().await?, Answer::Secret(Some(_))) {
            let bytes = engine::random().map_err(|_| unfit())?.to_vec();
            let side = vec![Side::Secret { name: SECRET.into(), bytes }];
            store.commit(Commit { workspace, side, ..Commit::default() }).await?;
        }
        // Another node may have been faster; what is kept counts.
        match ask().await? {
            Answer::Secret(Some(kept)) => {
                let tokens = Tokens::new(kept.try_into().map_err(|_| unfit())?);
                Ok(Passkeys { tokens, using: RwLock::default() })
            }
            _ => Err(unfit()),
        }
    }

    /// A fresh challenge's token.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn issue(&self, wanted: &Use<'_>, now: Timestamp) -> Result<Token, PasskeysError> {
        Ok(self.tokens.issue(wanted, now, engine::random()?))
    }
}

/// All passkeys there ever were, in the order they were enrolled, as the record tells it.
///
/// # Errors
/// The store's.
pub async fn all(app: &App) -> Result<Vec<Credential>, StoreError> {
    let kinds = [kind::CREDENTIAL_ENROLLED, kind::CREDENTIAL_REVOKED].map(str::to_owned).to_vec();
    let mut known: BTreeMap<Vec<u8>, Credential> = BTreeMap::new();
    // Facts without a place yet are told too, but cannot be asked for page by page.
    let mut filter = FactFilter { kinds, limit: PAGE, ..FactFilter::default() };
    loop {
        let rows = evidence::facts(app, filter.clone()).await?;
        rows.iter().for_each(|row| tell(&mut known, row));
        match rows.last().and_then(|row| row.index) {
            Some(last) if rows.len() == PAGE => filter.from_index = Some(last + 1),
            last => {
                let from_index = last.map(|last| last + 1).or(filter.from_index);
                let rest = FactFilter { unplaced: true, from_index, ..filter };
                evidence::facts(app, rest).await?.iter().for_each(|row| tell(&mut known, row));
                break;
            }
        }
    }
    let mut all: Vec<Credential> = known.into_values().collect();
    all.sort_by_key(|credential| credential.enrolled_at);
    Ok(all)
}

/// A member's passkeys that can be used.
///
/// # Errors
/// The store's.
pub async fn of(app: &App, member: MemberId) -> Result<Vec<Credential>, StoreError> {
    let mut mine = all(app).await?;
    mine.retain(|credential| credential.member == member && credential.revoked_at.is_none());
    Ok(mine)
}

fn tell(known: &mut BTreeMap<Vec<u8>, Credential>, row: &FactRow) {
    #[derive(Deserialize)]
    struct Enrolled {
        credential: String,
        public_key: String,
        member: MemberId,
        name: String,
    }
    #[derive(Deserialize)]
    struct Revoked {
        credential: String,
    }
    let (Ok(leaf), Some((_, body))) = (Leaf::parse(&row.leaf), &row.body) else { return };
    let Ok(at) = leaf.at.parse() else { return };
    if leaf.kind == kind::CREDENTIAL_ENROLLED {
        let Ok(enrolled) = serde_json::from_slice::<Enrolled>(body) else { return };
        let parts = (STANDARD.decode(&enrolled.credential), STANDARD.decode(&enrolled.public_key));
        if let (Ok(id), Ok(public_key)) = parts {
            let Enrolled { member, name, .. } = enrolled;
            known.entry(id.clone()).or_insert(Credential {
                id,
                public_key,
                member,
                name,
                enrolled_at: at,
                revoked_at: None,
            });
        }
    } else if let Ok(revoked) = serde_json::from_slice::<Revoked>(body)
        && let Ok(id) = STANDARD.decode(&revoked.credential)
        && let Some(credential) = known.get_mut(&id)
    {
        credential.revoked_at.get_or_insert(at);
    }
}

/// Enrols a new passkey for a member.
///
/// # Errors
/// Why it was not taken; nothing is written then.
pub async fn enrol(
    app: &App,
    actor: &Actor,
    member: MemberId,
    (handed, name): (&Handed, &str),
    (wanted, party): (&Use<'_>, &Party),
) -> Result<(), PasskeysError> {
    let challenge = app.passkeys().tokens.challenge(&handed.token, wanted, app.now())?;
    party.check(&handed.place()?)?;
    let made = enrolment::enrol(&handed.client_data, &handed.authenticator_data, &challenge)?;
    let _changing = app.passkeys().using.write().await;
    let known = all(app).await?;
    if known.iter().any(|other| other.id == made.credential) {
        return Err(PasskeysError::Already);
    }
    let mine = known.iter().filter(|other| other.member == member && other.revoked_at.is_none());
    if mine.count() >= PER_MEMBER {
        return Err(PasskeysError::TooMany);
    }
    let name: String = name.chars().filter(|one| !one.is_control()).take(NAME_CHARS).collect();
    let fact = Fact::CredentialEnrolled {
        credential: STANDARD.encode(made.credential),
        public_key: STANDARD.encode(made.public_key),
        member,
        name: if name.trim().is_empty() { "Passkey".into() } else { name.trim().to_owned() },
    };
    Ok(app.engine().record(actor, vec![fact], Vec::new()).await?)
}

/// Revokes a passkey for good; only its owner's, where an owner is given.
///
/// # Errors
/// When there is none such that can be used.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    owner: Option<MemberId>,
    credential: &[u8],
) -> Result<(), PasskeysError> {
    let _changing = app.passkeys().using.write().await;
    let found = all(app).await?.into_iter().find(|one| one.id == credential && one.revoked_at.is_none());
    let found = found.ok_or(PasskeysError::Unknown)?;
    if owner.is_some_and(|owner| owner != found.member) {
        return Err(PasskeysError::OtherMember);
    }
    let fact = Fact::CredentialRevoked { credential: STANDARD.encode(credential), member: found.member };
    Ok(app.engine().record(actor, vec![fact], Vec::new()).await?)
}

/// Who signs in with this answer.
///
/// # Errors
/// Why nobody does.
pub async fn who_signs_in(
    app: &App,
    handed: &Handed,
    visit: &str,
    party: &Party,
) -> Result<MemberId, PasskeysError> {
    let challenge = app.passkeys().tokens.once(&handed.token, &Use::SignIn { visit }, app.now())?;
    Ok(verified(app, handed, &challenge, party).await?.member)
}

/// Checks an answer against the passkey that it names.
async fn verified(
    app: &App,
    handed: &Handed,
    challenge: &[u8; 32],
    party: &Party,
) -> Result<Credential, PasskeysError> {
    party.check(&handed.place()?)?;
    let known = all(app).await?;
    let found = known.into_iter().find(|one| one.id == handed.credential && one.revoked_at.is_none());
    let credential = found.ok_or(PasskeysError::Unknown)?;
    verify_challenge(&handed.evidence(), challenge, &credential.public_key)?;
    Ok(credential)
}

/// What a member decides, as the signature must say it.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// Who.
    pub member: MemberId,
    /// On what.
    pub proposal: &'a Proposal,
    /// On which lead.
    pub lead: LeadId,
    /// What.
    pub choice: Choice,
    /// The content that may go out because of it.
    pub content: Option<Commitment>,
    /// The blinding under which changed content is sealed.
    pub blinding: Option<[u8; 32]>,
}

impl Deciding<'_> {
    /// What the authenticator must have signed.
    fn challenge(&self, app: &App, nonce: [u8; 32]) -> Result<[u8; 32], PasskeysError> {
        let (workspace, proposal, lead) =
            (app.workspace_id().to_string(), self.proposal.id.to_string(), self.lead.to_string());
        let challenge = Challenge {
            workspace: &workspace,
            proposal: &proposal,
            lead: Some(&lead),
            decision: decision(self.choice),
            content: self.content.map(|content| record::commitment::Commitment(content.0)),
            nonce,
        };
        Ok(challenge.bytes().map_err(PasskeyError::from)?)
    }
}

/// The signature over a decision, checked: to go with the decision into the record.
///
/// # Errors
/// Why it is not this member's over this decision.
pub async fn signed(
    app: &App,
    handed: &Handed,
    deciding: &Deciding<'_>,
    party: &Party,
) -> Result<PasskeySignature, PasskeysError> {
    let wanted = Use::Approve { member: deciding.member, proposal: deciding.proposal.id };
    app.passkeys().tokens.check(&handed.token, &wanted, app.now())?;
    let challenge = deciding.challenge(app, handed.token)?;
    let credential = verified(app, handed, &challenge, party).await?;
    if credential.member != deciding.member {
        return Err(PasskeysError::OtherMember);
    }
    Ok(PasskeySignature {
        credential: handed.credential.clone(),
        client_data: handed.client_data.clone(),
        authenticator_data: handed.authenticator_data.clone(),
        signature: handed.signature.clone(),
        nonce: handed.token,
        content: deciding.content,
        blinding: deciding.blinding,
    })
}

const fn decision(choice: Choice) -> Decision {
    match choice {
        Choice::Approve => Decision::Approve,
        Choice::Edit => Decision::Edit,
        Choice::Reject => Decision::Reject,
        Choice::Respond => Decision::Respond,
    }
}

/// As a browser's interface takes bytes.
pub fn url_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 after a label that says what it is for.
fn labelled(label: &str, bytes: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix(label).chain_update(bytes).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(host: &str) -> Result<Party, PasskeysError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        Party::of(&headers)
    }

    #[test]
    fn a_passkey_is_bound_to_the_host_it_was_made_at() {
        let here = party("desk.example:8443").unwrap();
        let place = |origin: &str, id: &str| Place {
            origin: origin.into(),
            relying_party: Sha256::digest(id).into(),
        };
        assert!(here.check(&place("https://desk.example:8443", "desk.example")).is_ok());
        for (origin, id) in [
            ("https://evil.example", "desk.example"),
            ("https://desk.example", "desk.example"),
            ("http://desk.example:8443", "desk.example"),
            ("https://desk.example:8443", "evil.example"),
            ("desk.example:8443", "desk.example"),
        ] {
            assert!(here.check(&place(origin, id)).is_err(), "{origin} {id}");
        }
        let local = party("localhost:7420").unwrap();
        assert!(local.check(&place("http://localhost:7420", "localhost")).is_ok());
        for address in ["127.0.0.1:7420", "[::1]:7420", "10.0.0.1"] {
            assert!(party(address).is_err(), "{address}");
        }
    }
}
