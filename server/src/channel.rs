//! Where messages leave and enquiries come in. [`Channel`] is the contract for going out; each kind is a file beside.

pub mod columns;
pub mod compose;
pub mod email;
pub mod file;
pub mod form;
pub mod smtp;

use async_trait::async_trait;
use flow::fact::Outcome;
use flow::gate::Cleared;

/// A way out to customers. Takes nothing but a [`Cleared`], which only the gate makes.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Hands one message over. Called at most once for each recorded attempt; it may be cancelled or the process may
    /// die at any point, and then nobody knows.
    async fn send(&self, cleared: &Cleared) -> Sent;

    /// What became of a message that was attempted once, by its Message-ID: after a crash, before a person is asked.
    async fn look_up(&self, external_id: &str) -> Found;
}

/// What a channel says of a message it was handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Done, failed or unknown.
    pub outcome: Outcome,
    /// It failed for a reason that may pass.
    pub temporary: bool,
}

impl Sent {
    /// It went out.
    pub fn done(receipt: impl Into<String>) -> Sent {
        Sent { outcome: Outcome::Done { receipt: receipt.into() }, temporary: false }
    }

    /// It certainly did not go out, and never will like this.
    pub fn failed(why: impl Into<String>) -> Sent {
        Sent { outcome: Outcome::Failed { why: why.into() }, temporary: false }
    }

    /// It certainly did not go out, and may later.
    pub fn not_now(why: impl Into<String>) -> Sent {
        Sent { outcome: Outcome::Failed { why: why.into() }, temporary: true }
    }

    /// Nobody can tell.
    pub fn unknown(why: impl Into<String>) -> Sent {
        Sent { outcome: Outcome::Unknown { why: why.into() }, temporary: false }
    }
}

/// What a channel knows of an earlier attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It went out.
    Sent,
    /// It certainly did not.
    NotSent,
    /// This channel keeps nothing to look at.
    CannotTell,
}
