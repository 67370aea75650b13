//! Challenges that any node knows as the workspace's own, without keeping them: a token says until when it holds, and
//! carries a mark over what it is for.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use flow::ids::{MemberId, ProposalId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{PasskeysError, labelled};

/// Seconds that a challenge holds: time to read what is signed, and to find the key.
const HOLDS_SECS: i64 = 600;
/// Most tokens remembered as used; beyond that the oldest are forgotten, which have mostly run out anyway.
const USED_MAX: usize = 10_000;

/// 6 bytes of time, 10 of chance, 16 of the mark; the nonce of a decision.
pub type Token = [u8; 32];

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use<'a> {
    /// A member makes a passkey, in this session.
    Enrol {
        /// Who.
        member: MemberId,
        /// Digest of the session's secret.
        session: &'a str,
    },
    /// A member decides.
    Approve {
        /// Who.
        member: MemberId,
        /// On what.
        proposal: ProposalId,
    },
    /// Somebody signs in from this browser.
    SignIn {
        /// The secret of its cookie.
        visit: &'a str,
    },
}

impl Use<'_> {
    fn text(&self) -> String {
        match self {
            Use::Enrol { member, session } => format!("enrol/{member}/{session}"),
            Use::Approve { member, proposal } => format!("approve/{member}/{proposal}"),
            Use::SignIn { visit } => format!("sign-in/{visit}"),
        }
    }

    const fn label(&self) -> &'static str {
        match self {
            Use::Enrol { .. } => "lockkeeper/enrol/v1\0",
            Use::Approve { .. } => "lockkeeper/nonce/v1\0",
            Use::SignIn { .. } => "lockkeeper/sign-in/v1\0",
        }
    }
}

/// Makes and knows tokens.
pub struct Tokens {
    key: [u8; 32],
    used: Mutex<BTreeMap<Token, ()>>,
}

impl Tokens {
    /// Under this key.
    pub fn new(key: [u8; 32]) -> Tokens {
        Tokens { key, used: Mutex::default() }
    }

    /// A fresh token.
    pub fn issue(&self, wanted: &Use<'_>, now: Timestamp, chance: [u8; 32]) -> Token {
        let until = (now.as_second() + HOLDS_SECS).to_be_bytes();
        let mut token = [0; 32];
        token[..6].copy_from_slice(&until[2..]);
        token[6..16].copy_from_slice(&chance[..10]);
        let mark = self.mark(&token, wanted);
        token[16..].copy_from_slice(&mark);
        token
    }

    /// Whether the token is ours, for this use, and still holds.
    ///
    /// # Errors
    /// [`PasskeysError::Stale`] when it is not.
    pub fn check(&self, token: &Token, wanted: &Use<'_>, now: Timestamp) -> Result<(), PasskeysError> {
        let mark = self.mark(token, wanted);
        let differing = mark.iter().zip(&token[16..]).fold(0, |sum, (a, b)| sum | (a ^ b));
        let mut until = [0; 8];
        until[2..].copy_from_slice(&token[..6]);
        if differing == 0 && i64::from_be_bytes(until) >= now.as_second() {
            Ok(())
        } else {
            Err(PasskeysError::Stale)
        }
    }

    /// What the browser was given to sign.
    ///
    /// # Errors
    /// As [`Tokens::check`].
    pub fn challenge(
        &self,
        token: &Token,
        wanted: &Use<'_>,
        now: Timestamp,
    ) -> Result<[u8; 32], PasskeysError> {
        self.check(token, wanted, now)?;
        Ok(challenge(token, wanted))
    }

    /// The same, once.
    ///
    /// # Errors
    /// As [`Tokens::check`], and when it was used before.
    pub fn once(&self, token: &Token, wanted: &Use<'_>, now: Timestamp) -> Result<[u8; 32], PasskeysError> {
        let challenge = self.challenge(token, wanted, now)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.insert(*token, ()).is_some() {
            return Err(PasskeysError::Stale);
        }
        while used.len() > USED_MAX {
            // Tokens begin with their time, so the first is the oldest.
            used.pop_first();
        }
        Ok(challenge)
    }

    fn mark(&self, token: &Token, wanted: &Use<'_>) -> [u8; 16] {
        let inner = Sha256::new_with_prefix(self.key).chain_update(&token[..16]).chain_update(wanted.text());
        let outer = Sha256::new_with_prefix(self.key).chain_update([1]).chain_update(inner.finalize());
        let mut mark = [0; 16];
        mark.copy_from_slice(&outer.finalize()[..16]);
        mark
    }
}

/// What the browser is given to sign where no decision says what it is.
pub fn challenge(token: &Token, wanted: &Use<'_>) -> [u8; 32] {
    labelled(wanted.label(), token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_its_use_and_its_time_and_a_sign_in_once() {
        let tokens = Tokens::new([1; 32]);
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let later = |secs: i64| Timestamp::from_second(now.as_second() + secs).unwrap();
        let (mine, other) = (Use::SignIn { visit: "a" }, Use::SignIn { visit: "b" });
        let token = tokens.issue(&mine, now, [7; 32]);
        assert!(tokens.check(&token, &mine, later(HOLDS_SECS)).is_ok());
        assert!(tokens.check(&token, &mine, later(HOLDS_SECS + 1)).is_err());
        assert!(tokens.check(&token, &other, now).is_err());
        assert!(Tokens::new([2; 32]).check(&token, &mine, now).is_err());
        for at in 0..32 {
            let mut changed = token;
            changed[at] ^= 1;
            assert!(tokens.check(&changed, &mine, now).is_err(), "byte {at}");
        }
        assert!(tokens.once(&token, &mine, now).is_ok());
        assert!(tokens.once(&token, &mine, now).is_err(), "used before");
    }
}
