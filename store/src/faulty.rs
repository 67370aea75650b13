//! A store that fails on purpose: around any other, by a plan that says which call fails and how. Every method can
//! fail in both ways that matter to a caller: nothing happened, or it happened and the answer was lost.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use flow::ids::{FactId, LeadId, WorkspaceId};
use flow::terms::Workspace;
use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::{
    Answer, Change, Claim, Commit, Difference, Held, Progress, Question, Receipt, Signs, Store, StoreError,
    Wanted,
};

/// A method of the port that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// [`Store::commit`]
    Commit,
    /// [`Store::lead`]
    Lead,
    /// [`Store::ask`]
    Ask,
    /// [`Store::claim`]
    Claim,
    /// [`Store::next_due`]
    NextDue,
    /// [`Store::has_fact`]
    HasFact,
    /// [`Store::sequence`]
    Sequence,
    /// [`Store::workspace`]
    Workspace,
    /// [`Store::rebuild_check`]
    RebuildCheck,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens; the answer is [`StoreError::Unavailable`].
    Unapplied,
    /// It happens; the answer is [`StoreError::Unsure`].
    Unsure,
}

/// Which calls fail.
#[derive(Debug, Clone)]
pub enum Plan {
    /// The next calls of these methods fail, each entry once, in order for each method; all others work.
    Script(Vec<(Method, Fault)>),
    /// Each call fails by the throw of a die that always falls the same way for the same seed.
    Seeded {
        /// Chooses the throws.
        seed: u64,
        /// Of a thousand calls, so many fail unapplied.
        unapplied: u16,
        /// Of a thousand calls, so many are applied and answer unsure.
        unsure: u16,
    },
}

impl Plan {
    fn fault(&mut self, method: Method, call: u64) -> Option<Fault> {
        match self {
            Plan::Script(script) => {
                let next = script.iter().position(|(of, _)| *of == method)?;
                Some(script.remove(next).1)
            }
            Plan::Seeded { seed, unapplied, unsure } => {
                let throw = u16::try_from(scatter(seed.wrapping_add(call)) % 1_000).unwrap_or(u16::MAX);
                match throw {
                    throw if throw < *unapplied => Some(Fault::Unapplied),
                    throw if throw < unapplied.saturating_add(*unsure) => Some(Fault::Unsure),
                    _ => None,
                }
            }
        }
    }
}

/// Spreads neighbouring numbers over all 64 bits: the finaliser of splitmix64.
fn scatter(number: u64) -> u64 {
    let mut hash = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A store that fails by plan.
pub struct Faulty<S> {
    inner: S,
    plan: Mutex<Plan>,
    calls: AtomicU64,
    failed: AtomicU64,
}

impl<S: Store> Faulty<S> {
    /// Wraps a store.
    pub fn new(inner: S, plan: Plan) -> Faulty<S> {
        Faulty { inner, plan: Mutex::new(plan), calls: AtomicU64::new(0), failed: AtomicU64::new(0) }
    }

    /// Another plan from now on.
    pub fn replan(&self, plan: Plan) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// The store that does not fail.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// How many calls failed so far.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    async fn tried<T: Send>(
        &self,
        method: Method,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let fault = self.plan.lock().unwrap_or_else(PoisonError::into_inner).fault(method, number);
        if fault.is_some() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        match fault {
            None => call.await,
            Some(Fault::Unapplied) => {
                Err(StoreError::Unavailable(format!("as planned, {method:?} was not done")))
            }
            Some(Fault::Unsure) => {
                call.await?;
                Err(StoreError::Unsure(format!("as planned, the answer of {method:?} was lost")))
            }
        }
    }
}

#[async_trait]
impl<S: Store> Store for Faulty<S> {
    async fn commit(&self, commit: Commit) -> Result<Receipt, StoreError> {
        self.tried(Method::Commit, self.inner.commit(commit)).await
    }

    async fn lead(&self, workspace: WorkspaceId, lead: LeadId) -> Result<Option<Held>, StoreError> {
        self.tried(Method::Lead, self.inner.lead(workspace, lead)).await
    }

    async fn ask(&self, workspace: WorkspaceId, question: Question) -> Result<Answer, StoreError> {
        self.tried(Method::Ask, self.inner.ask(workspace, question)).await
    }

    async fn claim(&self, wanted: Wanted) -> Result<Vec<Claim>, StoreError> {
        self.tried(Method::Claim, self.inner.claim(wanted)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.tried(Method::NextDue, self.inner.next_due()).await
    }

    async fn has_fact(&self, workspace: WorkspaceId, fact: FactId) -> Result<bool, StoreError> {
        self.tried(Method::HasFact, self.inner.has_fact(workspace, fact)).await
    }

    async fn sequence(&self, workspace: WorkspaceId, sign: &dyn Signs) -> Result<u64, StoreError> {
        self.tried(Method::Sequence, self.inner.sequence(workspace, sign)).await
    }

    async fn workspace(
        &self,
        name: &str,
        make: Option<WorkspaceId>,
    ) -> Result<Option<Workspace>, StoreError> {
        self.tried(Method::Workspace, self.inner.workspace(name, make)).await
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes()
    }

    async fn rebuild_check(
        &self,
        workspace: WorkspaceId,
        progress: &dyn Progress,
    ) -> Result<Option<Difference>, StoreError> {
        self.tried(Method::RebuildCheck, self.inner.rebuild_check(workspace, progress)).await
    }
}
