//! Who is there now, and where each team's rotation stands: what the caller knows at the moment of a decision.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::Assignment;
use super::rules::Rules;
use super::standing::{OutOfTurn, Standing, Turn};

/// One member's present situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    pub member: Uuid,
    /// As the playbook names the member; small letters.
    pub email: String,
    /// As people call the member.
    pub name: String,
    /// Leads the member owns that are not closed.
    pub open_leads: u32,
    pub absence: Option<Absence>,
    /// The member's own switch: no new leads for now.
    pub paused: bool,
    /// Whether this is within the member's working hours.
    pub working_now: bool,
}

/// An absence that covers this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The day the member is back, if it is known.
    pub until: Option<Date>,
}

impl Desk {
    /// Neither absent nor paused: a lead that belongs to the member can stay.
    #[must_use]
    pub fn present(&self) -> bool {
        self.absence.is_none() && !self.paused
    }
}

/// The desks of a workspace's members, and its teams' standings, arranged for the rules they are used with.
///
/// Made once from what the store has; [`Rota::took`] carries it on from one assignment to the next, so that many leads
/// can be routed in a row without reading again.
#[derive(Clone, Debug)]
pub struct Rota {
    desks: Vec<Desk>,
    by_member: HashMap<Uuid, usize>,
    /// In the order of the rules' teams.
    teams: Vec<TeamRota>,
}

/// One team's standing, and for each of its seats the desk and the level that belong to it.
#[derive(Clone, Debug)]
pub(super) struct TeamRota {
    pub(super) standing: Standing,
    /// In the order of the team's seats; `None` for someone who is no longer a member.
    pub(super) seats: Vec<Option<Seated>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Seated {
    pub(super) desk: usize,
    /// Index into the standing's levels.
    pub(super) level: usize,
    weight: u32,
}

impl Rota {
    /// Arranges desks and standings for `rules`. A team without a standing, and a seat without a level, start afresh.
    #[must_use]
    pub fn new(rules: &Rules, desks: Vec<Desk>, standings: Vec<Standing>) -> Rota {
        let by_email: HashMap<&str, usize> =
            desks.iter().enumerate().map(|(at, desk)| (desk.email.as_str(), at)).collect();
        let mut known: HashMap<String, Standing> =
            standings.into_iter().map(|standing| (standing.team.clone(), standing)).collect();
        let mut teams = Vec::with_capacity(rules.teams().len());
        for team in rules.teams() {
            let standing = known.remove(&team.name).unwrap_or_else(|| Standing::new(&team.name));
            let present: Vec<_> =
                team.seats.iter().map(|seat| by_email.get(seat.member.as_str()).copied()).collect();
            let seats = team.seats.iter().zip(present);
            let seats =
                seats.map(|(seat, desk)| desk.map(|desk| Seated { desk, level: 0, weight: seat.weight }));
            let mut team = TeamRota { seats: seats.collect(), standing };
            team.find_levels(&desks);
            teams.push(team);
        }
        let by_member = desks.iter().enumerate().map(|(at, desk)| (desk.member, at)).collect();
        Rota { desks, by_member, teams }
    }

    #[must_use]
    pub fn desk(&self, member: Uuid) -> Option<&Desk> {
        self.by_member.get(&member).map(|at| &self.desks[*at])
    }

    pub(super) fn desk_of(&self, email: &str) -> Option<&Desk> {
        self.desks.iter().find(|desk| desk.email == email)
    }

    pub(super) fn desk_at(&self, index: usize) -> &Desk {
        &self.desks[index]
    }

    pub(super) fn team(&self, index: usize) -> &TeamRota {
        &self.teams[index]
    }

    /// The standings as they are now, for the store.
    pub fn standings(&self) -> impl Iterator<Item = &Standing> {
        self.teams.iter().map(|team| &team.standing)
    }

    /// Carries the rota on over an assignment: one lead more for its owner, and the turn is taken.
    ///
    /// # Errors
    /// [`OutOfTurn`] when the assignment was decided on another standing; nothing has changed then.
    pub fn took(&mut self, assignment: &Assignment) -> Result<(), OutOfTurn> {
        self.carry_on(assignment.owner, assignment.turn.as_ref())
    }

    /// The same from what the fact of the assignment keeps of it.
    ///
    /// # Errors
    /// As [`Rota::took`].
    pub fn carry_on(&mut self, owner: Option<Uuid>, turn: Option<&Turn>) -> Result<(), OutOfTurn> {
        if let Some(turn) = turn
            && let Some(team) = self.teams.iter_mut().find(|team| team.standing.team == turn.team)
        {
            let levels = team.standing.levels.len();
            team.standing.assigned(turn)?;
            if team.standing.levels.len() != levels {
                team.find_levels(&self.desks);
            }
        }
        self.count(owner, |open| open.saturating_add(1));
        Ok(())
    }

    /// A lead that `member` had from `team` went back to the pool.
    pub fn given_back(&mut self, team: Option<&str>, member: Uuid) {
        self.moved_by_hand(team, Some(member), None);
    }

    /// A person gave a lead of `team` to somebody else, or to nobody.
    pub fn moved_by_hand(&mut self, team: Option<&str>, from: Option<Uuid>, to: Option<Uuid>) {
        self.count(from, |open| open.saturating_sub(1));
        self.count(to, |open| open.saturating_add(1));
        let desks = &self.desks;
        if let Some(team) = self.teams.iter_mut().find(|known| Some(known.standing.team.as_str()) == team) {
            let seat = team
                .seats
                .iter()
                .flatten()
                .find(|seat| Some(desks[seat.desk].member) == to && seat.weight > 0);
            let to = seat.map(|seat| (desks[seat.desk].member, seat.weight));
            team.standing.moved_by_hand(from, to);
        }
    }

    fn count(&mut self, member: Option<Uuid>, change: impl Fn(u32) -> u32) {
        if let Some(at) = member.and_then(|member| self.by_member.get(&member)) {
            self.desks[*at].open_leads = change(self.desks[*at].open_leads);
        }
    }
}

impl TeamRota {
    /// Gives every seat its level, making those that are missing. A new level moves those behind it, so all are made
    /// before any is looked up.
    fn find_levels(&mut self, desks: &[Desk]) {
        for seat in self.seats.iter().flatten() {
            self.standing.seat(desks[seat.desk].member, seat.weight);
        }
        for seat in self.seats.iter_mut().flatten() {
            seat.level = self.standing.seat(desks[seat.desk].member, seat.weight);
        }
    }
}
