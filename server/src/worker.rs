//! Does what is due: dispatches from the outbox, timers. Several may run, on several nodes; a claim belongs to one.
//!
//! A dispatch has two commits around the channel: the attempt is on record before anything is sent, the outcome after.
//! A claim handed out again therefore finds either an action that was never attempted, or one whose outcome nobody
//! knows; the second is looked up and never sent again.

use std::sync::Arc;
use std::time::Duration;

use flow::fact::Outcome;
use flow::ids::ActionId;
use flow::lead::{ActionState, Command, Refusal};
use flow::terms::Actor;
use jiff::{SignedDuration, Timestamp};
use store::{Claim, Queue, Store, StoreError, Task, Wanted};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use crate::channel::{Channel, Found, Sent};
use crate::engine::{Captured, Engine, EngineError, Extras};
use crate::time::Clock;

/// How long a claim holds. Longer than any channel's own time-out, so that a living worker is never overtaken.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// Most things claimed at once.
const BATCH: usize = 64;
/// Longest sleep while nothing seems due: a change on another node may have gone unheard.
const NAP: Duration = Duration::from_secs(1);

/// A worker of one process.
pub struct Worker {
    engine: Arc<Engine>,
    store: Arc<dyn Store>,
    channel: Arc<dyn Channel>,
    clock: Arc<dyn Clock>,
    slots: Arc<Semaphore>,
    /// Rung when something may be due.
    bell: Arc<Notify>,
}

impl Worker {
    /// A worker that carries out at most `parallel` things at a time.
    pub fn new(
        engine: Arc<Engine>,
        store: Arc<dyn Store>,
        channel: Arc<dyn Channel>,
        clock: Arc<dyn Clock>,
        parallel: usize,
    ) -> Worker {
        Worker {
            engine,
            store,
            channel,
            clock,
            slots: Arc::new(Semaphore::new(parallel)),
            bell: Arc::new(Notify::new()),
        }
    }

    /// Works until `stop` says so, then finishes what it began.
    pub async fn run(self: Arc<Worker>, mut stop: watch::Receiver<bool>) {
        let mut changes = self.store.changes();
        let bell = self.bell.clone();
        let listener = tokio::spawn(async move {
            loop {
                match changes.recv().await {
                    Ok(change) if change.wakes => bell.notify_one(),
                    Ok(_) => {}
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => bell.notify_one(),
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                }
            }
        });
        let mut tasks = JoinSet::new();
        while !*stop.borrow() {
            let claimed = match self.round(&mut tasks).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::warn!(%error, "the outbox and the timers cannot be read; trying again");
                    0
                }
            };
            while tasks.try_join_next().is_some() {}
            if claimed == 0 {
                let nap = self.nap().await;
                tokio::select! {
                    () = self.bell.notified() => {}
                    () = tokio::time::sleep(nap) => {}
                    _ = stop.changed() => {}
                }
            }
        }
        listener.abort();
        while tasks.join_next().await.is_some() {}
    }

    async fn round(self: &Arc<Worker>, tasks: &mut JoinSet<()>) -> Result<usize, StoreError> {
        let mut claimed = 0;
        for queue in [Queue::Outbox, Queue::Timers] {
            let free = self.slots.available_permits().min(BATCH);
            if free == 0 {
                // Somebody must finish first; a finished task rings the bell by itself.
                if let Ok(permit) = self.slots.acquire().await {
                    drop(permit);
                }
                return Ok(1);
            }
            for claim in self.store.claim(self.wanted(queue, free)).await? {
                claimed += 1;
                let Ok(permit) = self.slots.clone().acquire_owned().await else { return Ok(claimed) };
                let worker = self.clone();
                tasks.spawn(async move {
                    worker.carry_out(claim).await;
                    drop(permit);
                });
            }
        }
        Ok(claimed)
    }

    fn wanted(&self, queue: Queue, limit: usize) -> Wanted {
        let now = self.clock.now();
        Wanted { queue, now, lease_until: now.saturating_add(LEASE).unwrap_or(now), limit }
    }

    /// Until the next thing is due, but not longer than [`NAP`].
    async fn nap(&self) -> Duration {
        let next: Option<Timestamp> = self.store.next_due().await.ok().flatten();
        let wait = next.map(|next| next.duration_since(self.clock.now()));
        wait.and_then(|wait| Duration::try_from(wait).ok())
            .unwrap_or(NAP)
            .clamp(Duration::from_millis(1), NAP)
    }

    async fn carry_out(&self, claim: Claim) {
        let lead = claim.lead;
        let result = match claim.task {
            Task::Fire(timer) => self.close(claim, Command::Fire(timer)).await,
            Task::Dispatch(action) => self.dispatch(claim, action).await,
        };
        match result {
            Ok(()) => {}
            Err(EngineError::Store(StoreError::Conflict)) => {
                tracing::info!(%lead, "another worker took this over");
            }
            Err(error) => tracing::warn!(%lead, %error, "left for the next round"),
        }
    }

    /// Follows a command and crosses the claim off in the same commit.
    async fn close(&self, claim: Claim, command: Command) -> Result<(), EngineError> {
        let mut ticket = claim.ticket;
        ticket.done = true;
        let extras = Extras { ticket: Some(ticket), ..Extras::default() };
        let nothing = |_: &_| Vec::new();
        match self.engine.obey_with(&Actor::SYSTEM, claim.lead, command, extras, &nothing).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn dispatch(&self, claim: Claim, action: ActionId) -> Result<(), EngineError> {
        // What was attempted before and has no outcome is looked up, never sent again.
        if let Some(external_id) = self.attempted_before(&claim, action).await? {
            let sent = match self.channel.look_up(&external_id).await {
                Found::Sent => Sent::done("found among the sent messages after an interruption"),
                Found::NotSent => Sent::not_now("interrupted before it was handed over"),
                Found::CannotTell => {
                    Sent::unknown("interrupted while it was handed over; look whether it arrived")
                }
            };
            return self.settle(claim, action, sent).await;
        }
        let mut ticket = claim.ticket.clone();
        ticket.done = false;
        let extras = Extras { ticket: Some(ticket), ..Extras::default() };
        let nothing = |_: &_| Vec::new();
        let attempted = self
            .engine
            .obey_with(&Actor::SYSTEM, claim.lead, Command::Attempt(action), extras, &nothing)
            .await;
        let obeyed = match attempted {
            Ok(Captured::Now(obeyed)) => obeyed,
            Ok(_) => return Ok(()),
            // Taken back or settled meanwhile: nothing is left to do here.
            Err(EngineError::Refused(
                Refusal::NotNow { .. } | Refusal::NoSuchAction(_) | Refusal::NoLead | Refusal::Erased,
            )) => {
                return self.drop_claim(claim).await;
            }
            Err(error) => return Err(error),
        };
        match obeyed.send {
            Some(cleared) => {
                let sent = self.channel.send(&cleared).await;
                self.settle(claim, action, sent).await
            }
            // Held, withdrawn or proposed again: the effects have put the outbox right.
            None => Ok(()),
        }
    }

    async fn attempted_before(&self, claim: &Claim, action: ActionId) -> Result<Option<String>, EngineError> {
        if claim.taken == 0 {
            return Ok(None);
        }
        let held = self.store.lead(claim.workspace, claim.lead).await?;
        let action = held.and_then(|held| held.lead.actions.get(&action).cloned());
        Ok(action.and_then(|action| match action.state {
            ActionState::Attempted { external_id, .. } => Some(external_id),
            _ => None,
        }))
    }

    /// Writes down what came of an attempt. If the database does not take it, it is tried again for a while: an outcome
    /// that is lost makes a person look where none need have.
    async fn settle(&self, claim: Claim, action: ActionId, sent: Sent) -> Result<(), EngineError> {
        let Sent { outcome, temporary } = sent;
        if let Outcome::Unknown { why } | Outcome::Failed { why } = &outcome {
            tracing::warn!(lead = %claim.lead, %action, %why, "a message did not certainly go out");
        }
        let mut wait = Duration::from_millis(20);
        loop {
            let command = Command::Settle { action, outcome: outcome.clone(), temporary };
            match self.close(claim.clone(), command).await {
                Err(EngineError::Store(StoreError::Unavailable(_) | StoreError::Unsure(_)))
                    if wait < Duration::from_secs(10) =>
                {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                // Unsure before, and written after all.
                Err(EngineError::Refused(Refusal::NotNow { .. } | Refusal::Erased)) => return Ok(()),
                other => return other,
            }
        }
    }

    /// Crosses off a claim for which nothing is to be done.
    async fn drop_claim(&self, claim: Claim) -> Result<(), EngineError> {
        let mut ticket = claim.ticket;
        ticket.done = true;
        self.engine.cross_off(ticket).await
    }
}
