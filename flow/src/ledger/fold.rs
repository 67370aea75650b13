//! Taking facts, one after another.

use crate::boundary::{Asked, Boundary, Config, Move, Observation, Review, What, credit};
use crate::fact::{Fact, VerdictKind};
use crate::ids::{MemberId, Mint};
use crate::step::Place;

use super::declared::{Address, Declared};
use super::moved::{Grounds, How, Moved, Notice, Widening, cause_words};
use super::story::{Happened, Week, dwell_s};
use super::tape;
use super::told::{Note, Seen, Told, Weighed};
use super::{DECLINED_FOR_REVIEWS, Ledger};

/// Observations that one fact may bring, at most.
const A_FACT: u64 = 1 << 12;

/// Seconds on the boundary's clock: whole milliseconds, so that a tape written in decimals reads back exactly.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact in a double")]
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

impl Ledger {
    /// Takes the next fact and says what follows from it. A fact that was taken before changes nothing.
    pub fn take(&mut self, note: &Note) -> Vec<Notice> {
        if note.index < self.next {
            return Vec::new();
        }
        self.next = note.index + 1;
        self.latest_ms = self.latest_ms.max(note.at.as_millisecond());
        let mut taking = Taking { ledger: self, note, observed: 0, notices: Vec::new() };
        taking.take();
        taking.notices
    }
}

/// One fact being taken.
struct Taking<'a> {
    ledger: &'a mut Ledger,
    note: &'a Note,
    observed: u64,
    notices: Vec<Notice>,
}

impl Taking<'_> {
    fn take(&mut self) {
        match &self.note.told {
            Told::Judged { class, verdict, sends } => self.judged(class, *verdict, *sends),
            Told::Decided { weighed, seen, .. } => self.decided(weighed, *seen),
            Told::Ran { class } => self.ran(class),
            Told::Excepted { class, ran_at, critical, .. } => {
                self.excepted(class, ran_at.map(jiff::Timestamp::as_millisecond), *critical);
            }
            Told::Workspace(fact) => self.workspace(fact),
        }
    }

    fn at(&self) -> f64 {
        seconds(self.ledger.latest_ms)
    }

    /// Lets the boundary observe something about a class; what it refuses has no effect.
    fn observe(&mut self, class: &str, what: What<'_>) -> Vec<Move> {
        let position = self.note.index * A_FACT + self.observed;
        self.observed += 1;
        let at = self.at();
        self.ledger.boundary.observe(&Observation { position, at, class, what }).unwrap_or_default()
    }

    fn write(&mut self, line: impl FnOnce(f64, u64) -> serde_json::Value) {
        let (at, index) = (self.at(), self.note.index);
        if let Some(tape) = &mut self.ledger.tape {
            tape.push(line(at, index));
        }
    }

    /// Makes a class known when it is first seen: gated, or running where the playbook starts it so.
    fn meet(&mut self, class: &str) {
        if self.ledger.boundary.knows(class) {
            return;
        }
        let settings = self.ledger.declared.settings(class);
        self.write(|at, _| tape::settings(at, class, &settings));
        let segments = settings.segments.clone();
        self.ledger.boundary.declare(class, settings);
        self.ledger.classes.entry(class.to_owned()).or_default();
        if self.starts(class) == Place::Automated {
            self.widen(class, &segments);
        }
    }

    fn starts(&self, class: &str) -> Place {
        Ledger::step(class).map_or(Place::Gated, |step| self.ledger.declared.starts(step))
    }

    fn story(&mut self, class: &str) -> &mut super::ClassStory {
        self.ledger.classes.entry(class.to_owned()).or_default()
    }

    fn judged(&mut self, address: &str, verdict: VerdictKind, sends: bool) {
        let Address { class, .. } = Address::of(address);
        self.meet(class);
        let at = self.at();
        let (asked, ran) = (verdict == VerdictKind::Ask, verdict == VerdictKind::Run);
        let count = |week: &mut Week| {
            week.asked += u32::from(asked);
            week.ran += u32::from(ran);
        };
        count(self.story(class).weeks.at(at));
        count(self.ledger.weeks.at(at));
        // What goes outside has run when it arrived.
        if ran && !sends {
            self.ran(address);
        }
    }

    fn ran(&mut self, address: &str) {
        let Address { class, segment } = Address::of(address);
        self.meet(class);
        if self.ledger.boundary.is_automated(class, segment) != Some(true) {
            return;
        }
        self.write(|at, i| tape::ran(at, i, class, segment));
        self.observe(class, What::Ran { segment });
        let story = self.story(class);
        story.ran = story.ran.saturating_add(1);
    }

    fn decided(&mut self, weighed: &Weighed, seen: Seen) {
        let Some(member) = self.note.by else { return };
        let Address { class, segment } = Address::of(&weighed.class);
        self.meet(class);
        if self.ledger.boundary.is_automated(class, segment).is_none() {
            return;
        }
        let reviewer = member.to_string();
        let review = Review {
            reviewer: &reviewer,
            outcome: weighed.outcome,
            words_new: weighed.words_new,
            dwell_s: dwell_s(seen),
            bulk: false,
        };
        self.write(|at, i| tape::reviewed(at, i, (class, segment), weighed.asked, &review));
        let moves = self.observe(class, What::Reviewed { segment, asked: weighed.asked, review });
        self.count(class, member, weighed, seen);
        let standing = self.ledger.reviewer(member);
        let ms = self.ledger.latest_ms;
        let defect = weighed.outcome.is_defect();
        self.follow(class, moves);
        if weighed.asked == Asked::ForAudit {
            let moves = self.observe(class, What::Audited { segment, flagged: defect });
            let story = self.story(class);
            story.audits = story.audits.saturating_add(1);
            story.flagged = story.flagged.saturating_add(u32::from(defect));
            self.mark(class, if defect { Happened::Flagged } else { Happened::Clean });
            self.follow(class, moves);
        } else {
            let earned = credit(&review, &standing);
            self.story(class).reviewed(weighed, earned, ms);
            if defect {
                self.mark(class, Happened::Defect);
            }
            self.picture(class);
            self.propose(class);
        }
    }

    fn count(&mut self, class: &str, member: MemberId, weighed: &Weighed, seen: Seen) {
        let at = self.at();
        self.story(class).weeks.at(at).decided(weighed, seen);
        self.ledger.weeks.at(at).decided(weighed, seen);
        let story = self.ledger.members.entry(member).or_default();
        story.decided(weighed, seen);
        story.weeks.at(at).decided(weighed, seen);
    }

    fn excepted(&mut self, address: &str, ran_ms: Option<i64>, critical: bool) {
        // What a person approved is not the boundary's mistake.
        let Some(ran_ms) = ran_ms else { return };
        let Address { class, segment } = Address::of(address);
        self.meet(class);
        let ran_at = seconds(ran_ms);
        self.write(|at, i| tape::exception(at, i, (class, segment), ran_at, critical));
        let moves = self.observe(class, What::Exception { segment, ran_at, critical });
        let at = self.at();
        let story = self.story(class);
        story.exceptions = story.exceptions.saturating_add(1);
        story.weeks.at(at).exceptions += 1;
        self.ledger.weeks.at(at).exceptions += 1;
        self.mark(class, Happened::Exception);
        self.follow(class, moves);
    }

    fn workspace(&mut self, fact: &Fact) {
        match fact {
            Fact::PlaybookAdopted { files, boundary, .. } => {
                let templates = files.iter().filter(|(path, _)| path.starts_with("templates/"));
                let templates = templates.map(|(path, digest)| (path.clone(), digest.clone())).collect();
                self.adopt(boundary.clone().unwrap_or_default(), templates);
            }
            Fact::BoundaryMoved { moved } if moved.how.by_hand() => self.moved(moved),
            Fact::ProbesSwitched { on, .. } => self.ledger.probing = *on,
            Fact::ProbeDecided { class, caught, .. } => self.probed(class, *caught),
            _ => {}
        }
    }

    fn probed(&mut self, address: &str, caught: bool) {
        let Some(member) = self.note.by else { return };
        let Address { class, .. } = Address::of(address);
        self.meet(class);
        let reviewer = member.to_string();
        self.write(|at, _| tape::probe(at, class, &reviewer, caught));
        let moves = self.observe(class, What::Probed { reviewer: &reviewer, caught });
        let at = self.at();
        let story = self.ledger.members.entry(member).or_default();
        story.since_probe = 0;
        let week = story.weeks.at(at);
        week.probes += 1;
        week.caught += u32::from(caught);
        self.follow(class, moves);
        self.propose(class);
    }

    /// A playbook came into force: what it changes of a class is another question, and the evidence is about the old one.
    fn adopt(&mut self, declared: Declared, templates: std::collections::BTreeMap<String, String>) {
        let before = std::mem::replace(&mut self.ledger.declared, declared);
        let old = std::mem::replace(&mut self.ledger.templates, templates);
        let known: Vec<String> = self.ledger.boundary.classes().map(|(name, _)| name.to_owned()).collect();
        let settings = |class: &String| (class.clone(), self.ledger.declared.settings(class));
        let config = Config { classes: known.iter().map(settings).collect(), ..Config::default() };
        self.write(|at, _| tape::config(at, &config));
        let moves = self.ledger.boundary.adopt(config);
        let reset: Vec<String> = moves.iter().filter_map(reset_class).collect();
        for class in &known {
            let changed = self.changed_template(class, &old).then_some("template").or_else(|| {
                let applies = Ledger::step(class).is_some_and(|step| step.sends());
                (applies && before.policy != self.ledger.declared.policy).then_some("policy")
            });
            let moved = Ledger::step(class).map(|step| (before.starts(step), self.starts(class)));
            if reset.contains(class) {
                self.follow(
                    class,
                    moves.iter().filter(|m| reset_class(m).as_ref() == Some(class)).cloned().collect(),
                );
            } else if let Some(cause) = changed {
                self.write(|at, i| tape::change(at, i, class, cause));
                let moves = self.observe(class, What::Changed { cause });
                self.follow(class, moves);
            }
            self.restart(class, moved, reset.contains(class) || changed.is_some());
        }
    }

    /// A class that the playbook starts elsewhere than before goes there; one whose evidence was erased goes where it starts.
    fn restart(&mut self, class: &str, moved: Option<(Place, Place)>, erased: bool) {
        let Some((before, now)) = moved else { return };
        let segments = self.ledger.boundary.config().of(class).segments.clone();
        if now == Place::Automated && (before != now || erased) {
            self.widen(class, &segments);
        } else if before == Place::Automated && now != before {
            self.narrow(class, &segments);
        }
    }

    /// Whether a text that actions of this class are made from changed.
    fn changed_template(&self, class: &str, old: &std::collections::BTreeMap<String, String>) -> bool {
        let Some(template) = Address::of(class).template() else { return false };
        let is_its = |path: &str| {
            let Some(label) = path.strip_prefix("templates/").and_then(|path| path.strip_suffix(".md"))
            else {
                return false;
            };
            label == template || label.rsplit_once('.').is_some_and(|(name, _)| name == template)
        };
        let of = |all: &std::collections::BTreeMap<String, String>| -> Vec<(String, String)> {
            all.iter().filter(|(path, _)| is_its(path)).map(|(a, b)| (a.clone(), b.clone())).collect()
        };
        !old.is_empty() && of(old) != of(&self.ledger.templates)
    }

    /// A person moved the boundary.
    fn moved(&mut self, moved: &Moved) {
        let class = moved.class.as_str();
        self.meet(class);
        let all = self.ledger.boundary.config().of(class).segments.clone();
        let segments = if moved.segments.is_empty() { all } else { moved.segments.clone() };
        match moved.how {
            How::Widened => {
                self.widen(class, &segments);
                self.ledger.widenings.remove(class);
            }
            How::Narrowed => {
                self.narrow(class, &segments);
                self.story(class).pulled_back = false;
            }
            How::Locked => {
                self.write(|at, _| tape::plain(at, "locked", class));
                let moves = self.observe(class, What::Locked);
                self.ledger.widenings.remove(class);
                self.follow(class, moves);
            }
            How::Unlocked => {
                self.write(|at, _| tape::plain(at, "unlocked", class));
                self.observe(class, What::Unlocked);
            }
            How::Declined => {
                self.ledger.widenings.remove(class);
                let story = self.story(class);
                story.declined_at = Some(story.reviews);
            }
            _ => {}
        }
    }

    fn widen(&mut self, class: &str, segments: &[String]) {
        self.write(|at, _| tape::segments(at, "widened", class, segments));
        self.observe(class, What::Widened { segments });
        // A floor and a locked class stay as they are.
        if segments.iter().any(|segment| self.ledger.boundary.is_automated(class, segment) == Some(true)) {
            self.story(class).pulled_back = false;
            self.mark(class, Happened::Widened);
        }
    }

    fn narrow(&mut self, class: &str, segments: &[String]) {
        self.write(|at, _| tape::segments(at, "narrowed", class, segments));
        self.observe(class, What::Narrowed { segments });
        self.mark(class, Happened::Narrowed);
    }

    fn mark(&mut self, class: &str, what: Happened) {
        let story = self.story(class);
        let at = story.reviews.saturating_add(story.audits);
        story.trace.mark(at, what);
    }

    fn picture(&mut self, class: &str) {
        let story = self.story(class);
        let at = story.reviews.saturating_add(story.audits);
        if story.trace.is_due(at)
            && let Some(margin) = self.ledger.boundary.margin(class)
        {
            self.story(class).trace.point(at, margin);
        }
    }

    /// Asks an admin when the evidence reaches the bar, and takes that back when it no longer does.
    fn propose(&mut self, class: &str) {
        let story = self.story(class);
        let (reviews, declined) = (story.reviews, story.declined_at);
        if declined.is_some_and(|at| reviews < at.saturating_add(DECLINED_FOR_REVIEWS)) {
            return;
        }
        let ready = self.ledger.boundary.ready(class);
        let waits = self.ledger.widenings.get(class).map(|widening| widening.segments.clone());
        match (ready, waits) {
            (Some(ready), Some(segments)) if ready.segments == segments => {}
            (None, None) => {}
            (ready, waits) => {
                if waits.is_some() {
                    self.overtake(class);
                }
                let Some(ready) = ready else { return };
                let mut seed = [0; 32];
                seed[..8].copy_from_slice(&self.note.index.to_be_bytes());
                let id = Mint::new(seed, self.note.at).id();
                let grounds = Grounds::of(&ready);
                let segments = ready.segments;
                let widening = Widening {
                    id,
                    class: class.to_owned(),
                    segments: segments.clone(),
                    at: self.note.at,
                    grounds,
                };
                self.ledger.widenings.insert(class.to_owned(), widening);
                let why = "Its evidence reached the bar.".to_owned();
                self.tell(class, segments, How::Proposed, why, Some((id, grounds)), None);
            }
        }
    }

    fn overtake(&mut self, class: &str) {
        if let Some(old) = self.ledger.widenings.remove(class) {
            let why = "Its evidence no longer reaches the bar.".to_owned();
            self.tell(class, old.segments, How::Overtaken, why, Some((old.id, old.grounds)), None);
        }
    }

    /// What moved is marked and told.
    fn follow(&mut self, class: &str, moves: Vec<Move>) {
        for what in moves {
            match what {
                Move::PulledBack { cause, segment, attempt, locked, .. } => {
                    self.story(class).pulled_back = true;
                    self.mark(class, Happened::Narrowed);
                    self.overtake(class);
                    let how = if locked { How::PulledBackLocked } else { How::PulledBack };
                    let segments = segment.into_iter().collect();
                    self.tell(class, segments, how, cause_words(cause).into(), None, Some(attempt));
                }
                Move::EvidenceReset { cause, .. } => {
                    self.story(class).pulled_back = false;
                    self.story(class).declined_at = None;
                    self.mark(class, Happened::Reset);
                    self.overtake(class);
                    let why = match cause.as_str() {
                        "template" => "The template’s text changed.".to_owned(),
                        "policy" => "The policy or the limit that applies changed.".to_owned(),
                        "locked" => continue,
                        other => format!("Declared to have changed: {other}."),
                    };
                    self.tell(class, Vec::new(), How::Reset, why, None, None);
                }
                Move::StartedOver { segment, attempt, .. } => {
                    self.mark(class, Happened::Reset);
                    let why = "It was worse than its limit, and has been clean for long.".to_owned();
                    self.tell(class, vec![segment], How::StartedOver, why, None, Some(attempt));
                }
                turned @ (Move::ReviewerSuspect { .. } | Move::ReviewerRestored { .. }) => {
                    self.notices.push(Notice::Reviewer(turned));
                }
                Move::Graduated(_) => {}
            }
        }
    }

    fn tell(
        &mut self,
        class: &str,
        segments: Vec<String>,
        how: How,
        why: String,
        proposed: Option<(crate::ids::ProposalId, Grounds)>,
        attempt: Option<u32>,
    ) {
        let (proposal, grounds) = proposed.unzip();
        self.notices.push(Notice::Moved(Moved {
            class: class.to_owned(),
            segments,
            how,
            why,
            proposal,
            grounds,
            attempt,
            because: Some(self.note.index),
        }));
    }
}

fn reset_class(what: &Move) -> Option<String> {
    match what {
        Move::EvidenceReset { class, .. } => Some(class.clone()),
        _ => None,
    }
}

impl Ledger {
    /// A ledger that writes the tape of what it takes; see [`Ledger::lines`].
    pub fn writing() -> Ledger {
        Ledger {
            tape: Some(vec![tape::begin()]),
            boundary: Boundary::new(Config::default()),
            ..Ledger::default()
        }
    }

    /// The lines of the tape since they were last asked for.
    pub fn lines(&mut self) -> Vec<serde_json::Value> {
        self.tape.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
