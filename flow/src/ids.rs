//! Names for things: UUIDv7 identifiers, one type each, so that a lead can never be passed where a member is meant.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Defines one identifier type. A macro, because a dozen newtypes with the same four impls are easier to trust
/// when they cannot differ.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::try_parse(text).map($name).map_err(|_| BadId { what: stringify!($name), text: clip(text) })
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                $name(uuid)
            }
        }
    )+};
}

id! {
    /// One company's data; every row and key begins with it.
    WorkspaceId,
    /// One person's enquiry in progress.
    LeadId,
    /// A person who signs in.
    MemberId,
    /// A program acting through the API with its own token.
    AgentId,
    /// A company that leads belong to.
    AccountId,
    /// Something said on a channel.
    MessageId,
    /// One instance of a step, on one lead.
    ActionId,
    /// An action prepared for a person to decide.
    ProposalId,
    /// One clock on a lead.
    ClockId,
    /// One lead's way through a follow-up sequence.
    EnrolmentId,
    /// One fact in the record.
    FactId,
}

/// A text that should have been an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: expected a UUID such as 01927c5e-8f4a-7cc2-9d7a-0242ac120002")]
pub struct BadId {
    what: &'static str,
    text: String,
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The only source of ids and random bytes in `flow`: a generator seeded by the shell, so that a decision made
/// again from the same seed makes the same ids.
#[derive(Clone)]
pub struct Mint {
    rng: rand_chacha::ChaCha12Rng,
    millis: u64,
}

impl Mint {
    /// A mint for one decision, from 32 bytes that the shell drew from the operating system.
    pub fn new(seed: [u8; 32], now: Timestamp) -> Mint {
        use rand_chacha::rand_core::SeedableRng;
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Mint { rng: rand_chacha::ChaCha12Rng::from_seed(seed), millis }
    }

    /// A fresh UUIDv7.
    pub fn uuid(&mut self) -> Uuid {
        let bytes: [u8; 10] = self.bytes();
        uuid::Builder::from_unix_timestamp_millis(self.millis, &bytes).into_uuid()
    }

    /// A fresh id of any kind.
    pub fn id<T: From<Uuid>>(&mut self) -> T {
        T::from(self.uuid())
    }

    /// Fresh random bytes: blinding for commitments.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        use rand_chacha::rand_core::RngCore;
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_mints_the_same_ids_in_version_seven() {
        let now = Timestamp::UNIX_EPOCH;
        let (mut a, mut b) = (Mint::new([7; 32], now), Mint::new([7; 32], now));
        let (first, second) = (a.id::<LeadId>(), a.id::<LeadId>());
        assert_eq!(first, b.id());
        assert_ne!(first, second);
        assert_eq!(first.0.get_version_num(), 7);
    }
}
