//! Leads that may be one person: how they are found, and how two change together.

use flow::effect::{Effect, Timer};
use flow::fact::{Brought, Fact};
use flow::lead::Words;
use flow::matching::Term;
use flow::matching::index::MAX_BUCKET;
use flow::terms::{Person, Stage};

use super::story::{Story, person};
use super::{Backend, Bench, answer, at, id};
use crate::views::LeadFilter;
use crate::{Answer, Commit, Progress, Question, StoreError};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    a_crowd_under_one_key_is_not_followed(&make()).await;
    values_are_counted_by_their_partners(&make()).await;
    two_leads_change_together_or_not_at_all(&make()).await;
    a_lead_that_rests_in_another_is_found_as_that_one(&make()).await;
}

fn ana() -> Person {
    person("Ana López", "ana@example.com")
}

struct Silent;

impl Progress for Silent {
    fn at(&self, _: u64, _: u64) {}
}

async fn a_crowd_under_one_key_is_not_followed(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let found = async |keys: &[u64]| match bench.ask(Question::Candidates { keys: keys.to_vec() }).await {
        Answer::Candidates { found, .. } => found.len(),
        other => panic!("{other:?}"),
    };
    // Odd keys are whole, even ones hints.
    for number in 0..u64::from(MAX_BUCKET) {
        let mut story = Story::captured(bench.workspace, number, at(0), ana());
        bench.store.commit(Commit { keys: vec![101, 102], ..story.commit() }).await.unwrap();
    }
    assert_eq!(found(&[101]).await, MAX_BUCKET as usize);
    assert_eq!(found(&[102]).await, 0, "one hint that many share is not enough");
    let mut story = Story::captured(bench.workspace, 1_000, at(0), ana());
    bench.store.commit(Commit { keys: vec![101, 202, 204], ..story.commit() }).await.unwrap();
    assert_eq!(found(&[101]).await, 0, "a key that a crowd shares tells nobody apart");
    assert_eq!(found(&[202]).await, 1, "a hint that few share is enough");
}

async fn values_are_counted_by_their_partners(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let terms = |pairs: &[(u64, u64)]| -> Vec<Term> {
        pairs.iter().map(|(value, partner)| Term { value: *value, partner: *partner }).collect()
    };
    let seen = [&[(7, 1), (7, 1), (u64::MAX, 1)][..], &[(7, 1), (7, 2)], &[(8, u64::MAX)]];
    for (number, pairs) in (0..).zip(seen) {
        let mut story = Story::captured(bench.workspace, number, at(0), ana());
        bench.store.commit(Commit { terms: terms(pairs), ..story.commit() }).await.unwrap();
    }
    let (counts, leads) = match bench.ask(Question::Spreads { values: vec![7, 8, 9, u64::MAX] }).await {
        Answer::Spreads { counts, leads } => (counts, leads),
        other => panic!("{other:?}"),
    };
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(7, 2), (8, 1), (u64::MAX, 1)]);
    assert_eq!(leads, 3);
}

async fn two_leads_change_together_or_not_at_all(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mut one, mut two) = (
        Story::captured(bench.workspace, 1, at(0), ana()),
        Story::captured(bench.workspace, 2, at(0), ana()),
    );
    bench.store.commit(Commit { and: Some(Box::new(two.commit())), ..one.commit() }).await.unwrap();
    let ids = [one.id, two.id];
    let versions = async || {
        let version = async |lead| bench.store.lead(bench.workspace, lead).await.unwrap().unwrap().version;
        (version(ids[0]).await, version(ids[1]).await)
    };
    assert_eq!(versions().await, (1, 1));

    let (one_before, mut stale) = (one.clone(), two.clone());
    let ticking = Effect::SetTimer { timer: Timer::Clock { clock: id(3) }, due: at(60) };
    one.stage(Stage::Lost);
    two.stage(Stage::Lost);
    two.ask(ticking);
    let mut changes = bench.store.changes();
    bench.store.commit(Commit { and: Some(Box::new(two.commit())), ..one.commit() }).await.unwrap();
    let (told, also) = (changes.recv().await.unwrap(), changes.recv().await.unwrap());
    assert_eq!((told.lead, also.lead, also.wakes), (Some(one.id), Some(two.id), true));
    let after = versions().await;
    assert!(after.0 > 1 && after.1 > 1, "{after:?}");
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(60)), "the other lead's timer is set");

    // The second is stale: nothing of the first is written either.
    let mut fresh = one.clone();
    fresh.stage(Stage::Won);
    stale.stage(Stage::Won);
    let refused = bench.store.commit(Commit { and: Some(Box::new(stale.commit())), ..fresh.commit() }).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(versions().await, after);

    let mut same = one_before.clone();
    let twice = Commit { and: Some(Box::new(same.commit())), ..one_before.clone().commit() };
    assert!(matches!(bench.store.commit(twice).await, Err(StoreError::Value(_))), "one lead twice");
    assert_eq!(bench.store.rebuild_check(bench.workspace, &Silent).await.unwrap(), None);
}

async fn a_lead_that_rests_in_another_is_found_as_that_one(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut one = Story::captured(bench.workspace, 1, at(0), ana());
    let mut two = Story::captured(bench.workspace, 2, at(1), ana());
    bench.store.commit(Commit { keys: vec![5], ..one.commit() }).await.unwrap();
    bench.store.commit(Commit { keys: vec![5], ..two.commit() }).await.unwrap();
    let action = id(9);
    let brought = Brought {
        leads: vec![two.id],
        enquiries: two.state.as_ref().unwrap().enquiries.clone(),
        messages: Vec::new(),
        words: Words::default(),
        opted_out: false,
        owner: None,
    };
    one.tell(Fact::LeadMerged { action, other: two.id, brought });
    two.tell(Fact::LeadMergedInto { action, into: one.id });
    bench.store.commit(Commit { and: Some(Box::new(two.commit())), ..one.commit() }).await.unwrap();

    let found = async || match bench.ask(Question::Candidates { keys: vec![5] }).await {
        Answer::Candidates { found, .. } => found.into_iter().map(|one| one.lead).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let listed = async |stage| {
        let filter = LeadFilter { stage, ..LeadFilter::default() };
        let page = answer!(bench, Question::Leads(filter), Answer::Leads);
        page.items.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [one.id]);
    assert_eq!(listed(None).await, [one.id]);
    assert_eq!(listed(Some(Stage::Merged)).await, [two.id]);
    let counts = answer!(bench, Question::BoardCounts { now: at(0) }, Answer::BoardCounts);
    assert_eq!((counts.leads, counts.open), (1, 1));
    assert_eq!(bench.store.rebuild_check(bench.workspace, &Silent).await.unwrap(), None);

    one.tell(Fact::LeadUnmerged { other: two.id, why: "no".into() });
    two.tell(Fact::LeadRestored { from: one.id, why: "no".into() });
    bench.store.commit(Commit { and: Some(Box::new(two.commit())), ..one.commit() }).await.unwrap();
    assert_eq!(found().await.len(), 2);
    assert_eq!(listed(None).await.len(), 2);
    assert_eq!(bench.store.rebuild_check(bench.workspace, &Silent).await.unwrap(), None);
}
