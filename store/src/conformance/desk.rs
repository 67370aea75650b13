//! Proposals, actions, messages.

use flow::approval::{Choice, ProposalState};
use flow::fact::{AccountRef, Fact, Outcome, VerdictKind};
use flow::ids::{MemberId, ProposalId};
use flow::step::Step;
use flow::terms::Tier;

use super::story::{Story, person};
use super::{Backend, Bench, answer, at, id};
use crate::views::{ProposalFilter, ProposalRow, Said, VerdictCount};
use crate::{Answer, Question, StoreError};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    the_desk_is_sorted_by_deadline_then_value(&make()).await;
    a_desk_shows_what_its_member_may_decide(&make()).await;
    the_first_of_two_has_decided_and_the_second_sees_it(&make()).await;
    what_was_settled_is_history(&make()).await;
    what_the_state_forgets_the_views_keep(&make()).await;
    the_conversation_shows_both_sides(&make()).await;
    verdicts_are_counted_by_step(&make()).await;
}

fn members() -> (MemberId, MemberId) {
    (id(71), id(72))
}

impl Bench {
    async fn desk(&self, filter: ProposalFilter) -> Vec<ProposalRow> {
        answer!(self, Question::Proposals(filter), Answer::Proposals).items
    }

    async fn pending(&self, member: MemberId) -> (u64, u64) {
        match self.ask(Question::PendingCount { member: Some(member) }).await {
            Answer::PendingCount { all, mine } => (all, mine),
            other => panic!("{other:?}"),
        }
    }

    async fn one(&self, id: ProposalId) -> ProposalRow {
        *answer!(self, Question::Proposal(id), Answer::Proposal).unwrap()
    }
}

fn ids(rows: &[ProposalRow]) -> Vec<ProposalId> {
    rows.iter().map(|row| row.proposal.id).collect()
}

async fn begun(bench: &Bench, number: u64, value: u64) -> Story {
    let account = AccountRef { id: id(3), name: "Initech".into(), tier: Tier::HighValue, value };
    let ana = person("Ana López", "ana@example.com");
    let mut story = Story::captured_for(bench.workspace, number, at(number as i64), ana, Some(account));
    bench.keep(&mut story).await;
    story
}

async fn the_desk_is_sorted_by_deadline_then_value(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, _) = members();
    let mut expected = Vec::new();
    for (number, now, value) in [(1, 30, 10), (2, 10, 10), (3, 10, 900), (4, 20, 10), (5, 10, 900)] {
        let mut story = begun(&bench, number, value).await;
        story.now = at(now);
        let (proposal, _) = story.propose(Step::Reply, &[mia]);
        bench.keep(&mut story).await;
        expected.push((now, std::cmp::Reverse(value), proposal));
    }
    expected.sort();
    let expected: Vec<ProposalId> = expected.into_iter().map(|(_, _, id)| id).collect();
    let pending = ProposalFilter { state: Some(ProposalState::Pending), ..Default::default() };
    let filters = [
        ProposalFilter::default(),
        pending.clone(),
        ProposalFilter { eligible: Some(mia), ..pending },
        ProposalFilter { eligible: Some(mia), ..Default::default() },
    ];
    for filter in filters {
        assert_eq!(ids(&bench.desk(filter.clone()).await), expected);
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let filter = ProposalFilter { limit: 2, cursor, ..filter.clone() };
            let page = answer!(bench, Question::Proposals(filter), Answer::Proposals);
            paged.extend(ids(&page.items));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(paged, expected);
        let bad = ProposalFilter { cursor: Some("1.2".into()), ..filter };
        let refused = bench.store.ask(bench.workspace, Question::Proposals(bad)).await;
        assert_eq!(refused, Err(StoreError::Cursor("1.2".into())));
    }
}

async fn a_desk_shows_what_its_member_may_decide(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, tom) = members();
    let mut story = begun(&bench, 1, 10).await;
    let (both, _) = story.propose(Step::Reply, &[mia, tom]);
    let (hers, action) = story.propose(Step::FollowUp, &[mia]);
    bench.keep(&mut story).await;
    assert_eq!((bench.pending(mia).await, bench.pending(tom).await), ((2, 2), (2, 1)));
    let desk = |member| ProposalFilter {
        state: Some(ProposalState::Pending),
        eligible: Some(member),
        ..Default::default()
    };
    assert_eq!(ids(&bench.desk(desk(tom)).await), [both]);

    let row = bench.one(hers).await;
    assert_eq!((row.lead, row.person.name.as_str(), row.value), (story.id, "Ana López", 10));
    assert_eq!((row.account.as_deref(), row.tier, row.owner), (Some("Initech"), Tier::HighValue, None));
    assert_eq!(row.subject, "Re: Pricing");
    assert_eq!(row.content, row.proposed);
    assert!(row.content.unwrap().text().contains("1,200"));

    story.withdraw(hers, action);
    story.decide(both, tom, Choice::Reject, true);
    bench.keep(&mut story).await;
    assert_eq!((bench.pending(mia).await, bench.pending(tom).await), ((0, 0), (0, 0)));
    assert!(bench.desk(desk(mia)).await.is_empty());
    let rejected =
        ProposalFilter { state: Some(ProposalState::Rejected), eligible: Some(mia), ..Default::default() };
    assert_eq!(ids(&bench.desk(rejected).await), [both]);
    let other = ProposalFilter { lead: Some(id(404)), ..Default::default() };
    assert!(bench.desk(other).await.is_empty());
    let on_lead = ProposalFilter { lead: Some(story.id), ..Default::default() };
    assert_eq!(bench.desk(on_lead).await.len(), 2);
    assert!(answer!(bench, Question::Proposal(id(404)), Answer::Proposal).is_none());
}

async fn the_first_of_two_has_decided_and_the_second_sees_it(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, tom) = members();
    let mut story = begun(&bench, 1, 10).await;
    let (proposal, action) = story.propose(Step::SendQuote, &[mia, tom]);
    bench.keep(&mut story).await;
    story.decide(proposal, mia, Choice::Edit, false);
    bench.keep(&mut story).await;
    assert_eq!((bench.pending(mia).await, bench.pending(tom).await), ((1, 0), (1, 1)));
    let row = bench.one(proposal).await;
    assert_eq!(row.proposal.state, ProposalState::Pending);
    assert!(row.content.unwrap().text().contains("let us talk"), "as it stands now");
    assert!(row.proposed.unwrap().text().contains("1,200"), "as it was proposed");
    story.decide(proposal, tom, Choice::Approve, true);
    bench.keep(&mut story).await;
    let row = bench.one(proposal).await;
    assert_eq!((row.proposal.state, row.proposal.decisions.len()), (ProposalState::Approved, 2));
    let row = answer!(bench, Question::Action(action), Answer::Action).unwrap();
    assert_eq!((row.state.as_str(), row.verdict.as_str(), row.proposal), ("waiting", "ask", Some(proposal)));
}

async fn what_was_settled_is_history(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, _) = members();
    let mut story = begun(&bench, 1, 10).await;
    let mut order = Vec::new();
    for now in [10, 20, 30] {
        story.now = at(now);
        order.push(story.propose(Step::Reply, &[mia]));
        story.propose(Step::FollowUp, &[mia]);
    }
    bench.keep(&mut story).await;
    story.now = at(40);
    story.decide(order[2].0, mia, Choice::Approve, true);
    bench.keep(&mut story).await;
    story.now = at(50);
    story.tell(Fact::ProposalExpired { proposal: order[0].0, action: order[0].1 });
    bench.keep(&mut story).await;
    let history = async |limit| {
        let question = Question::ClassHistory { class: "message.reply/standard".into(), limit };
        ids(&answer!(bench, question, Answer::ClassHistory))
    };
    assert_eq!(history(10).await, [order[0].0, order[2].0]);
    assert_eq!(history(1).await, [order[0].0]);
}

/// A lead remembers its last settled actions only; rows of older ones must end in the right state all the same, also
/// when many are settled at once.
async fn what_the_state_forgets_the_views_keep(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, _) = members();
    let mut story = begun(&bench, 1, 10).await;
    let mut made = Vec::new();
    for number in 0..45 {
        story.now = at(10 + number);
        made.push(story.propose(Step::Reply, &[mia]));
        bench.keep(&mut story).await;
    }
    story.now = at(100);
    for (proposal, action) in &made {
        story.withdraw(*proposal, *action);
    }
    bench.keep(&mut story).await;
    assert!(story.state.as_ref().unwrap().proposals.len() < 45, "the state forgot some");
    assert_eq!(bench.pending(mia).await, (0, 0));
    for (proposal, action) in made {
        let row = bench.one(proposal).await;
        assert_eq!(row.proposal.state, ProposalState::Withdrawn);
        assert_eq!(row.proposal.eligible, [mia]);
        let row = answer!(bench, Question::Action(action), Answer::Action).unwrap();
        assert_eq!((row.state.as_str(), row.proposal, row.step), ("withdrawn", Some(proposal), Step::Reply));
    }
    let question = Question::ClassHistory { class: "message.reply/standard".into(), limit: 100 };
    assert_eq!(answer!(bench, question, Answer::ClassHistory).len(), 45);
    let actions = Question::Actions { lead: story.id, limit: 100 };
    let actions = answer!(bench, actions, Answer::Actions);
    assert_eq!(actions.len(), 45);
    assert!(actions.is_sorted_by(|newer, older| newer.at >= older.at));
}

async fn the_conversation_shows_both_sides(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, _) = members();
    let mut story = begun(&bench, 1, 10).await;
    let question = story.receive("Pricing", "How much?");
    story.now = at(20);
    let (proposal, action) = story.propose(Step::Reply, &[mia]);
    story.decide(proposal, mia, Choice::Approve, true);
    bench.keep(&mut story).await;
    story.now = at(30);
    let reply = story.attempt(action, Some(proposal));
    bench.keep(&mut story).await;
    let lead = story.id;
    let conversation = async |limit| answer!(bench, Question::Messages { lead, limit }, Answer::Messages);
    let state = |said: &Said| match said {
        Said::Out { state, .. } => state.clone(),
        Said::In(_) => "in".into(),
    };
    assert_eq!(state(&conversation(1).await[0].said), "attempted");
    story.settle(action, Some(proposal), reply, Outcome::Done { receipt: "250 ok".into() });
    bench.keep(&mut story).await;

    let rows = conversation(10).await;
    assert_eq!(
        rows.iter().map(|row| (row.id, row.at)).collect::<Vec<_>>(),
        [(reply, at(30)), (question, at(1))]
    );
    match &rows[0].said {
        Said::Out { content, action: of, state, proposal: at_proposal, external_id } => {
            assert!(content.text().contains("1,200"));
            assert_eq!((*of, state.as_str(), *at_proposal), (action, "done", Some(proposal)));
            assert_eq!(*external_id, format!("{reply}@lockkeeper.example"));
        }
        Said::In(_) => panic!("we wrote that"),
    }
    match &rows[1].said {
        Said::In(inbound) => {
            assert_eq!((inbound.subject.as_str(), inbound.text.as_str()), ("Pricing", "How much?"))
        }
        Said::Out { .. } => panic!("they wrote that"),
    }
    for (message, host) in [(question, "example.com"), (reply, "lockkeeper.example")] {
        let found = Question::MessageByExternalId(format!("{message}@{host}"));
        assert_eq!(answer!(bench, found, Answer::MessageByExternalId), Some((story.id, message)));
    }
    let unknown = Question::MessageByExternalId("nobody@example.com".into());
    assert_eq!(answer!(bench, unknown, Answer::MessageByExternalId), None);
}

async fn verdicts_are_counted_by_step(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut story = begun(&bench, 1, 10).await;
    story.now = at(10);
    story.run(Step::Assign);
    story.now = at(20);
    story.run(Step::Assign);
    story.run(Step::Assign);
    story.judge(Step::Reply, VerdictKind::Refuse, None);
    story.judge(Step::Reply, VerdictKind::Hold, None);
    story.propose(Step::Reply, &[id(71)]);
    bench.keep(&mut story).await;
    let counts = answer!(bench, Question::Verdicts { since: at(20) }, Answer::Verdicts);
    let expected = [
        VerdictCount { step: "lead.assign".into(), run: 2, ..VerdictCount::default() },
        VerdictCount { step: "message.reply".into(), run: 0, ask: 1, hold: 1, refuse: 1 },
    ];
    assert_eq!(counts, expected);
}
