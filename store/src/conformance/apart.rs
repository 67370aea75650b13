//! Workspaces never mix, also where every id in one is an id in the other.

use flow::effect::{Effect, Timer};
use flow::fact::Fact;
use flow::ids::WorkspaceId;
use flow::terms::{Member, Role, Stage};

use super::story::{Story, person};
use super::{Backend, Bench, answer, at, id};
use crate::views::{BoardCounts, FactFilter, LeadFilter, ProposalFilter};
use crate::{Answer, Commit, Once, Question, Queue, Receipt, Side, Signs, StoreError, TokenHolder, Wanted};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    the_same_ids_in_two_workspaces_are_two_things(&make()).await;
    an_empty_workspace_stays_empty(&make()).await;
    a_workspace_is_made_once(&make()).await;
}

struct Head;

impl Signs for Head {
    fn checkpoint(&self, size: u64, _root: [u8; 32]) -> String {
        size.to_string()
    }
}

/// The same story with the same ids, but everything in it says whose it is.
fn story(workspace: WorkspaceId, whose: &str) -> Commit {
    let mut story = Story::usual(workspace, 1, at(0), person(whose, &format!("{whose}@example.com")), id(71));
    if whose == "hooli" {
        story.stage(Stage::Working);
    }
    story.ask(Effect::Dispatch { action: id(5), not_before: at(10) });
    story.ask(Effect::SetTimer { timer: Timer::Clock { clock: id(6) }, due: at(10) });
    Commit {
        keys: vec![5],
        once: Some(Once { key: "k".into(), request: [1; 32], answer: whose.into() }),
        side: vec![
            Side::Secret { name: "s".into(), bytes: whose.into() },
            Side::Token { digest: "t".into(), holder: TokenHolder::Agent(id(8), whose.into()) },
            Side::Standing { team: "north".into(), turn: 1, json: whose.into() },
        ],
        ..story.commit()
    }
}

async fn two(backend: &dyn Backend) -> (Bench, Bench) {
    let acme = Bench::new(backend).await;
    let store = acme.store.clone();
    let hooli = store.workspace("hooli", Some(id(2))).await.unwrap().unwrap();
    (acme, Bench { store, workspace: hooli.id })
}

async fn the_same_ids_in_two_workspaces_are_two_things(backend: &dyn Backend) {
    let (acme, hooli) = two(backend).await;
    let benches = [(&acme, "acme", 6), (&hooli, "hooli", 8)];
    for (bench, whose, _) in benches {
        let commit = story(bench.workspace, whose);
        assert!(matches!(bench.store.commit(commit).await.unwrap(), Receipt::Written { .. }), "{whose}");
        let member = Member { id: id(71), email: "m@x.example".into(), name: whose.into(), role: Role::Rep };
        super::people::add(bench, &[member]).await;
    }
    let lead = Story::new(acme.workspace, 1, at(0)).id;
    for (bench, whose, facts) in benches {
        let held = bench.store.lead(bench.workspace, lead).await.unwrap().unwrap();
        assert_eq!((held.lead.person.name.as_str(), held.version), (whose, facts));
        let list = answer!(bench, Question::Leads(LeadFilter::default()), Answer::Leads).items;
        assert_eq!(list.iter().map(|row| row.person.name.as_str()).collect::<Vec<_>>(), [whose]);
        let found = LeadFilter { q: Some("example".into()), ..LeadFilter::default() };
        assert_eq!(answer!(bench, Question::Leads(found), Answer::Leads).items.len(), 1);
        let desk = answer!(bench, Question::Proposals(ProposalFilter::default()), Answer::Proposals).items;
        assert_eq!(desk.iter().map(|row| row.person.name.as_str()).collect::<Vec<_>>(), [whose]);
        assert_eq!(answer!(bench, Question::Messages { lead, limit: 0 }, Answer::Messages).len(), 1);
        let counts = answer!(bench, Question::BoardCounts { now: at(0) }, Answer::BoardCounts);
        assert_eq!((counts.leads, counts.pending), (1, 1));
        match bench.ask(Question::Candidates { keys: vec![5] }).await {
            Answer::Candidates { found, .. } => {
                assert_eq!((found.len(), found[0].cards[0].person.name.as_str()), (1, whose))
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(answer!(bench, Question::Secret("s".into()), Answer::Secret), Some(whose.into()));
        assert_eq!(answer!(bench, Question::Once("k".into()), Answer::Once), Some(([1; 32], whose.into())));
        let token = answer!(bench, Question::Token { digest: "t".into() }, Answer::Token);
        assert_eq!(token, Some(TokenHolder::Agent(id(8), whose.into())));
        assert_eq!(answer!(bench, Question::Rota, Answer::Rota).standings, [whose]);
        assert_eq!(answer!(bench, Question::Members, Answer::Members)[0].name, whose);
        let all = FactFilter { unplaced: true, ..FactFilter::default() };
        assert_eq!(answer!(bench, Question::Facts(all), Answer::Facts).len() as u64, facts + 1);
        assert_eq!(bench.store.sequence(bench.workspace, &Head).await.unwrap(), facts + 1);
        assert_eq!(answer!(bench, Question::Checkpoint, Answer::Checkpoint), Some((facts + 1).to_string()));
    }
    for queue in [Queue::Outbox, Queue::Timers] {
        let wanted = Wanted { queue, now: at(10), lease_until: at(20), limit: 10 };
        let mut claims = acme.store.claim(wanted).await.unwrap();
        claims.sort_by_key(|claim| claim.workspace);
        let mut workspaces = [acme.workspace, hooli.workspace];
        workspaces.sort();
        assert_eq!(claims.iter().map(|claim| claim.workspace).collect::<Vec<_>>(), workspaces);
        // A ticket crosses off the row of the workspace it is shown in, and its number fits one of them only.
        let [first, second] = &claims[..] else { panic!("two rows") };
        let show = async |workspace, ticket| {
            let commit = Commit { workspace, carried_out: Some(ticket), ..Commit::default() };
            acme.store.commit(commit).await.map(drop)
        };
        assert_eq!(show(second.workspace, first.ticket.clone()).await, Err(StoreError::Conflict));
        show(first.workspace, first.ticket.clone()).await.unwrap();
        show(second.workspace, second.ticket.clone()).await.unwrap();
    }
}

async fn an_empty_workspace_stays_empty(backend: &dyn Backend) {
    let (acme, hooli) = two(backend).await;
    let commit = story(acme.workspace, "acme");
    let fact = commit.entries[0].entry().id;
    let (lead, proposal, action) = {
        let state = &commit.lead.as_ref().unwrap().state;
        (state.id, *state.proposals.keys().next().unwrap(), *state.actions.keys().next().unwrap())
    };
    acme.store.commit(commit).await.unwrap();
    assert!(acme.store.has_fact(acme.workspace, fact).await.unwrap());
    assert!(!hooli.store.has_fact(hooli.workspace, fact).await.unwrap());
    assert!(hooli.store.lead(hooli.workspace, lead).await.unwrap().is_none());
    assert!(answer!(hooli, Question::Proposal(proposal), Answer::Proposal).is_none());
    assert!(answer!(hooli, Question::Action(action), Answer::Action).is_none());
    assert!(answer!(hooli, Question::Actions { lead, limit: 9 }, Answer::Actions).is_empty());
    assert!(answer!(hooli, Question::Messages { lead, limit: 9 }, Answer::Messages).is_empty());
    assert!(answer!(hooli, Question::Verdicts { since: at(0) }, Answer::Verdicts).is_empty());
    let counts = answer!(hooli, Question::BoardCounts { now: at(0) }, Answer::BoardCounts);
    assert_eq!(counts, BoardCounts::default());
    let wrong = facts_of(&acme, &hooli);
    assert!(
        matches!(hooli.store.commit(wrong).await, Err(StoreError::Value(_))),
        "leaves of another workspace"
    );
    assert_eq!(hooli.store.sequence(hooli.workspace, &Head).await.unwrap(), 0);
    assert_eq!(answer!(hooli, Question::Checkpoint, Answer::Checkpoint), None);
}

/// Facts whose leaves name one workspace, committed to the other.
fn facts_of(one: &Bench, other: &Bench) -> Commit {
    let fact = Fact::OptedOut { why: "said so".into() };
    Commit { workspace: other.workspace, ..super::people::facts(one, 50, vec![fact]) }
}

async fn a_workspace_is_made_once(backend: &dyn Backend) {
    let (acme, _) = two(backend).await;
    let store = &acme.store;
    assert_eq!(store.workspace("nobody", None).await.unwrap(), None);
    let again = store.workspace("acme", Some(id(77))).await.unwrap().unwrap();
    assert_eq!((again.id, again.name.as_str()), (acme.workspace, "acme"));
    let taken = store.workspace("other", Some(acme.workspace)).await;
    assert_eq!(taken, Err(StoreError::Conflict), "one id, one workspace");
}
