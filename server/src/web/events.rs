//! Live pages: a stream that says which parts of a page are out of date. It carries no content, so a page that hears of
//! a change asks for its part again, under its own eyes' rights.
//!
//! What is committed within a moment is told together. Every telling has a number; a browser that comes back says the
//! last one it heard (`Last-Event-ID`), a page the last one before it was made, and hears what it missed. After a
//! restart, or too long away, it is told that everything may have changed.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use flow::ids::{LeadId, WorkspaceId};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use store::Change;
use tokio::sync::broadcast::{self, error::RecvError};

use super::session::Visit;

/// What is committed within this time is told together.
const TOGETHER: Duration = Duration::from_millis(60);
/// A stream is ended after this time, so that a session that ended is noticed; browsers come back by themselves.
const STREAM: Duration = Duration::from_secs(15 * 60);
/// Tellings remembered for browsers that come back.
const REMEMBERED: usize = 256;
/// Leads named in one telling; more, and everything may have changed.
const LEADS_NAMED: usize = 200;
/// Tellings that wait for a slow browser before it is told that everything may have changed.
const WAITING: usize = 64;

/// What changed, as far as pages care.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telling {
    /// A proposal came or was settled.
    pub desk: bool,
    /// These leads changed.
    pub leads: BTreeSet<LeadId>,
    /// Too much to name.
    pub everything: bool,
}

impl Telling {
    /// Everything may have changed.
    pub fn everything() -> Telling {
        Telling { desk: true, leads: BTreeSet::new(), everything: true }
    }

    fn add(&mut self, change: &Change) {
        self.desk |=
            change.kinds.iter().any(|kind| kind.starts_with("proposal.") || kind.starts_with("approval."));
        self.leads.extend(change.lead);
        self.bound();
    }

    fn join(&mut self, other: &Telling) {
        self.desk |= other.desk;
        self.everything |= other.everything;
        self.leads.extend(&other.leads);
        self.bound();
    }

    fn bound(&mut self) {
        if self.leads.len() > LEADS_NAMED {
            *self = Telling::everything();
        }
    }

    /// The events for a page that shows `lead`, if it shows one.
    fn events(&self, id: &str, lead: Option<LeadId>) -> Vec<Event> {
        let lead = lead.filter(|lead| self.everything || self.leads.contains(lead));
        let names = [
            self.desk.then(|| "desk-changed".to_owned()),
            (self.everything || !self.leads.is_empty()).then(|| "board-changed".to_owned()),
            lead.map(|lead| format!("lead-changed-{lead}")),
        ];
        names.into_iter().flatten().map(|name| Event::default().event(name).id(id).data("")).collect()
    }
}

/// What is told from now on, with its numbers.
type Following = broadcast::Receiver<(u64, Arc<Telling>)>;

/// Tells all open pages what changed.
pub struct Live {
    boot: String,
    told: broadcast::Sender<(u64, Arc<Telling>)>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    last: u64,
    tellings: VecDeque<(u64, Arc<Telling>)>,
}

impl Live {
    /// Listens to what is committed in `workspace`, for as long as the store lives.
    pub fn listen(changes: broadcast::Receiver<Change>, workspace: WorkspaceId, boot: String) -> Arc<Live> {
        let live = Arc::new(Live { boot, told: broadcast::channel(WAITING).0, memory: Mutex::default() });
        tokio::spawn(gather(Arc::downgrade(&live), changes, workspace));
        live
    }

    /// Where a page that is made now stands: it need only hear of what comes after.
    pub fn position(&self) -> String {
        format!("{}-{}", self.boot, self.memory().last)
    }

    fn tell(&self, telling: Telling) {
        let telling = Arc::new(telling);
        let mut memory = self.memory();
        memory.last += 1;
        let number = memory.last;
        memory.tellings.push_back((number, telling.clone()));
        if memory.tellings.len() > REMEMBERED {
            memory.tellings.pop_front();
        }
        // Nobody listening is no fault.
        let _ = self.told.send((number, telling));
    }

    /// What somebody missed who last heard `position`, together with the stream of what follows.
    fn since(&self, position: &str) -> (Option<(u64, Telling)>, Following) {
        let memory = self.memory();
        let following = self.told.subscribe();
        let last = memory.last;
        let heard =
            position.strip_prefix(&self.boot).and_then(|rest| rest.strip_prefix('-')?.parse::<u64>().ok());
        let missed = match heard {
            Some(heard) if heard == last => None,
            Some(heard)
                if heard < last && memory.tellings.front().is_some_and(|(first, _)| *first <= heard + 1) =>
            {
                let mut missed = Telling::default();
                memory
                    .tellings
                    .iter()
                    .filter(|(number, _)| *number > heard)
                    .for_each(|(_, told)| missed.join(told));
                Some((last, missed))
            }
            _ => Some((last, Telling::everything())),
        };
        (missed, following)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn gather(
    live: std::sync::Weak<Live>,
    mut changes: broadcast::Receiver<Change>,
    workspace: WorkspaceId,
) {
    loop {
        let mut telling = Telling::default();
        let mut hear = |heard: Result<Change, RecvError>| match heard {
            Ok(change) => {
                if change.workspace == workspace {
                    telling.add(&change);
                }
                true
            }
            Err(RecvError::Lagged(_)) => {
                telling = Telling::everything();
                true
            }
            Err(RecvError::Closed) => false,
        };
        if !hear(changes.recv().await) {
            return;
        }
        let until = tokio::time::Instant::now() + TOGETHER;
        while let Ok(heard) = tokio::time::timeout_at(until, changes.recv()).await {
            if !hear(heard) {
                break;
            }
        }
        let Some(live) = live.upgrade() else { return };
        if telling != Telling::default() {
            live.tell(telling);
        }
    }
}

/// What a page says when it connects.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// Where the page stands.
    #[serde(default)]
    since: String,
    /// The lead it shows.
    lead: Option<LeadId>,
}

/// `GET /events`.
pub async fn stream(visit: Visit, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    let live = visit.pages.live.clone();
    let (missed, following) = live.since(last.unwrap_or(&wanted.since));
    let left = u64::try_from(visit.until.duration_since(visit.now).as_secs()).unwrap_or(0);
    let ends = tokio::time::sleep(STREAM.min(Duration::from_secs(left)));
    let events = tellings(missed, following)
        .flat_map(move |(number, telling)| {
            stream::iter(
                telling
                    .events(&format!("{}-{number}", live.boot), wanted.lead)
                    .into_iter()
                    .map(Ok::<_, Infallible>),
            )
        })
        .take_until(ends);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response()
}

fn tellings(missed: Option<(u64, Telling)>, following: Following) -> impl Stream<Item = (u64, Telling)> {
    let first = stream::iter(missed);
    let rest = stream::unfold((following, 0), |(mut following, last)| async move {
        match following.recv().await {
            Ok((number, telling)) => Some(((number, (*telling).clone()), (following, number))),
            Err(RecvError::Lagged(lost)) => {
                let number = last + lost;
                Some(((number, Telling::everything()), (following, number)))
            }
            Err(RecvError::Closed) => None,
        }
    });
    first.chain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn lead(number: u128) -> LeadId {
        LeadId(Uuid::from_u128(number))
    }

    fn change(lead: Option<LeadId>, kinds: &[&'static str]) -> Change {
        Change {
            workspace: WorkspaceId(Uuid::nil()),
            lead,
            kinds: kinds.to_vec(),
            wakes: false,
            elsewhere: false,
        }
    }

    fn live() -> Live {
        Live { boot: "b".into(), told: broadcast::channel(WAITING).0, memory: Mutex::default() }
    }

    #[test]
    fn who_comes_back_hears_what_was_missed_and_no_more() {
        let live = live();
        let start = live.position();
        let mut telling = Telling::default();
        telling.add(&change(Some(lead(1)), &["message.received"]));
        live.tell(telling);
        let middle = live.position();
        let mut telling = Telling::default();
        telling.add(&change(Some(lead(2)), &["approval.decided"]));
        live.tell(telling);

        let (missed, _) = live.since(&start);
        assert_eq!(
            missed,
            Some((2, Telling { desk: true, leads: [lead(1), lead(2)].into(), everything: false }))
        );
        let (missed, _) = live.since(&middle);
        assert_eq!(missed, Some((2, Telling { desk: true, leads: [lead(2)].into(), everything: false })));
        assert_eq!(live.since(&live.position()).0, None);
    }

    #[test]
    fn after_a_restart_or_too_long_away_everything_may_have_changed() {
        let live = live();
        let start = live.position();
        for _ in 0..=REMEMBERED {
            live.tell(Telling { desk: true, ..Telling::default() });
        }
        for position in [start.as_str(), "other-3", "", "b-9999"] {
            assert_eq!(
                live.since(position).0.map(|(_, missed)| missed),
                Some(Telling::everything()),
                "{position}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_committed_together_is_told_once() {
        let (commit, changes) = broadcast::channel(16);
        let live = Live::listen(changes, WorkspaceId(Uuid::nil()), "b".into());
        let (_, mut following) = live.since(&live.position());
        commit.send(change(Some(lead(1)), &["lead.captured"])).unwrap();
        commit.send(change(Some(lead(1)), &["proposal.made"])).unwrap();
        let elsewhere = Change {
            workspace: WorkspaceId(Uuid::from_u128(9)),
            ..change(Some(lead(7)), &["proposal.made"])
        };
        commit.send(elsewhere).unwrap();
        let (number, told) = following.recv().await.unwrap();
        assert_eq!(
            (number, &*told),
            (1, &Telling { desk: true, leads: [lead(1)].into(), everything: false })
        );
    }

    #[test]
    fn too_many_leads_to_name_become_everything() {
        let mut telling = Telling::default();
        for number in 0..=LEADS_NAMED as u128 {
            telling.add(&change(Some(lead(number)), &["clock.warned"]));
        }
        assert_eq!(telling, Telling::everything());
    }
}
