//! The record: facts get their place in the tree in an order that no lead's history contradicts, once, whatever
//! interrupts it.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use flow::approval::Choice;
use flow::fact::AccountRef;
use flow::ids::MemberId;
use flow::step::Step;
use flow::terms::Tier;
use record::leaf::Leaf;
use record::tree::{Frontier, Hash, leaf_hash, node_hash};

use super::story::{Story, person};
use super::{Backend, Bench, answer, at, id};
use crate::views::{FactFilter, FactRow};
use crate::{Answer, Commit, Question, Side, Signs, StoreError};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    every_fact_gets_its_place_once(&make()).await;
    a_lead_s_facts_keep_their_order(&make()).await;
    an_interruption_loses_nothing(&make()).await;
    many_sequencers_make_one_tree(&make()).await;
    nodes_are_those_of_the_tree(&make()).await;
    facts_are_found_by_lead_kind_time_and_place(&make()).await;
    facts_are_found_by_who_and_account(&make()).await;
    the_largest_cosigned_checkpoint_is_kept(&make()).await;
}

/// Signs in a way that can be read back, and remembers what it signed.
#[derive(Default)]
struct Head {
    signed: Mutex<Vec<(u64, [u8; 32])>>,
}

impl Signs for Head {
    fn checkpoint(&self, size: u64, root: [u8; 32]) -> String {
        self.signed.lock().unwrap().push((size, root));
        note(size, root)
    }
}

fn note(size: u64, root: [u8; 32]) -> String {
    format!("{size} {}", Hash(root))
}

/// A machine that stops while signing.
struct Stops;

impl Signs for Stops {
    fn checkpoint(&self, _size: u64, _root: [u8; 32]) -> String {
        panic!("the power is gone, as planned")
    }
}

/// A key that cannot sign.
struct Speechless;

impl Signs for Speechless {
    fn checkpoint(&self, _size: u64, _root: [u8; 32]) -> String {
        String::new()
    }
}

impl Bench {
    async fn usual(&self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let ana = person("Ana López", "ana@example.com");
            let mut story = Story::usual(self.workspace, number, at(number as i64), ana, super::id(71));
            self.keep(&mut story).await;
        }
    }

    async fn facts(&self, filter: FactFilter) -> Vec<FactRow> {
        answer!(self, Question::Facts(filter), Answer::Facts)
    }

    async fn placed(&self) -> Vec<FactRow> {
        self.facts(FactFilter { limit: 10_000, ..FactFilter::default() }).await
    }

    /// Checks everything that must hold of a record of `size` facts.
    async fn check_record(&self, size: u64) {
        let rows = self.placed().await;
        assert_eq!(
            rows.iter().map(|row| row.index).collect::<Vec<_>>(),
            (0..size).map(Some).collect::<Vec<_>>()
        );
        let checkpoint = answer!(self, Question::Checkpoint, Answer::Checkpoint);
        let mut tree = Frontier::default();
        for row in &rows {
            tree.append(leaf_hash(&row.leaf)).unwrap();
        }
        assert_eq!(checkpoint, (size > 0).then(|| note(size, tree.root().0)));
    }
}

async fn every_fact_gets_its_place_once(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let head = Head::default();
    assert_eq!(bench.store.sequence(bench.workspace, &head).await.unwrap(), 0);
    bench.check_record(0).await;
    bench.usual(0..3).await;
    assert!(bench.placed().await.is_empty());
    assert_eq!(bench.store.sequence(bench.workspace, &head).await.unwrap(), 18);
    bench.check_record(18).await;
    assert_eq!(bench.store.sequence(bench.workspace, &head).await.unwrap(), 0);
    bench.usual(3..100).await;
    assert_eq!(bench.store.sequence(bench.workspace, &head).await.unwrap(), 97 * 6);
    bench.check_record(600).await;
    let unsigned = bench.store.sequence(bench.workspace, &Speechless).await;
    assert_eq!(unsigned, Ok(0), "nothing to sign");
    bench.usual(100..101).await;
    assert!(matches!(bench.store.sequence(bench.workspace, &Speechless).await, Err(StoreError::Value(_))));
    bench.check_record(600).await;
}

async fn a_lead_s_facts_keep_their_order(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story = Story::captured(bench.workspace, 1, at(0), person("Ana", "a@example.com"));
    let mut told = Vec::new();
    for round in 0..20 {
        story.now = at(100 - round);
        story.receive("Again", "Anybody there?");
        let commit = story.commit();
        told.extend(commit.entries.iter().map(|sealed| sealed.leaf().to_vec()));
        bench.store.commit(commit).await.unwrap();
        bench.usual(round as u64 + 10..round as u64 + 11).await;
        if round % 7 == 0 {
            bench.store.sequence(bench.workspace, &Head::default()).await.unwrap();
        }
    }
    bench.store.sequence(bench.workspace, &Head::default()).await.unwrap();
    let of_lead = bench.facts(FactFilter { lead: Some(story.id), ..FactFilter::default() }).await;
    assert_eq!(of_lead.into_iter().map(|row| row.leaf).collect::<Vec<_>>(), told);
}

async fn an_interruption_loses_nothing(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    bench.usual(0..50).await;
    bench.store.sequence(bench.workspace, &Head::default()).await.unwrap();
    bench.usual(50..60).await;
    let (store, workspace) = (bench.store.clone(), bench.workspace);
    let stopped =
        tokio::spawn(AssertUnwindSafe(async move { store.sequence(workspace, &Stops).await.is_ok() }).0)
            .await;
    assert!(stopped.is_err(), "it stopped while signing");
    bench.check_record(300).await;
    drop(bench);

    let bench = Bench::new(backend).await;
    bench.check_record(300).await;
    assert_eq!(bench.store.sequence(bench.workspace, &Head::default()).await.unwrap(), 60);
    bench.check_record(360).await;
    drop(bench);
    let bench = Bench::new(backend).await;
    bench.usual(60..61).await;
    assert_eq!(bench.store.sequence(bench.workspace, &Head::default()).await.unwrap(), 6);
    bench.check_record(366).await;
}

async fn many_sequencers_make_one_tree(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let head = std::sync::Arc::new(Head::default());
    let mut calls = Vec::new();
    for round in 0..10 {
        bench.usual(round * 5..round * 5 + 5).await;
        for _ in 0..3 {
            let (store, workspace, head) = (bench.store.clone(), bench.workspace, head.clone());
            calls.push(tokio::spawn(async move { store.sequence(workspace, &*head).await }));
        }
    }
    let mut placed = 0;
    for call in calls {
        // Somebody else doing it at the same moment is no failure of theirs.
        match call.await.unwrap() {
            Ok(count) => placed += count,
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
    placed += bench.store.sequence(bench.workspace, &*head).await.unwrap();
    assert_eq!(placed, 300);
    bench.check_record(300).await;
    let mut signed = head.signed.lock().unwrap().clone();
    signed.sort_unstable();
    signed.dedup();
    assert!(signed.windows(2).all(|pair| pair[0].0 < pair[1].0), "never two heads of one size");
}

async fn nodes_are_those_of_the_tree(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    bench.usual(0..100).await;
    bench.store.sequence(bench.workspace, &Head::default()).await.unwrap();
    let leaves: Vec<Hash> = bench.placed().await.iter().map(|row| leaf_hash(&row.leaf)).collect();
    let mut rows = vec![leaves];
    while rows.last().unwrap().len() > 1 {
        let last = rows.last().unwrap();
        rows.push(last.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect());
    }
    let places: Vec<(u32, u64)> = rows
        .iter()
        .enumerate()
        .flat_map(|(level, row)| (0..row.len()).map(move |index| (level as u32, index as u64)))
        .collect();
    let nodes = answer!(bench, Question::Nodes { places: places.clone() }, Answer::Nodes);
    for ((level, index), node) in places.iter().zip(nodes) {
        assert_eq!(node, Some(rows[*level as usize][*index as usize].0), "{level} {index}");
    }
    let beyond = vec![(0, 600), (9, 1), (10, 0), (70, 0)];
    assert_eq!(answer!(bench, Question::Nodes { places: beyond }, Answer::Nodes), [None; 4]);
}

async fn facts_are_found_by_lead_kind_time_and_place(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    bench.usual(0..4).await;
    super::people::add(&bench, &[]).await;
    bench.store.sequence(bench.workspace, &Head::default()).await.unwrap();
    bench.usual(4..5).await;
    let kinds = |rows: &[FactRow]| -> Vec<String> {
        rows.iter().map(|row| Leaf::parse(&row.leaf).unwrap().kind).collect()
    };
    let filter = FactFilter::default;
    let captured = vec!["lead.captured".to_owned()];
    let rows = bench.facts(FactFilter { kinds: captured.clone(), ..filter() }).await;
    assert_eq!(rows.iter().map(|row| row.index).collect::<Vec<_>>(), [Some(0), Some(6), Some(12), Some(18)]);
    let rows = bench
        .facts(FactFilter { kinds: captured.clone(), unplaced: true, newest_first: true, ..filter() })
        .await;
    assert_eq!(
        rows.iter().map(|row| row.index).collect::<Vec<_>>(),
        [None, Some(18), Some(12), Some(6), Some(0)]
    );
    let two = vec!["lead.captured".to_owned(), "proposal.made".to_owned()];
    let rows = bench.facts(FactFilter { kinds: two, from_index: Some(5), limit: 2, ..filter() }).await;
    assert_eq!(kinds(&rows), ["proposal.made", "lead.captured"]);
    let rows = bench.facts(FactFilter { since: Some(at(2)), kinds: captured, ..filter() }).await;
    assert_eq!(rows.len(), 2);
    let between = FactFilter { since: Some(at(1)), until: Some(at(3)), ..filter() };
    let times: Vec<String> =
        bench.facts(between).await.iter().map(|row| Leaf::parse(&row.leaf).unwrap().at).collect();
    assert!(!times.is_empty() && times.iter().all(|time| time[..19] < at(3).to_string()[..19]), "{times:?}");
    let rows = bench.facts(FactFilter { before_index: Some(7), newest_first: true, ..filter() }).await;
    assert_eq!(
        rows.iter().map(|row| row.index).collect::<Vec<_>>(),
        (0..7).rev().map(Some).collect::<Vec<_>>()
    );
    assert!(bench.facts(FactFilter { workspace_only: true, unplaced: true, ..filter() }).await.is_empty());
    assert_eq!(bench.facts(FactFilter { from_index: Some(20), ..filter() }).await.len(), 4);
}

async fn facts_are_found_by_who_and_account(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, other): (MemberId, MemberId) = (id(7), id(8));
    let account = AccountRef { id: id(3), name: "Initech".into(), tier: Tier::Standard, value: 0 };
    let mut known =
        Story::captured_for(bench.workspace, 1, at(0), person("Ana", "ana@example.com"), Some(account));
    let (proposal, _) = known.propose(Step::Reply, &[mia, other]);
    known.decide(proposal, mia, Choice::Approve, true);
    bench.store.commit(known.commit()).await.unwrap();
    let mut alone = Story::captured(bench.workspace, 2, at(0), person("Bo", "bo@example.com"));
    let (proposal, _) = alone.propose(Step::Reply, &[mia, other]);
    alone.decide(proposal, other, Choice::Reject, true);
    bench.store.commit(alone.commit()).await.unwrap();
    let filter = || FactFilter { unplaced: true, ..FactFilter::default() };
    let leads = |rows: &[FactRow]| -> Vec<Option<String>> {
        rows.iter().map(|row| Leaf::parse(&row.leaf).unwrap().lead).collect()
    };
    let by_mia = bench.facts(FactFilter { actor: Some(mia.0), ..filter() }).await;
    assert_eq!(leads(&by_mia), [Some(known.id.to_string())]);
    assert!(bench.facts(FactFilter { actor: Some(id::<MemberId>(9).0), ..filter() }).await.is_empty());
    let of_account = bench.facts(FactFilter { account: Some("Initech".into()), ..filter() }).await;
    assert_eq!(leads(&of_account), vec![Some(known.id.to_string()); 4]);
    let kinds = vec!["approval.decided".to_owned()];
    let both = FactFilter { account: Some("Initech".into()), actor: Some(mia.0), kinds, ..filter() };
    assert_eq!(bench.facts(both.clone()).await.len(), 1);
    assert!(bench.facts(FactFilter { actor: Some(other.0), ..both }).await.is_empty());
}

async fn the_largest_cosigned_checkpoint_is_kept(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    assert_eq!(answer!(bench, Question::Cosigned, Answer::Cosigned), None);
    for (size, kept) in [(5, "5 first"), (9, "9 first"), (7, "9 first"), (9, "9 again")] {
        let note = if kept.starts_with(&size.to_string()) { kept.to_owned() } else { format!("{size} late") };
        let side = vec![Side::Cosigned { size, note }];
        bench.store.commit(Commit { workspace: bench.workspace, side, ..Commit::default() }).await.unwrap();
        assert_eq!(answer!(bench, Question::Cosigned, Answer::Cosigned).as_deref(), Some(kept));
    }
}
