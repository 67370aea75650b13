//! All of a commit or nothing, on what it was decided on, once.

use flow::effect::{Effect, Timer};
use flow::fact::Fact;
use flow::terms::{Actor, Person, Stage};

use super::story::{Story, person};
use super::{Backend, Bench, answer, at, id};
use crate::views::{FactFilter, LeadFilter};
use crate::{Answer, Commit, Guard, Once, Question, Queue, Receipt, Side, StoreError, Wanted};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    a_commit_is_written_whole(&make()).await;
    a_refused_commit_leaves_nothing(&make()).await;
    a_commit_that_breaks_midway_leaves_nothing_and_harms_nobody_else(&make()).await;
    a_lead_changes_only_from_the_version_it_was_decided_on(&make()).await;
    of_many_who_change_a_lead_at_once_each_wins_once(&make()).await;
    two_alike_do_not_slip_past_each_other(&make()).await;
    the_same_request_is_written_once(&make()).await;
    a_commit_that_contradicts_itself_is_refused(&make()).await;
    changes_are_told_after_they_can_be_read(&make()).await;
    what_was_written_is_there_after_opening_again(&make()).await;
}

fn ana() -> Person {
    person("Ana López", "ana@example.com")
}

/// Counts everything that a commit could have left behind.
async fn traces(bench: &Bench) -> (usize, usize, usize, bool, bool) {
    let leads = answer!(bench, Question::Leads(LeadFilter::default()), Answer::Leads).items.len();
    let facts = FactFilter { unplaced: true, limit: 10_000, ..FactFilter::default() };
    let facts = answer!(bench, Question::Facts(facts), Answer::Facts).len();
    let wanted = Wanted { queue: Queue::Timers, now: at(100_000), lease_until: at(0), limit: 100 };
    let due = bench.store.claim(wanted).await.unwrap().len();
    let once = answer!(bench, Question::Once("k".into()), Answer::Once).is_some();
    let secret = answer!(bench, Question::Secret("s".into()), Answer::Secret).is_some();
    (leads, facts, due, once, secret)
}

/// A commit that touches everything.
fn full(bench: &Bench, number: u64) -> Commit {
    let mut story = Story::usual(bench.workspace, number, at(0), ana(), id(7));
    let commit = story.commit();
    Commit {
        keys: vec![11, 12],
        once: Some(Once { key: "k".into(), request: [1; 32], answer: b"yes".to_vec() }),
        side: vec![Side::Secret { name: "s".into(), bytes: vec![1] }],
        ..commit
    }
}

async fn a_commit_is_written_whole(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let commit = full(&bench, 1);
    let (state, facts) = (commit.lead.clone().unwrap().state, commit.entries.clone());
    let receipt = bench.store.commit(commit).await.unwrap();
    assert_eq!(receipt, Receipt::Written { version: 6 });
    assert_eq!(traces(&bench).await, (1, 6, 2, true, true));

    let held = bench.store.lead(bench.workspace, state.id).await.unwrap().unwrap();
    assert_eq!((held.lead, held.version), (state, 6));
    for sealed in &facts {
        assert!(bench.store.has_fact(bench.workspace, sealed.entry().id).await.unwrap());
    }
    assert!(!bench.store.has_fact(bench.workspace, id(99)).await.unwrap());
    let stored =
        answer!(bench, Question::Facts(FactFilter { unplaced: true, ..Default::default() }), Answer::Facts);
    for (row, sealed) in stored.iter().zip(&facts) {
        assert_eq!(row.leaf, sealed.leaf());
        let body = (sealed.body().r, sealed.body().payload.clone());
        assert_eq!(row.body, Some(body));
        assert_eq!(row.content, sealed.content().map(|opening| (opening.r, opening.payload.clone())));
        assert_eq!(row.index, None);
    }
}

async fn a_refused_commit_leaves_nothing(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let stale = |mut commit: Commit| {
        commit.lead.as_mut().unwrap().expected = Some(3);
        commit
    };
    let guarded = |mut commit: Commit| {
        commit.guards = vec![Guard { key: 11, stamp: 5 }];
        commit
    };
    for commit in [stale(full(&bench, 1)), guarded(full(&bench, 1))] {
        assert_eq!(bench.store.commit(commit).await, Err(StoreError::Conflict));
        assert_eq!(traces(&bench).await, (0, 0, 0, false, false));
    }
}

async fn a_commit_that_breaks_midway_leaves_nothing_and_harms_nobody_else(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut first = Story::usual(bench.workspace, 1, at(0), ana(), id(7));
    let written = first.commit();
    bench.store.commit(written.clone()).await.unwrap();
    // Another lead whose last fact was written before: found out only while it is being written.
    let mut broken = full(&bench, 2);
    broken.entries.pop();
    broken.entries.push(written.entries[5].clone());
    let foreign = broken.clone();
    assert!(matches!(bench.store.commit(foreign).await, Err(StoreError::Value(_))), "facts of two leads");

    let mut other = Story::captured(bench.workspace, 3, at(0), ana());
    let mut double = other.commit();
    let twin = double.entries[0].clone();
    double.entries.push(twin);
    double.once = broken.once.clone();
    double.side = broken.side.clone();
    let (mut calls, mut good) = (Vec::new(), 0);
    for number in 10..30 {
        let commit = if number == 20 {
            double.clone()
        } else {
            good += 1;
            Story::usual(bench.workspace, number, at(0), ana(), id(7)).commit()
        };
        let store = bench.store.clone();
        calls.push(tokio::spawn(async move { store.commit(commit).await }));
    }
    let mut refused = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => {}
            Err(StoreError::Conflict) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(refused, 1);
    assert_eq!(traces(&bench).await, (1 + good, 6 + 6 * good, 2 + 2 * good, false, false));
    assert!(bench.store.lead(bench.workspace, other.id).await.unwrap().is_none());
    let all = FactFilter { unplaced: true, limit: 10_000, ..FactFilter::default() };
    let facts = answer!(bench, Question::Facts(all), Answer::Facts);
    let distinct: std::collections::BTreeSet<_> = facts.iter().map(|row| row.leaf.clone()).collect();
    assert_eq!(distinct.len(), 6 + 6 * good);
}

async fn a_lead_changes_only_from_the_version_it_was_decided_on(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story = Story::captured(bench.workspace, 1, at(0), ana());
    let begun = story.commit();
    bench.store.commit(begun.clone()).await.unwrap();
    let mut begun_again = begun;
    begun_again.entries.clear();
    assert_eq!(bench.store.commit(begun_again).await, Err(StoreError::Conflict), "it is there already");

    let mut rival = story.clone();
    story.stage(Stage::Working);
    rival.receive("Hello", "Anybody there?");
    let receipt = bench.store.commit(story.commit()).await.unwrap();
    assert_eq!(receipt, Receipt::Written { version: 3 });
    let late = rival.commit();
    assert_eq!(bench.store.commit(late).await, Err(StoreError::Conflict));
    let held = bench.store.lead(bench.workspace, story.id).await.unwrap().unwrap();
    assert_eq!((held.version, held.lead.stage, held.lead.messages.len()), (3, Stage::Working, 0));
}

async fn of_many_who_change_a_lead_at_once_each_wins_once(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story = Story::captured(bench.workspace, 1, at(0), ana());
    bench.store.commit(story.commit()).await.unwrap();
    let lead = story.id;
    let tasks: Vec<_> = (0..16_u64)
        .map(|number| {
            let (store, workspace) = (bench.store.clone(), bench.workspace);
            tokio::spawn(async move {
                for attempt in 0.. {
                    let held = store.lead(workspace, lead).await.unwrap().unwrap();
                    let mut story = Story::new(workspace, 1_000 + number * 100 + attempt, at(1));
                    story.id = lead;
                    story.state = Some(held.lead);
                    story.receive("Me too", "I was first.");
                    let mut commit = story.commit();
                    commit.lead.as_mut().unwrap().expected = Some(held.version);
                    match store.commit(commit).await {
                        Ok(_) => return,
                        Err(StoreError::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let held = bench.store.lead(bench.workspace, lead).await.unwrap().unwrap();
    assert_eq!((held.version, held.lead.messages.len()), (17, 16));
}

async fn two_alike_do_not_slip_past_each_other(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let look = async |keys: &[u64]| match bench.ask(Question::Candidates { keys: keys.to_vec() }).await {
        Answer::Candidates { found, stamps } => (found, stamps),
        other => panic!("{other:?}"),
    };
    let (found, stamps) = look(&[5, u64::MAX]).await;
    assert!(found.is_empty());
    let guards: Vec<Guard> = stamps.iter().map(|(key, stamp)| Guard { key: *key, stamp: *stamp }).collect();
    assert_eq!(guards.len(), 2, "a key nobody came to has a stamp too");

    let capture = |number| {
        let mut story = Story::captured(bench.workspace, number, at(0), ana());
        Commit { keys: vec![5, u64::MAX, 5], guards: guards.clone(), ..story.commit() }
    };
    bench.store.commit(capture(1)).await.unwrap();
    assert_eq!(bench.store.commit(capture(2)).await, Err(StoreError::Conflict), "the first one is alike");
    let (found, again) = look(&[5, 6, u64::MAX]).await;
    assert_eq!(found.len(), 1, "once, though found under two keys");
    assert!(found.iter().all(|candidate| candidate.cards[0].person == ana() && !candidate.closed));
    assert_ne!(again[&5], stamps[&5]);

    // The same lead coming once more to the same key changes nothing there.
    let mut story = Story::captured(bench.workspace, 1, at(0), ana());
    story.commit();
    story.stage(Stage::Lost);
    bench.store.commit(Commit { keys: vec![5, 6], ..story.commit() }).await.unwrap();
    let (found, later) = look(&[5, 6]).await;
    assert_eq!((later[&5], found.len()), (again[&5], 1));
    assert!(found.iter().all(|candidate| candidate.closed));
}

async fn the_same_request_is_written_once(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    bench.store.commit(full(&bench, 1)).await.unwrap();
    let again = bench.store.commit(full(&bench, 2)).await.unwrap();
    assert_eq!(again, Receipt::Already { answer: b"yes".to_vec() });
    let mut other = full(&bench, 3);
    other.once.as_mut().unwrap().request = [2; 32];
    assert_eq!(bench.store.commit(other).await.unwrap(), Receipt::OtherRequest);
    assert_eq!(traces(&bench).await, (1, 6, 2, true, true));
    let kept = answer!(bench, Question::Once("k".into()), Answer::Once);
    assert_eq!(kept, Some(([1; 32], b"yes".to_vec())));
}

async fn a_commit_that_contradicts_itself_is_refused(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut stateless = full(&bench, 1);
    stateless.lead = None;
    let mut nowhere = full(&bench, 1);
    nowhere.workspace = id(404);
    let mislabelled = Side::Blob { lead: id(1), sha256: "0".repeat(64), bytes: b"x".to_vec() };
    let mislabelled = Commit { workspace: bench.workspace, side: vec![mislabelled], ..Commit::default() };
    for commit in [stateless, nowhere, mislabelled] {
        assert!(matches!(bench.store.commit(commit).await, Err(StoreError::Value(_))));
    }
    assert_eq!(traces(&bench).await, (0, 0, 0, false, false));
}

async fn changes_are_told_after_they_can_be_read(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut changes = bench.store.changes();
    let mut story = Story::captured(bench.workspace, 1, at(0), ana());
    bench.store.commit(story.commit()).await.unwrap();
    let change = changes.recv().await.unwrap();
    assert!(bench.store.lead(bench.workspace, story.id).await.unwrap().is_some());
    assert_eq!((change.workspace, change.lead), (bench.workspace, Some(story.id)));
    assert_eq!((change.kinds, change.wakes), (vec!["lead.captured"], false));

    story.ask(Effect::SetTimer { timer: Timer::Clock { clock: id(3) }, due: at(60) });
    story.tell_by(Actor::SYSTEM, Fact::OptedOut { why: "said so".into() }, None);
    bench.store.commit(story.commit()).await.unwrap();
    assert!(changes.recv().await.unwrap().wakes);
}

async fn what_was_written_is_there_after_opening_again(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let commit = full(&bench, 1);
    let state = commit.lead.clone().unwrap().state;
    bench.store.commit(commit).await.unwrap();
    let workspace = bench.workspace;
    drop(bench);
    let bench = Bench::new(backend).await;
    assert_eq!(bench.workspace, workspace, "a workspace is found by its name");
    assert_eq!(traces(&bench).await, (1, 6, 2, true, true));
    assert_eq!(bench.store.lead(workspace, state.id).await.unwrap().unwrap().lead, state);
    let mut next = Story::usual(workspace, 2, at(0), ana(), id(7));
    bench.store.commit(next.commit()).await.unwrap();
}
