//! Follow-ups: they begin when a lead was answered, go on over days, and never come after a reply.

use super::*;
use crate::sequence::{EnrolmentState, Stop};

/// A lead whose answer went out.
fn answered(world: &World) -> Decision {
    let (lead, action) = approved(world);
    dispatched(world, &lead, action)
}

fn dispatched(world: &World, lead: &Lead, action: ActionId) -> Decision {
    let attempted = world.decide(Some(lead), Actor::SYSTEM, Command::Attempt(action)).unwrap().lead;
    let outcome = Outcome::Done { receipt: "1.eml".into() };
    let settle = Command::Settle { action, outcome, temporary: false };
    world.decide(Some(&attempted), Actor::SYSTEM, settle).unwrap()
}

fn enrolment(lead: &Lead) -> Enrolment {
    lead.enrolments.last().cloned().unwrap()
}

fn timer(lead: &Lead) -> Command {
    Command::Fire(Timer::Enrolment { enrolment: enrolment(lead).id })
}

/// Puts the clock to when the enrolment's next step comes, and fires its timer.
fn next_step(world: &mut World, lead: &Lead) -> Decision {
    let (EnrolmentState::Active { until } | EnrolmentState::Paused { until }) = enrolment(lead).state else {
        panic!("{:?}", enrolment(lead).state)
    };
    world.now = until;
    world.decide(Some(lead), Actor::SYSTEM, timer(lead)).unwrap()
}

/// A lead with a follow-up before a person.
fn asked(world: &mut World) -> Lead {
    let lead = answered(world).lead;
    next_step(world, &lead).lead
}

#[test]
fn a_lead_that_was_answered_is_followed_up_over_days_and_then_given_to_its_owner() {
    let mut world = World::new();
    let begun = answered(&world);
    assert!(kinds(&begun).contains(&"sequence.enrolled"), "{:?}", kinds(&begun));
    // Three open days of eight hours from a Monday, by the office's calendar.
    let EnrolmentState::Active { until } = enrolment(&begun.lead).state else { panic!() };
    assert!(until > world.now + SignedDuration::from_hours(48), "{until}");
    let early = world.decide(Some(&begun.lead), Actor::SYSTEM, timer(&begun.lead)).unwrap();
    assert!(early.entries.is_empty(), "a timer that comes early does nothing");

    let drafted = next_step(&mut world, &begun.lead);
    let proposal = pending(&drafted.lead, Step::FollowUp);
    assert_eq!(enrolment(&drafted.lead).state, EnrolmentState::Waiting { action: proposal.action });
    let approve = Command::Decide(choose(&proposal, Choice::Approve));
    let approved = world.decide(Some(&drafted.lead), world.who(REP), approve).unwrap();
    assert_eq!(enrolment(&approved.lead).next, 2, "it goes on when the message was sent, not before");
    let sent = dispatched(&world, &approved.lead, proposal.action);
    assert!(matches!(enrolment(&sent.lead).state, EnrolmentState::Active { .. }));

    let last = next_step(&mut world, &sent.lead);
    assert!(kinds(&last).contains(&"owner.reminded"), "{:?}", kinds(&last));
    assert!(matches!(enrolment(&last.lead).state, EnrolmentState::Finished { .. }));
    let again = world.decide(Some(&last.lead), Actor::SYSTEM, timer(&last.lead)).unwrap();
    assert!(again.entries.is_empty(), "a timer that comes twice does nothing");
}

#[test]
fn a_reply_at_any_moment_leaves_no_follow_up_behind() {
    // Four things happen: it is drafted, approved, attempted, settled. A reply before any of them stops what has not
    // been handed over; nothing is proposed in its place but a fresh answer.
    for moment in 0..4 {
        let mut world = World::new();
        let mut lead = answered(&world).lead;
        let mut action = None;
        if moment > 0 {
            lead = next_step(&mut world, &lead).lead;
            action = Some(pending(&lead, Step::FollowUp).action);
        }
        if moment > 1 {
            let approve = Command::Decide(choose(&pending(&lead, Step::FollowUp), Choice::Approve));
            lead = world.decide(Some(&lead), world.who(REP), approve).unwrap().lead;
        }
        if moment > 2 {
            lead = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(action.unwrap())).unwrap().lead;
        }
        let reply = Command::Receive(world.inbound("Thank you, we have what we need."));
        let heard = world.decide(Some(&lead), Actor::CHANNEL, reply).unwrap();
        let stopped = enrolment(&heard.lead).state;
        assert!(
            matches!(stopped, EnrolmentState::Stopped { why: Stop::Reply { .. }, .. }),
            "moment {moment}: {stopped:?}"
        );
        let open = heard.lead.actions.values().filter(|action| {
            action.step == Step::FollowUp
                && matches!(action.state, ActionState::Pending { .. } | ActionState::Waiting { .. })
        });
        assert_eq!(open.count(), 0, "moment {moment}");
        if let Some(action) = action.filter(|_| moment < 3) {
            world.decide(Some(&heard.lead), Actor::SYSTEM, Command::Attempt(action)).unwrap_err();
        }
        let late = world.decide(Some(&heard.lead), Actor::SYSTEM, timer(&heard.lead)).unwrap();
        assert!(late.entries.is_empty(), "moment {moment}: {:?}", kinds(&late));
    }
}

#[test]
fn an_attempt_that_meets_a_reply_the_worker_had_not_seen_sends_nothing() {
    // The two commits the other way round: the lead that the worker loaded has the reply, but the action was never
    // taken back, as after a capture on another node.
    let mut world = World::new();
    let lead = asked(&mut world);
    let proposal = pending(&lead, Step::FollowUp);
    let approve = Command::Decide(choose(&proposal, Choice::Approve));
    let mut lead = world.decide(Some(&lead), world.who(REP), approve).unwrap().lead;
    let mut note = lead.messages.last().cloned().unwrap();
    note.inbound = true;
    note.id = MessageId(uuid::Uuid::from_u128(77));
    lead.messages.push(note);
    let attempt = world.decide(Some(&lead), Actor::SYSTEM, Command::Attempt(proposal.action)).unwrap();
    assert!(!attempt.effects.iter().any(|effect| matches!(effect, Effect::Send(_))));
    assert!(kinds(&attempt).contains(&"sequence.stopped"), "{:?}", kinds(&attempt));
    assert!(!kinds(&attempt).contains(&"proposal.made"), "{:?}", kinds(&attempt));
}

#[test]
fn what_ends_a_conversation_or_a_message_stops_the_sequence_with_its_reason() {
    let mut world = World::new();
    let lead = asked(&mut world);
    let stopped = |decision: Decision| match enrolment(&decision.lead).state {
        EnrolmentState::Stopped { why, .. } => why,
        other => panic!("{other:?}"),
    };
    let id = enrolment(&lead).id;
    let by_hand = world.decide(Some(&lead), world.who(REP), Command::StopSequence(id)).unwrap();
    assert!(kinds(&by_hand).contains(&"proposal.withdrawn"));
    assert_eq!(stopped(by_hand.clone()), Stop::ByHand);
    let twice = world.decide(Some(&by_hand.lead), world.who(REP), Command::StopSequence(id)).unwrap_err();
    assert_eq!(twice, Refusal::NoSuchEnrolment(id));

    let opt_out = Command::OptOut { why: "asked by phone".into() };
    assert_eq!(stopped(world.decide(Some(&lead), Actor::CHANNEL, opt_out).unwrap()), Stop::OptedOut);
    let bounce = Inbound { automatic: Automatic::Bounce, ..world.inbound("no such user") };
    let bounced = world.decide(Some(&lead), Actor::CHANNEL, Command::Receive(bounce)).unwrap();
    assert_eq!(stopped(bounced), Stop::Bounce);
    let mut reject = choose(&pending(&lead, Step::FollowUp), Choice::Reject);
    reject.reason = Some("too soon".into());
    let rejected = world.decide(Some(&lead), world.who(REP), Command::Decide(reject)).unwrap();
    assert_eq!(stopped(rejected), Stop::Rejected);
    let closing = Request {
        step: Step::ChangeStage,
        text: None,
        payload: Some(Payload::Stage { to: Stage::Won }),
        why: "signed".into(),
        confidence: None,
        own_words: false,
    };
    let closed = world.decide(Some(&lead), world.who(REP), Command::Propose(closing)).unwrap();
    assert_eq!(stopped(closed), Stop::Closed);
    let proposal = pending(&lead, Step::FollowUp);
    world.now = proposal.deadline;
    let fire = Command::Fire(Timer::Proposal { proposal: proposal.id });
    assert_eq!(stopped(world.decide(Some(&lead), Actor::SYSTEM, fire).unwrap()), Stop::Undecided);
}

#[test]
fn an_absence_pauses_and_is_no_reply() {
    let mut world = World::new();
    let lead = answered(&world).lead;
    let away = Inbound { automatic: Automatic::OutOfOffice, ..world.inbound("I am away.") };
    let heard = world.decide(Some(&lead), Actor::CHANNEL, Command::Receive(away)).unwrap();
    let EnrolmentState::Paused { until } = enrolment(&heard.lead).state else { panic!() };
    assert!(until >= world.now + SignedDuration::from_hours(7 * 24), "{until}");
    let after = next_step(&mut world, &heard.lead);
    assert!(kinds(&after).contains(&"proposal.made"), "it goes on when they are back: {:?}", kinds(&after));
}

#[test]
fn a_lead_is_put_in_a_sequence_by_a_step_like_any_other() {
    let world = World::new();
    let lead = world.captured();
    let enrol = |name: &str| {
        Command::Propose(Request {
            step: Step::Enrol,
            text: None,
            payload: Some(Payload::Enrol { sequence: name.into() }),
            why: "they asked for time".into(),
            confidence: None,
            own_words: false,
        })
    };
    let unknown = world.decide(Some(&lead), world.who(REP), enrol("nugde")).unwrap_err();
    assert!(unknown.to_string().contains("nudge"), "{unknown}");
    let begun = world.decide(Some(&lead), world.who(REP), enrol("nudge")).unwrap();
    assert_eq!(enrolment(&begun.lead).sequence, "nudge");
    assert_eq!(enrolment(&begun.lead).sender, begun.lead.owner);
    let twice = world.decide(Some(&begun.lead), world.who(REP), enrol("nudge")).unwrap_err();
    assert!(matches!(twice, Refusal::Sequence(_)), "{twice:?}");
}

#[test]
fn the_state_of_a_sequence_is_what_the_facts_make_of_it() {
    let mut world = World::new();
    let first = world.decide(None, Actor::CHANNEL, Command::Capture(world.enquiry("Hello"))).unwrap();
    let mut entries = first.entries.clone();
    let mut lead = first.lead;
    let mut tell = |world: &World, lead: &mut Lead, actor: Actor, command: Command| {
        let decision = world.decide(Some(lead), actor, command).unwrap();
        entries.extend(decision.entries);
        *lead = decision.lead;
    };
    let proposal = pending(&lead, Step::Reply);
    let approve = Command::Decide(choose(&proposal, Choice::Approve));
    tell(&world, &mut lead, world.who(REP), approve);
    tell(&world, &mut lead, Actor::SYSTEM, Command::Attempt(proposal.action));
    let outcome = Outcome::Done { receipt: "1".into() };
    let settle = Command::Settle { action: proposal.action, outcome, temporary: false };
    tell(&world, &mut lead, Actor::SYSTEM, settle);
    let EnrolmentState::Active { until } = enrolment(&lead).state else { panic!() };
    world.now = until;
    let fire = timer(&lead);
    tell(&world, &mut lead, Actor::SYSTEM, fire);
    let reply = Command::Receive(world.inbound("Thanks."));
    tell(&world, &mut lead, Actor::CHANNEL, reply);
    assert_eq!(entries.iter().fold(None, evolve), Some(lead));
}
