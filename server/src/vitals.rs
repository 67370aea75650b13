//! How the gate is doing: the indicators of `flow::health` over this workspace's own ledger and queue. What concerns one
//! person is made for that person and whoever leads them.

use std::collections::BTreeMap;

use flow::approval::ProposalState;
use flow::health::{self, Indicator, Narrow, Queue, Waiting};
use flow::ids::MemberId;
use flow::ledger::{Ledger, MemberStory, Week};
use flow::step::Profile;
use flow::terms::{Member, Role};
use store::views::{ProposalFilter, ProposalRow};
use store::{Answer, Question, StoreError};

use crate::app::App;
use crate::engine::EngineError;
use crate::state::Snapshot;

/// Proposals looked at, of those that wait.
const WAITING: usize = 500;
/// Weeks looked back over.
const MONTH: i64 = 4;

/// How the gate is doing.
#[derive(Debug, Clone)]
pub struct Vitals {
    /// Over the whole workspace.
    pub all: Vec<Indicator>,
    /// By person, as far as this reader may see them: the member, their indicators, and what would restore their standing.
    pub people: Vec<(Member, Vec<Indicator>, Option<String>)>,
    /// What to narrow next.
    pub narrow: Option<Narrow>,
}

/// Looks at everything; `reader` says whose indicators of one person are among it.
///
/// # Errors
/// What the store says.
pub async fn look(app: &App, reader: Option<MemberId>) -> Result<Vitals, EngineError> {
    app.keeper().follow().await?;
    let snapshot = app.snapshot();
    let filter =
        ProposalFilter { state: Some(ProposalState::Pending), limit: WAITING, ..ProposalFilter::default() };
    let Answer::Proposals(page) = app.ask(Question::Proposals(filter)).await? else {
        return Err(StoreError::Value("proposals".into()).into());
    };
    let now = app.now();
    let waiting: Vec<Waiting> = page.items.iter().map(|row| waits(row, now)).collect();
    Ok(of(&snapshot, &waiting, reader))
}

/// The same from what is known already.
pub fn of(snapshot: &Snapshot, waiting: &[Waiting], reader: Option<MemberId>) -> Vitals {
    Vitals {
        all: workspace(snapshot, waiting),
        people: people(snapshot, reader),
        narrow: narrow(snapshot, waiting),
    }
}

fn waits(row: &ProposalRow, now: jiff::Timestamp) -> Waiting {
    let proposal = &row.proposal;
    let class = flow::ledger::Address::of(&proposal.class).class.to_owned();
    Waiting {
        class,
        age_s: now.duration_since(proposal.made_at).as_secs_f64(),
        allowed_s: proposal.deadline.duration_since(proposal.made_at).as_secs_f64(),
    }
}

fn workspace(snapshot: &Snapshot, waiting: &[Waiting]) -> Vec<Indicator> {
    let ledger = &snapshot.ledger;
    let at = ledger.latest();
    let month = ledger.weeks().last(MONTH, at);
    let weeks: Vec<Week> = ledger.weeks().iter().cloned().collect();
    let probes = ledger.members().fold((0_u32, 0_u32), |(shown, caught), (_, story)| {
        let all = story.weeks.iter().fold(Week::default(), |sum, week| sum.plus(week));
        (shown + all.probes, caught + all.caught)
    });
    let caught = flow::boundary::Probes { shown: probes.0, caught: probes.1 }.catch_rate();
    let trend = |of: &dyn Fn(&Week) -> Indicator| weeks.iter().map(|week| of(week).value).collect::<Vec<_>>();
    let allowed = waiting.iter().map(|one| one.allowed_s).fold(f64::NAN, f64::min);
    let allowed = if allowed.is_finite() { allowed } else { 4.0 * 3_600.0 };
    vec![
        health::gate_share(&month).over(trend(&health::gate_share)),
        health::backlog_age(waiting),
        health::forecast(queue(snapshot, &month).as_ref(), allowed),
        health::wait_share(&month).over(trend(&health::wait_share)),
        health::dwell_against_backlog(&weeks),
        health::unopened(&month).over(trend(&health::unopened)),
        health::leak(month.defects, month.reviews, caught, probes.0),
    ]
}

/// The queue as the last four weeks had it.
fn queue(snapshot: &Snapshot, month: &Week) -> Option<Queue> {
    let deciders = snapshot.members.iter().filter(|member| member.role != Role::Auditor).count();
    if month.reviews == 0 || deciders == 0 {
        return None;
    }
    let span = 4.0 * 7.0 * 86_400.0;
    #[expect(clippy::cast_precision_loss, reason = "seconds of four weeks")]
    let seen = month.seen_s as f64;
    Some(Queue {
        arrivals: f64::from(month.asked) / span,
        service_s: seen / f64::from(month.reviews) + 15.0,
        people: u32::try_from(deciders).unwrap_or(u32::MAX),
        available: health::APPROVER_S_PER_WEEK / (7.0 * 86_400.0),
    })
}

fn narrow(snapshot: &Snapshot, waiting: &[Waiting]) -> Option<Narrow> {
    let ledger = &snapshot.ledger;
    let at = ledger.latest();
    let month =
        |class: &str| ledger.class(class).map(|story| story.weeks.last(MONTH, at)).unwrap_or_default();
    let seen = |class: &str| {
        let month = month(class);
        health::share(month.seen_s, u64::from(month.reviews)).unwrap_or(30.0)
    };
    let unchanged = |class: &str| {
        let story = ledger.class(class)?;
        health::share(u64::from(story.clean), u64::from(story.reviews))
    };
    let profile =
        |class: &str| -> Option<Profile> { Some(snapshot.playbook.setup(Ledger::step(class)?).profile) };
    health::narrow_next(waiting, seen, unchanged, profile)
}

/// Whether this reader sees how that member decides: oneself, and whoever leads them.
pub fn may_see(reader: &Member, whom: &Member) -> bool {
    reader.id == whom.id
        || match reader.role {
            Role::Admin => true,
            Role::Manager => whom.role == Role::Rep,
            Role::Rep | Role::Auditor => false,
        }
}

fn people(snapshot: &Snapshot, reader: Option<MemberId>) -> Vec<(Member, Vec<Indicator>, Option<String>)> {
    let Some(reader) = reader.and_then(|id| snapshot.member(id)) else { return Vec::new() };
    let ledger = &snapshot.ledger;
    let decided: BTreeMap<MemberId, &MemberStory> = ledger.members().collect();
    let seen = snapshot.members.iter().filter(|whom| may_see(reader, whom));
    seen.filter_map(|whom| {
        let story = decided.get(&whom.id)?;
        let restoring = ledger.reviewer(whom.id).to_restore().map(|restoring| restoring.to_string());
        Some((whom.clone(), of_person(ledger, whom.id, story, &decided), restoring))
    })
    .collect()
}

fn of_person(
    ledger: &Ledger,
    whom: MemberId,
    story: &MemberStory,
    all: &BTreeMap<MemberId, &MemberStory>,
) -> Vec<Indicator> {
    let reviewer = ledger.reviewer(whom);
    let month = story.weeks.last(MONTH, ledger.latest());
    let probes: u32 = story.weeks.iter().map(|week| week.probes).sum();
    let others = || all.iter().filter(|(id, _)| **id != whom).map(|(_, story)| story);
    let looks: Vec<_> = story.looks.iter().copied().collect();
    let hasty = |week: &Week| health::share(u64::from(week.hasty), u64::from(week.reviews));
    let indicators = vec![
        health::hasty(&reviewer, story.reviews).over(story.weeks.iter().map(hasty).collect()),
        health::watch(&reviewer, probes),
        health::streak(
            story.unchanged_run,
            others().map(|story| u64::from(story.defects)).sum(),
            others().map(|story| u64::from(story.reviews)).sum(),
        ),
        health::reading(&looks),
        health::unopened(&month).over(story.weeks.iter().map(|week| health::unopened(week).value).collect()),
        health::utilisation(&month, 4.0),
    ];
    indicators.into_iter().map(|indicator| indicator.of(whom)).collect()
}
