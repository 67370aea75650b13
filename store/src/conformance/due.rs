//! What is due: to whom it is handed, for how long, and who may cross it off.

use flow::effect::{Effect, Timer};
use flow::ids::{ActionId, LeadId};
use jiff::Timestamp;

use super::story::{Story, person};
use super::{Backend, Bench, at, id};
use crate::{Claim, Commit, Queue, StoreError, Task, Ticket, Wanted};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    what_is_due_is_handed_out_in_order_and_once(&make()).await;
    a_lease_that_ends_hands_the_row_to_somebody_else(&make()).await;
    only_the_last_claim_counts(&make()).await;
    a_row_is_kept_or_crossed_off_as_the_ticket_says(&make()).await;
    setting_again_moves_and_taking_out_removes(&make()).await;
    carrying_out_and_putting_in_the_same_row_keeps_it(&make()).await;
    of_many_workers_each_row_goes_to_one(&make()).await;
}

const LEASE_SECS: i64 = 60;

fn timer(number: u64) -> Timer {
    Timer::Clock { clock: id(number) }
}

/// A lead with these effects committed.
async fn lead_with(bench: &Bench, number: u64, effects: Vec<Effect>) -> Story {
    let mut story = Story::captured(bench.workspace, number, at(0), person("Ana", "ana@example.com"));
    story.commit_effects(bench, effects).await.unwrap();
    story
}

impl Story {
    async fn commit_effects(&mut self, bench: &Bench, effects: Vec<Effect>) -> Result<(), StoreError> {
        let commit = Commit { effects, ..self.commit() };
        bench.store.commit(commit).await.map(drop)
    }
}

impl Bench {
    async fn claim(&self, queue: Queue, now: Timestamp, limit: usize) -> Vec<Claim> {
        let lease_until = now.saturating_add(jiff::SignedDuration::from_secs(LEASE_SECS)).unwrap();
        self.store.claim(Wanted { queue, now, lease_until, limit }).await.unwrap()
    }

    async fn cross_off(&self, ticket: Ticket) -> Result<(), StoreError> {
        let commit = Commit { workspace: self.workspace, carried_out: Some(ticket), ..Commit::default() };
        self.store.commit(commit).await.map(drop)
    }
}

fn set(number: u64, due: i64) -> Effect {
    Effect::SetTimer { timer: timer(number), due: at(due) }
}

fn dispatch(number: u64, due: i64) -> Effect {
    Effect::Dispatch { action: id(number), not_before: at(due) }
}

fn tasks(claims: &[Claim]) -> Vec<Task> {
    claims.iter().map(|claim| claim.task).collect()
}

async fn what_is_due_is_handed_out_in_order_and_once(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    assert_eq!(bench.store.next_due().await.unwrap(), None);
    let first = lead_with(&bench, 1, vec![set(1, 30), set(2, 10), dispatch(5, 20)]).await;
    let second = lead_with(&bench, 2, vec![set(1, 20), set(3, 500)]).await;
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(10)));

    assert!(bench.claim(Queue::Timers, at(9), 10).await.is_empty());
    let claims = bench.claim(Queue::Timers, at(100), 2).await;
    let seen: Vec<(LeadId, Task, Timestamp, u32)> =
        claims.iter().map(|claim| (claim.lead, claim.task, claim.due, claim.taken)).collect();
    assert_eq!(
        seen,
        [(first.id, Task::Fire(timer(2)), at(10), 0), (second.id, Task::Fire(timer(1)), at(20), 0)]
    );
    assert!(claims.iter().all(|claim| claim.workspace == bench.workspace && claim.ticket.lead == claim.lead));
    assert_eq!(tasks(&bench.claim(Queue::Timers, at(100), 10).await), [Task::Fire(timer(1))]);
    assert!(bench.claim(Queue::Timers, at(100), 10).await.is_empty());
    let action: ActionId = id(5);
    assert_eq!(tasks(&bench.claim(Queue::Outbox, at(100), 10).await), [Task::Dispatch(action)]);
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(160)), "when the first lease ends");
}

async fn a_lease_that_ends_hands_the_row_to_somebody_else(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    lead_with(&bench, 1, vec![set(1, 10)]).await;
    assert_eq!(bench.claim(Queue::Timers, at(10), 1).await.len(), 1);
    assert!(bench.claim(Queue::Timers, at(10 + LEASE_SECS - 1), 1).await.is_empty());
    let again = bench.claim(Queue::Timers, at(10 + LEASE_SECS), 1).await;
    assert_eq!((again[0].taken, again[0].due), (1, at(10)), "somebody vanished");
}

async fn only_the_last_claim_counts(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story = lead_with(&bench, 1, vec![set(1, 10)]).await;
    let slept = bench.claim(Queue::Timers, at(10), 1).await.remove(0).ticket;
    let current = bench.claim(Queue::Timers, at(100), 1).await.remove(0).ticket;
    assert_ne!(slept.claim, current.claim);

    story.receive("Hello", "there");
    let commit = story.commit();
    let late = Commit { carried_out: Some(slept.clone()), ..commit.clone() };
    assert_eq!(bench.store.commit(late).await, Err(StoreError::Conflict));
    assert_eq!(
        bench.store.lead(bench.workspace, story.id).await.unwrap().unwrap().version,
        1,
        "nothing of it"
    );
    bench.store.commit(Commit { carried_out: Some(current.clone()), ..commit }).await.unwrap();
    for ticket in [slept, current] {
        assert_eq!(bench.cross_off(ticket).await, Err(StoreError::Conflict), "it is done");
    }
    assert_eq!(bench.store.next_due().await.unwrap(), None);

    // A row put in again is another row: no old ticket fits it, also when it was claimed as often.
    story.commit_effects(&bench, vec![set(1, 200)]).await.unwrap();
    let fresh = bench.claim(Queue::Timers, at(300), 1).await.remove(0).ticket;
    let stale = Ticket { claim: fresh.claim - 1, ..fresh.clone() };
    assert_eq!(bench.cross_off(stale).await, Err(StoreError::Conflict));
    bench.cross_off(fresh).await.unwrap();
}

async fn a_row_is_kept_or_crossed_off_as_the_ticket_says(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    lead_with(&bench, 1, vec![dispatch(5, 10)]).await;
    let ticket = bench.claim(Queue::Outbox, at(10), 1).await.remove(0).ticket;
    bench.cross_off(Ticket { done: false, ..ticket.clone() }).await.unwrap();
    assert!(bench.claim(Queue::Outbox, at(20), 1).await.is_empty(), "still held");
    bench.cross_off(ticket).await.unwrap();
    assert!(bench.claim(Queue::Outbox, at(10_000), 1).await.is_empty());
}

async fn setting_again_moves_and_taking_out_removes(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story =
        lead_with(&bench, 1, vec![set(1, 10), set(2, 10), dispatch(5, 10), dispatch(6, 10)]).await;
    let held = bench.claim(Queue::Timers, at(10), 1).await.remove(0);
    let moved = vec![
        set(1, 50),
        set(2, 50),
        Effect::DropTimer { timer: timer(2) },
        Effect::Recall { action: id(6) },
        Effect::Recall { action: id(404) },
    ];
    story.commit_effects(&bench, moved).await.unwrap();
    assert!(bench.claim(Queue::Timers, at(49), 9).await.is_empty());
    assert_eq!(tasks(&bench.claim(Queue::Timers, at(50), 9).await), [Task::Fire(timer(1))]);
    assert_eq!(bench.cross_off(held.ticket).await, Err(StoreError::Conflict), "moved under its holder");
    let action: ActionId = id(5);
    assert_eq!(tasks(&bench.claim(Queue::Outbox, at(50), 9).await), [Task::Dispatch(action)]);
}

async fn carrying_out_and_putting_in_the_same_row_keeps_it(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story = lead_with(&bench, 1, vec![set(1, 10)]).await;
    let ticket = bench.claim(Queue::Timers, at(10), 1).await.remove(0).ticket;
    let commit = Commit { effects: vec![set(1, 40)], carried_out: Some(ticket), ..story.commit() };
    bench.store.commit(commit).await.unwrap();
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(40)));
    assert_eq!(bench.claim(Queue::Timers, at(40), 1).await[0].taken, 0);
}

async fn of_many_workers_each_row_goes_to_one(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    for number in 0..10 {
        lead_with(&bench, number, (0..20).map(|timer| set(timer, 10)).collect()).await;
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = bench.store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let wanted = Wanted { queue: Queue::Timers, now: at(10), lease_until: at(20), limit: 7 };
                    let claims = store.claim(wanted).await.unwrap();
                    if claims.is_empty() {
                        return mine;
                    }
                    mine.extend(claims.into_iter().map(|claim| (claim.lead, claim.ticket.key)));
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    let distinct: std::collections::BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!((all.len(), distinct.len()), (200, 200));
}
