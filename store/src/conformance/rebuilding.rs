//! Views follow from facts alone: made again, they are the same, whatever happened and however it was committed; and
//! when they are not, the first difference is named.

use std::sync::atomic::{AtomicU64, Ordering};

use flow::approval::Choice;
use flow::fact::{AccountRef, Fact, Outcome, VerdictKind};
use flow::ids::{ActionId, MemberId, ProposalId};
use flow::lead::ActionState;
use flow::step::Step;
use flow::terms::{Account, Member, Role, Stage, Tier};

use super::story::{Story, person};
use super::{Backend, Bench, at, id};
use crate::Progress;

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    views_made_again_are_the_same(&make()).await;
    a_state_that_the_facts_do_not_make_is_found(&make()).await;
}

/// Remembers how far it was told.
#[derive(Default)]
struct Told {
    done: AtomicU64,
    all: AtomicU64,
}

impl Progress for Told {
    fn at(&self, done: u64, all: u64) {
        self.done.fetch_max(done, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
    }
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

async fn views_made_again_are_the_same(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let members: Vec<MemberId> = (70..74).map(id).collect();
    let added = |member: &MemberId| Member {
        id: *member,
        email: format!("{member}@acme.example"),
        name: "Mia Berg".into(),
        role: Role::Manager,
    };
    super::people::add(&bench, &members.iter().map(added).collect::<Vec<_>>()).await;
    for (first, domains) in
        [(100, vec!["initech.example", "Initech.test"]), (110, vec!["initech.example"]), (120, vec![])]
    {
        let account = Account {
            id: id(3),
            name: "Initech".into(),
            domains: domains.into_iter().map(str::to_owned).collect(),
            tier: Tier::Strategic,
            owner: None,
            value: 4,
        };
        bench
            .store
            .commit(super::people::facts(&bench, first, vec![Fact::AccountRecorded { account }]))
            .await
            .unwrap();
    }
    let adopted = Fact::PlaybookAdopted { digest: "a".repeat(64), files: Default::default(), boundary: None };
    bench.store.commit(super::people::facts(&bench, 200, vec![adopted])).await.unwrap();

    let mut dice = Dice(7);
    for number in 0..40 {
        let account = (number % 2 == 0).then(|| AccountRef {
            id: id(3),
            name: "Initech".into(),
            tier: Tier::HighValue,
            value: number * 100,
        });
        let ana = person(&format!("Ana {number}"), "ana@example.com");
        let mut story = Story::captured_for(bench.workspace, number, at(0), ana, account);
        let steps = if number % 10 == 0 { 160 } else { 25 };
        for step in 0..steps {
            story.now = at(step);
            happen(&mut story, &mut dice, &members);
            if dice.throw(4) == 0 {
                bench.keep(&mut story).await;
            }
        }
        bench.keep(&mut story).await;
    }
    let told = Told::default();
    let difference = bench.store.rebuild_check(bench.workspace, &told).await.unwrap();
    assert_eq!(difference, None);
    assert_eq!((told.done.into_inner(), told.all.into_inner()), (40, 40));
}

/// Something happens to a lead that could happen now.
fn happen(story: &mut Story, dice: &mut Dice, members: &[MemberId]) {
    let someone = members[dice.throw(members.len() as u64) as usize];
    let (open, approved, attempted) = standing(story);
    let pick = |dice: &mut Dice, len: usize| dice.throw(len.max(1) as u64) as usize;
    match dice.throw(16) {
        0 => drop(story.receive("", "A word without a subject.\nAnd another.")),
        1 => drop(story.receive("Pricing", "How much?")),
        2 => story.assign(Some(someone)),
        3 => story.assign(None),
        4 => story.stage(Stage::ALL[dice.throw(6) as usize]),
        5 => drop(story.clock(600)),
        6 => {
            if let Some(clock) = story.state.as_ref().and_then(|lead| lead.next_clock()).map(|clock| clock.id)
            {
                story.tell(match dice.throw(3) {
                    0 => Fact::ClockWarned { clock },
                    1 => Fact::ClockBreached { clock },
                    _ => Fact::ClockCancelled { clock },
                });
            }
        }
        7 => drop(story.judge(Step::Reply, VerdictKind::Refuse, None)),
        8 | 9 => drop(story.propose(Step::Reply, members)),
        10 | 11 => {
            if let Some((proposal, _)) = open.get(pick(dice, open.len())) {
                let choices = [Choice::Approve, Choice::Edit, Choice::Reject, Choice::Respond];
                story.decide(*proposal, someone, choices[dice.throw(4) as usize], dice.throw(4) > 0);
            }
        }
        12 => {
            if let Some((proposal, action)) = open.get(pick(dice, open.len())) {
                story.tell(Fact::ProposalReminded { proposal: *proposal });
                if dice.throw(2) == 0 {
                    story.tell(Fact::ProposalExpired { proposal: *proposal, action: *action });
                }
            }
        }
        13 => {
            if let Some((action, proposal)) = approved.get(pick(dice, approved.len())) {
                story.attempt(*action, *proposal);
            }
        }
        14 => {
            if let Some((action, proposal, message)) = attempted.get(pick(dice, attempted.len())) {
                let outcome = match dice.throw(3) {
                    0 => Outcome::Done { receipt: "250".into() },
                    1 => Outcome::Failed { why: "550".into() },
                    _ => Outcome::Unknown { why: "no answer".into() },
                };
                story.settle(*action, *proposal, *message, outcome);
            }
        }
        _ => open.iter().for_each(|(proposal, action)| story.withdraw(*proposal, *action)),
    }
}

type Standing = (
    Vec<(ProposalId, ActionId)>,
    Vec<(ActionId, Option<ProposalId>)>,
    Vec<(ActionId, Option<ProposalId>, flow::ids::MessageId)>,
);

/// Which proposals are open, which actions may go, and which are on their way.
fn standing(story: &Story) -> Standing {
    let (mut open, mut approved, mut attempted) = Standing::default();
    for action in story.state.iter().flat_map(|lead| lead.actions.values()) {
        match &action.state {
            ActionState::Pending { proposal } => open.push((*proposal, action.id)),
            ActionState::Waiting { proposal } => approved.push((action.id, *proposal)),
            ActionState::Attempted { proposal, message, .. } => {
                attempted.push((action.id, *proposal, *message))
            }
            _ => {}
        }
    }
    (open, approved, attempted)
}

async fn a_state_that_the_facts_do_not_make_is_found(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut honest = Story::captured(bench.workspace, 1, at(0), person("Ana", "ana@example.com"));
    bench.keep(&mut honest).await;
    let mut story = Story::captured(bench.workspace, 2, at(0), person("Bo", "bo@example.com"));
    let mut commit = story.commit();
    commit.lead.as_mut().unwrap().state.opted_out = true;
    bench.store.commit(commit).await.unwrap();
    let difference = bench.store.rebuild_check(bench.workspace, &Told::default()).await.unwrap().unwrap();
    assert_eq!(difference.row, story.id.to_string());
    assert!(difference.rebuilt.contains(r#""opted_out":false"#), "{difference:?}");
    assert!(difference.live.contains(r#""opted_out":true"#), "{difference:?}");
}
