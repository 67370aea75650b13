//! Running the policy over a tape: one line an action, with what *would* happen on either side of the gate.
//!
//! Order within a line: exceptions due by its `ts`; then, gated: probe, review, try to graduate; or automated: audited
//! (review, probe, alarms) or run. Graduation takes effect at once.
//!
//! The history of a living workspace (`lockkeeper boundary history`) is a tape too. It begins with `{"event":"history"}`: from
//! there on nothing graduates by itself, because people move the boundary, and lines of their own say how (`settings`,
//! `config`, `widened`, `narrowed`, `locked`, `unlocked`), which exceptions were reported when (`exception`) and which planted
//! proposals were decided (`probe`). An action's `route` says which way it really went.

mod tape;

pub use tape::TapeError;

use super::{Asked, Boundary, Class, Config, Move, Observation, Reviewer, Route, Standing, Suspicion, What};
use serde::Serialize;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use tape::{Action, Change, Event, Line, Living};

/// A run over one tape, fed line by line.
///
/// Memory grows with the classes, the reviewers, and the exceptions not yet due.
#[derive(Debug, Default)]
pub struct Replay {
    boundary: Boundary,
    /// Lines taken so far, so the number of the last one, counting from 1.
    lines: u64,
    observations: u64,
    /// The `i` of the action to come, as far as the tape shows.
    next_i: u64,
    latest: f64,
    waiting: BinaryHeap<Reverse<Waiting>>,
    routes: Routes,
    /// Whether the tape is a history, in which people move the boundary.
    by_hand: bool,
}

/// How many actions went where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Routes {
    pub gate: u64,
    pub audit: u64,
    pub auto: u64,
}

/// A line of the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Event {
        #[serde(flatten)]
        what: Move,
        i: u64,
    },
    Route {
        i: u64,
        route: Route,
    },
}

/// The last line of the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub summary: Routes,
    pub lines: u64,
    /// How each class ended, by name.
    pub classes: BTreeMap<String, ClassEnd>,
    /// How each reviewer ended, by name.
    pub reviewers: BTreeMap<String, ReviewerEnd>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassEnd {
    pub standing: Standing,
    /// The segments that run by themselves.
    pub automated: Vec<String>,
    pub attempt: u32,
    pub pull_backs: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviewerEnd {
    pub suspect: Option<Suspicion>,
    pub hasty_share: f64,
    pub watch: f64,
}

/// An exception on its way.
#[derive(Debug)]
struct Waiting {
    due: f64,
    /// Of the action it is about.
    i: u64,
    ran_at: f64,
    class: String,
    segment: String,
    critical: bool,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> Ordering {
        self.due.total_cmp(&other.due).then(self.i.cmp(&other.i))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}

impl Replay {
    pub fn new(config: Config) -> Replay {
        Replay { boundary: Boundary::new(config), latest: f64::NEG_INFINITY, ..Replay::default() }
    }

    /// Takes the next line of the tape: what moved, and for an action, last, where it went. An empty line is passed over.
    ///
    /// # Errors
    /// A line that is not as a tape line must be, with its number and the field at fault. Nothing has moved then.
    pub fn line(&mut self, text: &str) -> Result<Vec<Answer>, TapeError> {
        self.lines += 1;
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let number = self.lines;
        let at_line = |field: &str, why: String| TapeError { line: number, field: field.to_owned(), why };
        let line = tape::parse(text).map_err(|error| at_line(&error.field, error.why))?;
        if line.ts() < self.latest {
            let why = format!("goes back from {} to {}; sort the tape by time", self.latest, line.ts());
            return Err(at_line("ts", why));
        }
        if let Line::Action(action) = &line {
            // Asked for its error: that the segment is declared.
            self.boundary
                .route(&action.class, &action.segment, 0.0)
                .map_err(|refused| at_line("segment", format!("is wrong: {refused}")))?;
        }
        self.latest = line.ts();
        let mut answers = Vec::new();
        let done = self.deliver_exceptions(line.ts(), &mut answers).and_then(|()| match &line {
            Line::Change(change) => self.change(change, &mut answers),
            Line::Action(action) => self.action(action, &mut answers),
            Line::Living(living) => self.living(living, &mut answers),
        });
        done.map_err(|refused| at_line("segment", format!("is wrong: {refused}")))?;
        Ok(answers)
    }

    #[cfg(test)]
    pub(super) fn boundary_mut(&mut self) -> &mut Boundary {
        &mut self.boundary
    }

    /// How the policy stands after the lines so far.
    pub fn boundary(&self) -> &Boundary {
        &self.boundary
    }

    pub fn summary(&self) -> Summary {
        let class_end = |name: &str, class: &Class| {
            let evidence = self.boundary.evidence(name);
            let automated = evidence.segments.into_iter().filter(|segment| segment.automated);
            ClassEnd {
                standing: evidence.standing,
                automated: automated.map(|segment| segment.segment).collect(),
                attempt: class.attempt,
                pull_backs: class.pull_backs,
            }
        };
        let reviewer_end = |reviewer: &Reviewer| ReviewerEnd {
            suspect: reviewer.suspect(),
            hasty_share: reviewer.hasty_share(),
            watch: reviewer.watch(),
        };
        Summary {
            summary: self.routes,
            lines: self.lines,
            classes: self
                .boundary
                .classes()
                .map(|(name, class)| (name.to_owned(), class_end(name, class)))
                .collect(),
            reviewers: self
                .boundary
                .reviewers()
                .map(|(name, reviewer)| (name.to_owned(), reviewer_end(reviewer)))
                .collect(),
        }
    }

    fn deliver_exceptions(&mut self, ts: f64, answers: &mut Vec<Answer>) -> Result<(), super::Refused> {
        while self.waiting.peek().is_some_and(|Reverse(next)| next.due <= ts) {
            let Some(Reverse(exception)) = self.waiting.pop() else { break };
            let Waiting { due, i, ran_at, class, segment, critical } = &exception;
            let what = What::Exception { segment, ran_at: *ran_at, critical: *critical };
            self.observe(*i, *due, class, what, answers)?;
        }
        Ok(())
    }

    fn change(&mut self, change: &Change, answers: &mut Vec<Answer>) -> Result<(), super::Refused> {
        let i = change.i.unwrap_or(self.next_i);
        self.observe(i, change.ts, &change.class, What::Changed { cause: &change.what }, answers)
    }

    fn action(&mut self, action: &Action, answers: &mut Vec<Answer>) -> Result<(), super::Refused> {
        let Action { i, ts, ref class, ref segment, ref probe, .. } = *action;
        self.next_i = i + 1;
        let review = action.review.as_ref().map(|review| review.as_review(action.words_new));
        let probe =
            probe.as_ref().map(|probe| What::Probed { reviewer: &probe.reviewer, caught: probe.caught });
        let reviewed = |asked| review.map(|review| What::Reviewed { segment, asked, review });
        let route = match action.route {
            Some(route) => route,
            None => self.boundary.route(class, segment, action.u_audit)?,
        };
        match route {
            Route::Gate => {
                self.routes.gate += 1;
                for what in probe.into_iter().chain(reviewed(Asked::ByGate)) {
                    self.observe(i, ts, class, what, answers)?;
                }
                if !self.by_hand {
                    self.graduate(action, answers)?;
                }
            }
            Route::Audit => {
                self.routes.audit += 1;
                let audited =
                    review.map(|review| What::Audited { segment, flagged: review.outcome.is_defect() });
                for what in reviewed(Asked::ForAudit).into_iter().chain(probe).chain(audited) {
                    self.observe(i, ts, class, what, answers)?;
                }
            }
            Route::Auto => {
                self.routes.auto += 1;
                self.observe(i, ts, class, What::Ran { segment }, answers)?;
                self.waiting.extend(action.exception.as_ref().map(|exception| {
                    Reverse(Waiting {
                        due: ts + exception.after_s,
                        i,
                        ran_at: ts,
                        class: class.clone(),
                        segment: segment.clone(),
                        critical: exception.critical,
                    })
                }));
            }
        }
        answers.push(Answer::Route { i, route });
        Ok(())
    }

    fn living(&mut self, living: &Living, answers: &mut Vec<Answer>) -> Result<(), super::Refused> {
        let Living { ts, ref class, ref event, .. } = *living;
        let i = living.i.unwrap_or(self.next_i);
        let what = match event {
            Event::History => {
                self.by_hand = true;
                return Ok(());
            }
            Event::Settings(settings) => {
                self.boundary.declare(class, (**settings).clone());
                return Ok(());
            }
            Event::Config(config) => {
                let moves = self.boundary.adopt((**config).clone());
                answers.extend(moves.into_iter().map(|what| Answer::Event { what, i }));
                return Ok(());
            }
            Event::Widened(segments) => What::Widened { segments },
            Event::Narrowed(segments) => What::Narrowed { segments },
            Event::Locked => What::Locked,
            Event::Unlocked => What::Unlocked,
            Event::Exception { segment, ran_at, critical } => {
                What::Exception { segment, ran_at: *ran_at, critical: *critical }
            }
            Event::Probe(probe) => What::Probed { reviewer: &probe.reviewer, caught: probe.caught },
        };
        match self.observe(i, ts, class, what, answers) {
            // In a history, what was refused had no effect then either.
            Err(_) if self.by_hand => Ok(()),
            done => done,
        }
    }

    fn graduate(&mut self, action: &Action, answers: &mut Vec<Answer>) -> Result<(), super::Refused> {
        let Some(graduation) = self.boundary.ready(&action.class) else { return Ok(()) };
        let widened = What::Widened { segments: &graduation.segments };
        self.observe(action.i, action.ts, &action.class, widened, answers)?;
        answers.push(Answer::Event { what: Move::Graduated(graduation), i: action.i });
        Ok(())
    }

    /// Lets the boundary observe, and notes what moved. A restored reviewer is not among the events of a replay.
    fn observe(
        &mut self,
        i: u64,
        at: f64,
        class: &str,
        what: What<'_>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), super::Refused> {
        self.observations += 1;
        let moves = self.boundary.observe(&Observation { position: self.observations, at, class, what })?;
        let told = moves.into_iter().filter(|what| !matches!(what, Move::ReviewerRestored { .. }));
        answers.extend(told.map(|what| Answer::Event { what, i }));
        Ok(())
    }
}
