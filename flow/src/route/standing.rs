//! Whose turn it is: the arithmetic that keeps a team's rotation fair.
//!
//! Every seat has a *level*: the leads it was given, less those it gave back, plus a calibration that puts it in step
//! with the others when it joins, returns, or was away. Levels are whole turns. A level divided by the seat's weight
//! is the seat's place in time, and the next lead goes to the seat whose next turn is due first, among those that are
//! not ahead of the average (earliest eligible deadline first: Stoica & Abdel-Wahab 1995; the quota method of Balinski &
//! Young 1975). All comparisons are of integers, cross-multiplied, so nothing drifts.
//!
//! What follows from it, and is tested:
//! - over any window of assignments, two seats of equal weight that were able throughout differ by at most one,
//!   whatever others do meanwhile, joining, leaving or returning;
//! - while the same seats are able from a fresh start, each has its exact share, to within one, at every point
//!   (so over any window within that, to within two).
//!
//! To be away costs nothing, and earns one turn at most: who returns is lifted to one turn before the place in time at
//! which the rotation has arrived, so nobody is flooded. That needs no event: the team's *marks*, the highest level at
//! which each weight was ever served, say where that is.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// One member's level in one team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    pub member: Uuid,
    /// The weight that the turns below were counted with.
    pub weight: u32,
    pub assigned: i64,
    pub given_back: i64,
    pub calibration: i64,
    /// The number of the team's turn at which this member was last served; ties go to the longest ago.
    pub last: u64,
}

impl Level {
    fn new(member: Uuid, weight: u32) -> Level {
        Level { member, weight, assigned: 0, given_back: 0, calibration: 0, last: 0 }
    }

    /// `assigned + calibration − given back`, in turns.
    #[must_use]
    pub fn turns(&self) -> i64 {
        self.assigned + self.calibration - self.given_back
    }

    /// The same place in time, counted in turns of another weight.
    fn turns_at(&self, weight: u32) -> i64 {
        if self.weight == weight || self.weight == 0 {
            return self.turns();
        }
        let turns = i128::from(self.turns()) * i128::from(weight);
        i64::try_from(turns.div_euclid(i128::from(self.weight))).unwrap_or(i64::MAX)
    }

    /// Moves the level to `turns`, counted with `weight`, and remembers the difference as calibration.
    fn calibrate(&mut self, turns: i64, weight: u32) {
        self.calibration += turns - self.turns();
        self.weight = weight;
    }
}

/// Where a team's rotation stands. Kept by the store, one for each team; changed only by the functions below, each of
/// which belongs to a fact, so the standing can be rebuilt from the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub team: String,
    /// Changes so far, nearly all of them turns. A decision made on an older standing is refused, so two at once cannot
    /// take the same turn, and the later of two standings is the one to keep.
    pub turn: u64,
    /// For each weight, the highest level at which a seat of that weight was served.
    pub marks: BTreeMap<u32, i64>,
    /// In order of member.
    pub levels: Vec<Level>,
}

/// A turn that an assignment takes; part of the fact of the assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub team: String,
    /// One more than the standing it was decided on.
    pub number: u64,
    pub member: Uuid,
    pub weight: u32,
    /// The level it was taken at, calibrated.
    pub level: i64,
    /// Whether the rotation chose. A lead that came to a member for another reason (an account stays with its owner)
    /// counts for the member and leaves the rotation where it was.
    pub in_rotation: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "turn {number} of team `{team}` was decided when it was turn {expected}'s: decide again on the present standing"
)]
pub struct OutOfTurn {
    pub team: String,
    pub number: u64,
    pub expected: u64,
}

impl Standing {
    #[must_use]
    pub fn new(team: impl Into<String>) -> Standing {
        Standing { team: team.into(), ..Standing::default() }
    }

    #[must_use]
    pub fn level(&self, member: Uuid) -> Option<&Level> {
        self.find(member).ok().map(|at| &self.levels[at])
    }

    fn find(&self, member: Uuid) -> Result<usize, usize> {
        self.levels.binary_search_by_key(&member, |level| level.member)
    }

    fn level_mut(&mut self, member: Uuid, weight: u32) -> &mut Level {
        let at = self.seat(member, weight);
        &mut self.levels[at]
    }

    /// The index of a member's level, which is made when there is none.
    pub(super) fn seat(&mut self, member: Uuid, weight: u32) -> usize {
        self.find(member).unwrap_or_else(|at| {
            self.levels.insert(at, Level::new(member, weight));
            at
        })
    }

    /// A lead was assigned.
    ///
    /// # Errors
    /// [`OutOfTurn`] when the turn was decided on another standing than this; nothing has changed then.
    pub fn assigned(&mut self, turn: &Turn) -> Result<(), OutOfTurn> {
        if turn.number != self.turn + 1 {
            return Err(OutOfTurn { team: self.team.clone(), number: turn.number, expected: self.turn + 1 });
        }
        self.turn = turn.number;
        let level = self.level_mut(turn.member, turn.weight);
        level.calibrate(turn.level, turn.weight);
        level.assigned += 1;
        if turn.in_rotation {
            level.last = turn.number;
            let mark = self.marks.entry(turn.weight).or_insert(turn.level);
            *mark = turn.level.max(*mark);
        }
        Ok(())
    }

    /// A lead went back to the pool (not answered in time, released, undone): the turn is owed again, and first.
    ///
    /// More than the turn last taken is not made up for: nobody is flooded for having given back many.
    pub fn given_back(&mut self, member: Uuid) {
        self.moved_by_hand(Some(member), None);
    }

    /// A person moved a lead by hand: it counts for the one who has it now, and no longer for the one who had it.
    /// `to` comes with the weight of the seat.
    pub fn moved_by_hand(&mut self, from: Option<Uuid>, to: Option<(Uuid, u32)>) {
        self.turn += 1;
        if let Some(at) = from.and_then(|from| self.find(from).ok()) {
            self.levels[at].given_back += 1;
            self.levels[at].last = 0;
        }
        if let Some((to, weight)) = to {
            self.calibrate(to, weight).assigned += 1;
        }
    }

    /// A member joined the team, or is back: writes down the level to which the marks lift it anyway, so that it shows.
    pub fn arrived(&mut self, member: Uuid, weight: u32) {
        self.turn += 1;
        self.calibrate(member, weight);
    }

    fn calibrate(&mut self, member: Uuid, weight: u32) -> &mut Level {
        let place = self.place(member, weight);
        let level = self.level_mut(member, weight);
        level.calibrate(place, weight);
        level
    }

    /// Where a member stands now, in turns of `weight`: no further behind the rotation than one turn.
    #[must_use]
    pub fn place(&self, member: Uuid, weight: u32) -> i64 {
        let turns = self.level(member).map_or(0, |level| level.turns_at(weight));
        self.paces().of(weight).lift(turns)
    }

    /// The furthest place in time at which anybody was served, as turns and weight.
    fn front(&self) -> Option<(i64, u32)> {
        let later = |a: &(&u32, &i64), b: &(&u32, &i64)| {
            (i128::from(*a.1) * i128::from(*b.0)).cmp(&(i128::from(*b.1) * i128::from(*a.0)))
        };
        self.marks
            .iter()
            .filter(|(weight, _)| **weight > 0)
            .max_by(later)
            .map(|(weight, turns)| (*turns, *weight))
    }

    /// What the marks mean for the seats.
    pub(super) fn paces(&self) -> Paces<'_> {
        Paces { marks: &self.marks, front: self.front() }
    }

    /// The seat whose level is at `at`, lifted to the pace of its weight.
    pub(super) fn contender(&self, at: usize, weight: u32, pace: Pace) -> Contender {
        let level = &self.levels[at];
        let turns = pace.lift(level.turns_at(weight));
        Contender { member: level.member, weight, level: turns, last: level.last, ahead: turns > pace.ahead }
    }
}

/// `numerator / denominator`, rounded down. The denominator is not zero.
fn whole(numerator: i128, denominator: i128) -> i64 {
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        // Dividing wide numbers takes ten times as long, and every seat asks for this.
        (Ok(numerator), Ok(denominator)) => numerator.div_euclid(denominator),
        _ => i64::try_from(numerator.div_euclid(denominator)).unwrap_or(i64::MAX),
    }
}

/// The marks of a team, read once for all its seats.
pub(super) struct Paces<'a> {
    marks: &'a BTreeMap<u32, i64>,
    front: Option<(i64, u32)>,
}

impl Paces<'_> {
    pub(super) fn of(&self, weight: u32) -> Pace {
        let Some((turns, of)) = self.front else { return Pace { floor: None, ahead: i64::MAX } };
        let (front, of) = (i128::from(turns) * i128::from(weight), i128::from(of));
        // One turn before the front, rounded up; and never before a turn that was served at this weight.
        let before = whole(front - 1, of);
        let floor = self.marks.get(&weight).map_or(before, |mark| before.max(*mark));
        Pace { floor: Some(floor), ahead: whole(front, of).saturating_add(1) }
    }
}

/// Where seats of one weight must be at least, and above which level they are ahead of the rotation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    floor: Option<i64>,
    ahead: i64,
}

impl Pace {
    fn lift(self, turns: i64) -> i64 {
        self.floor.map_or(turns, |floor| floor.max(turns))
    }
}

/// A seat that can take the lead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender {
    pub(super) member: Uuid,
    pub(super) weight: u32,
    pub(super) level: i64,
    last: u64,
    /// Further ahead than a turn: has leads by hand that the rotation has yet to catch up with, and sits out meanwhile.
    ahead: bool,
}

impl Contender {
    /// Orders by when the next turn is due; then the heavier first, so that its turns spread evenly; then by who waits
    /// longest; then by member.
    fn due(&self, other: &Contender) -> Ordering {
        let due = |a: &Contender, b: &Contender| (i128::from(a.level) + 1) * i128::from(b.weight);
        due(self, other)
            .cmp(&due(other, self))
            .then(other.weight.cmp(&self.weight))
            .then(self.last.cmp(&other.last))
            .then(self.member.cmp(&other.member))
    }

    /// Orders by open leads for each unit of weight, then by turns.
    fn load(&self, open: u32, other: &Contender, other_open: u32) -> Ordering {
        (u64::from(open) * u64::from(other.weight))
            .cmp(&(u64::from(other_open) * u64::from(self.weight)))
            .then_with(|| self.due(other))
    }
}

/// The position of the contender whose turn it is; `None` only when there are none. Weights are not zero.
pub(super) fn next_in_turn(contenders: &[Contender]) -> Option<usize> {
    let any_in_step = contenders.iter().any(|one| !one.ahead);
    let taking_part = |one: &Contender| !(any_in_step && one.ahead);
    let (turns, weight) =
        contenders.iter().filter(|one| taking_part(one)).fold((0i128, 0i128), |(turns, weight), one| {
            (turns + i128::from(one.level), weight + i128::from(one.weight))
        });
    let eligible = |one: &Contender| i128::from(one.level) * weight <= turns * i128::from(one.weight);
    let chosen = contenders.iter().enumerate().filter(|(_, one)| taking_part(one) && eligible(one));
    chosen.min_by(|(_, a), (_, b)| a.due(b)).map(|(at, _)| at)
}

/// The position of the contender with the least to do; `open` gives each one's open leads.
pub(super) fn least_loaded(contenders: &[Contender], open: impl Fn(usize) -> u32) -> Option<usize> {
    let all = contenders.iter().enumerate();
    all.min_by(|(i, a), (j, b)| a.load(open(*i), b, open(*j))).map(|(at, _)| at)
}
