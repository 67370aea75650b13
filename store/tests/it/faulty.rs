//! The store that fails on purpose does so in both ways, in every method.

use flow::ids::{MemberId, WorkspaceId};
use jiff::Timestamp;
use store::conformance::story::{Story, person};
use store::faulty::{Fault, Faulty, Method, Plan};
use store::sqlite::Sqlite;
use store::views::FactFilter;
use store::{Answer, Progress, Question, Queue, Signs, Store, StoreError, Wanted};
use uuid::Uuid;

struct Head;

impl Signs for Head {
    fn checkpoint(&self, size: u64, _root: [u8; 32]) -> String {
        size.to_string()
    }
}

struct Quiet;

impl Progress for Quiet {
    fn at(&self, _done: u64, _all: u64) {}
}

fn workspace() -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0x0192_7c5e_8f4a_7cc2_9d7a_0242_ac12_0002))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

async fn facts(store: &dyn Store, unplaced: bool) -> usize {
    let filter = FactFilter { unplaced, ..FactFilter::default() };
    match store.ask(workspace(), Question::Facts(filter)).await.unwrap() {
        Answer::Facts(facts) => facts.len(),
        other => panic!("{other:?}"),
    }
}

async fn faulty(folder: &tempfile::TempDir, plan: Plan) -> Faulty<Sqlite> {
    let store = Sqlite::open(folder.path()).await.unwrap();
    store.workspace("acme", Some(workspace())).await.unwrap();
    Faulty::new(store, plan)
}

fn usual(number: u64) -> Story {
    Story::usual(workspace(), number, now(), person("Ana", "a@example.com"), MemberId(Uuid::from_u128(7)))
}

#[tokio::test]
async fn what_fails_unapplied_did_not_happen_and_what_is_unsure_did() {
    let folder = tempfile::TempDir::new().unwrap();
    let both = |method| [(method, Fault::Unapplied), (method, Fault::Unsure)];
    let script =
        [Method::Commit, Method::Sequence, Method::Claim, Method::Workspace].into_iter().flat_map(both);
    let store = faulty(&folder, Plan::Script(script.collect())).await;
    let unavailable = |error: StoreError| matches!(error, StoreError::Unavailable(_));
    let unsure = |error: StoreError| matches!(error, StoreError::Unsure(_));

    let mut story = usual(1);
    let commit = story.commit();
    let fact = commit.entries[0].entry().id;
    assert!(unavailable(store.commit(commit.clone()).await.unwrap_err()));
    assert!(!store.has_fact(workspace(), fact).await.unwrap());
    assert!(unsure(store.commit(commit.clone()).await.unwrap_err()));
    assert!(store.has_fact(workspace(), fact).await.unwrap(), "how an unsure commit is resolved");
    assert_eq!(store.commit(commit).await, Err(StoreError::Conflict), "the plan is done");

    assert!(unavailable(store.sequence(workspace(), &Head).await.unwrap_err()));
    assert_eq!(facts(&store, false).await, 0);
    assert!(unsure(store.sequence(workspace(), &Head).await.unwrap_err()));
    assert_eq!(facts(&store, false).await, 6);

    let late = Timestamp::from_second(1_895_000_000).unwrap();
    let wanted = Wanted { queue: Queue::Timers, now: late, lease_until: Timestamp::MAX, limit: 1 };
    assert!(unavailable(store.claim(wanted).await.unwrap_err()));
    assert!(unsure(store.claim(wanted).await.unwrap_err()));
    assert_eq!(store.claim(wanted).await.unwrap().len(), 1, "the other one is held by nobody who knows");
    assert!(store.claim(wanted).await.unwrap().is_empty());

    let make = Some(WorkspaceId(Uuid::from_u128(9)));
    assert!(unavailable(store.workspace("hooli", make).await.unwrap_err()));
    assert_eq!(store.workspace("hooli", None).await.err().map(unsure), Some(true));
    assert_eq!(store.workspace("hooli", None).await.unwrap(), None);
    assert_eq!(store.failed(), 8);
}

#[tokio::test]
async fn every_question_can_fail_both_ways() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = faulty(&folder, Plan::Script(Vec::new())).await;
    let methods = [Method::Lead, Method::Ask, Method::NextDue, Method::HasFact, Method::RebuildCheck];
    for fault in [Fault::Unapplied, Fault::Unsure] {
        store.replan(Plan::Script(methods.into_iter().map(|method| (method, fault)).collect()));
        let errors = [
            store.lead(workspace(), usual(1).id).await.err(),
            store.ask(workspace(), Question::Members).await.err(),
            store.next_due().await.err(),
            store.has_fact(workspace(), flow::ids::FactId(Uuid::nil())).await.err(),
            store.rebuild_check(workspace(), &Quiet).await.err(),
        ];
        for error in errors {
            match (fault, error.unwrap()) {
                (Fault::Unapplied, StoreError::Unavailable(_)) | (Fault::Unsure, StoreError::Unsure(_)) => {}
                (_, error) => panic!("{error}"),
            }
        }
    }
    assert!(store.lead(workspace(), usual(1).id).await.is_ok());
}

#[tokio::test]
async fn the_same_seed_fails_the_same_calls_in_the_shares_asked_for() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let folder = tempfile::TempDir::new().unwrap();
        let store = faulty(&folder, Plan::Seeded { seed, unapplied: 200, unsure: 100 }).await;
        let mut run = Vec::new();
        for _ in 0..1_000 {
            run.push(match store.next_due().await {
                Ok(_) => 'k',
                Err(StoreError::Unavailable(_)) => 'n',
                Err(_) => 'u',
            });
        }
        let count = |what| run.iter().filter(|it| **it == what).count();
        assert!(
            (150..250).contains(&count('n')) && (70..130).contains(&count('u')),
            "{} {}",
            count('n'),
            count('u')
        );
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}
