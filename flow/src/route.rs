//! Whose lead is it: an owner, or a queue, and why.
//!
//! [`check`] turns the routing part of a playbook into [`Rules`]; [`route`] applies them to one lead. It is a total
//! function: whatever the lead and the rota are like, the lead comes out with an owner or in a queue, and with the
//! reasons in words. Who is next in a team is decided in [`standing`](Standing); conditions are CEL over [`Facts`].

mod condition;
mod drain;
mod facts;
mod fit;
mod placed;
mod rota;
mod rules;
mod standing;
mod why;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use condition::{BRACKETS_MAX, CONDITION_MAX_BYTES, COST_MAX, Condition, ConditionError, DEPTH_MAX};
pub use drain::{Waiting, drain, drain_order};
pub use facts::{
    AccountFacts, FIELD_LIST_MAX, FIELDS_MAX, Facts, LeadFacts, SHORT_TEXT_MAX_BYTES, TEXT_MAX_BYTES,
    TimeFacts,
};
pub use rota::{Absence, Desk, Rota};
pub use rules::{
    AfterHours, Draft, Fallback, Flaw, RULES_MAX, Rule, RuleDraft, Rules, SEATS_MAX, Seat, SeatDraft,
    Strategy, TEAMS_MAX, Target, Team, TeamDraft, WEIGHT_MAX, check,
};
pub use standing::{Level, OutOfTurn, Standing, Turn};
pub use why::{Outcome, PASSED_OVER_MAX, PassedOver, Reason, Tried, Why};

use fit::Fit;
use placed::{Placed, Search};
use rota::Seated;
use standing::{Contender, least_loaded, next_in_turn};

/// Who the lead has to do with already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// The owner of the lead when it comes back.
    pub previous_owner: Option<Uuid>,
    pub account_owner: Option<Uuid>,
    /// Members from whom this lead was taken back; it does not go to them again.
    pub not_to: Vec<Uuid>,
}

/// Where a lead goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub owner: Option<Uuid>,
    /// Where it waits, when it has no owner.
    pub queue: Option<String>,
    /// The team that has it, or that it waits for.
    pub team: Option<String>,
    /// Nobody can take it: it belongs on the board, in red.
    pub alarm: bool,
    /// What the assignment does to the team's standing; the store applies it in the same transaction.
    pub turn: Option<Turn>,
    pub why: Why,
}

/// Assigns one lead.
#[must_use]
pub fn route(rules: &Rules, facts: &Facts, rota: &Rota, ties: &Ties) -> Assignment {
    let routing = Routing { rules, facts, rota, ties };
    let mut tried = Vec::new();
    for rule in rules.rules() {
        match rule.when.matches(facts) {
            Ok(false) => {}
            Err(error) => {
                tried.push(Tried { rule: rule.name.clone(), outcome: Outcome::Failed(error.message) })
            }
            Ok(true) => match routing.apply(rule) {
                Ok(placed) => {
                    tried.push(Tried { rule: rule.name.clone(), outcome: Outcome::Decided });
                    return placed.explained(Some(rule), tried);
                }
                Err(nobody) => {
                    tried.push(Tried { rule: rule.name.clone(), outcome: Outcome::NobodyThere(nobody) })
                }
            },
        }
    }
    routing.fall_back(Search::default(), &[]).explained(None, tried)
}

/// Whom the next lead goes to. A rota answers by itself; a shell whose rota many deliveries share at once answers and carries
/// it on in one go, so that nobody has to wait while a whole decision is made.
pub trait Assigns: Sync {
    /// Routes one lead.
    fn assign(&self, rules: &Rules, facts: &Facts, ties: &Ties) -> Assignment;
}

impl Assigns for Rota {
    fn assign(&self, rules: &Rules, facts: &Facts, ties: &Ties) -> Assignment {
        route(rules, facts, self, ties)
    }
}

struct Routing<'a> {
    rules: &'a Rules,
    facts: &'a Facts,
    rota: &'a Rota,
    ties: &'a Ties,
}

impl Routing<'_> {
    /// Carries out a rule that matched, or says why the person it names cannot take the lead.
    fn apply(&self, rule: &Rule) -> Result<Placed, String> {
        match &rule.to {
            Target::Team(team) => Ok(self.to_team(team, &rule.needs)),
            Target::Member(email) => {
                let desk =
                    self.rota.desk_of(email).ok_or_else(|| format!("{email} is no longer a member"))?;
                self.to_person(desk, format!("{} is named by the rule", desk.name))
            }
            Target::AccountOwner => {
                let owner = self.ties.account_owner.ok_or("the account has no owner")?;
                let desk = self.rota.desk(owner).ok_or("the account's owner is no longer a member")?;
                self.to_person(desk, format!("{} owns the account", desk.name))
            }
            Target::Queue(queue) => Ok(Placed {
                queue: Some(queue.clone()),
                words: format!("it goes to the queue `{queue}`"),
                ..Placed::nowhere(Search::default())
            }),
        }
    }

    fn to_person(&self, desk: &Desk, words: String) -> Result<Placed, String> {
        match self.away(desk) {
            Some(reason) => Err(format!("{} {reason}", desk.name)),
            None => Ok(Placed { owner: Some(desk.member), words, ..Placed::nowhere(Search::default()) }),
        }
    }

    /// Why a lead cannot be with a member at all, whatever the hour and the load.
    fn away(&self, desk: &Desk) -> Option<Reason> {
        if self.ties.not_to.contains(&desk.member) {
            Some(Reason::GaveItBack)
        } else if let Some(absence) = desk.absence {
            Some(Reason::Absent { until: absence.until })
        } else if desk.paused {
            Some(Reason::Paused)
        } else {
            None
        }
    }

    fn to_team(&self, name: &str, needs: &[String]) -> Placed {
        let mut search = Search::default();
        let teams = self.chain(name);
        if let Some((index, team)) = teams.first()
            && team.sticky
            && let Some(placed) = self.stay(*index, team, &mut search)
        {
            return Placed { search, ..placed };
        }
        match self.first_able(&teams, needs, &mut search) {
            Some(placed) => Placed { search, ..placed },
            None => self.fall_back(search, needs),
        }
    }

    /// The team and those it hands on to. The check refuses circles.
    fn chain(&self, name: &str) -> Vec<(usize, &Team)> {
        let first = self.rules.team(name);
        std::iter::successors(first, |(_, team)| self.rules.team(team.otherwise.as_deref()?)).collect()
    }

    /// Leaves a returning lead with its owner, and an account's lead with the account's.
    fn stay(&self, index: usize, team: &Team, search: &mut Search) -> Option<Placed> {
        let claims = [
            (self.ties.previous_owner, "had this lead before", false),
            (self.ties.account_owner, "owns the account", true),
        ];
        for (member, claim, new_to_owner) in claims {
            let Some(desk) = member.and_then(|member| self.rota.desk(member)) else { continue };
            if let Some(reason) = self.away(desk) {
                search.passed(Some(desk.member), &desk.name, reason);
                continue;
            }
            let turn = new_to_owner.then(|| self.turn_besides(index, team, desk)).flatten();
            let words = format!("it stays with {}, who {claim}", desk.name);
            let (owner, team) = (Some(desk.member), Some(team.name.clone()));
            return Some(Placed { owner, team, turn, words, ..Placed::nowhere(Search::default()) });
        }
        None
    }

    /// The turn of a lead that did not come by rotation, for a member who has a seat.
    fn turn_besides(&self, index: usize, team: &Team, desk: &Desk) -> Option<Turn> {
        let seat = team.seats.iter().find(|seat| seat.member == desk.email && seat.weight > 0)?;
        let standing = &self.rota.team(index).standing;
        Some(Turn {
            team: team.name.clone(),
            number: standing.turn + 1,
            member: desk.member,
            weight: seat.weight,
            level: standing.place(desk.member, seat.weight),
            in_rotation: false,
        })
    }

    /// Asks the teams in order; then once more those that assign after hours.
    fn first_able(&self, teams: &[(usize, &Team)], needs: &[String], search: &mut Search) -> Option<Placed> {
        for (index, team) in teams {
            search.teams.push(team.name.clone());
            if let Some(placed) = self.next_of(*index, team, needs, true, search) {
                return Some(match search.teams.first().filter(|first| **first != team.name) {
                    Some(first) => placed.after(&format!("nobody in team {first} can take it now")),
                    None => placed,
                });
            }
        }
        let at_any_hour = teams.iter().filter(|(_, team)| team.after_hours == AfterHours::Assign);
        let placed = at_any_hour
            .into_iter()
            .find_map(|(index, team)| self.next_of(*index, team, needs, false, &mut Search::default()));
        placed.map(|placed| placed.after("nobody who could take it is at work"))
    }

    fn next_of(
        &self,
        index: usize,
        team: &Team,
        needs: &[String],
        hours: bool,
        search: &mut Search,
    ) -> Option<Placed> {
        let rota = self.rota.team(index);
        let fit = Fit::of(team, self.facts, needs);
        let mut able: Vec<(Contender, u32)> = Vec::with_capacity(team.seats.len());
        let paces = rota.standing.paces();
        for (seat, seated) in team.seats.iter().zip(&rota.seats) {
            let Some(Seated { desk, level, .. }) = *seated else {
                search.passed(None, &seat.member, Reason::NoLongerMember);
                continue;
            };
            let desk = self.rota.desk_at(desk);
            if let Some(reason) = self.unable(desk, seat, hours).or_else(|| fit.misses(seat)) {
                search.passed(Some(desk.member), &desk.name, reason);
                continue;
            }
            able.push((rota.standing.contender(level, seat.weight, paces.of(seat.weight)), desk.open_leads));
        }
        let contenders: Vec<Contender> = able.iter().map(|(contender, _)| *contender).collect();
        let chosen = match team.strategy {
            Strategy::LeastLoaded => least_loaded(&contenders, |at| able[at].1),
            Strategy::RoundRobin | Strategy::Territory | Strategy::Language => next_in_turn(&contenders),
        };
        let chosen = contenders[chosen?];
        let name = self.rota.desk(chosen.member).map_or_else(String::new, |desk| desk.name.clone());
        let words =
            format!("{name} is {} in team {} (level {})", team.strategy.words(), team.name, chosen.level);
        Some(Placed {
            owner: Some(chosen.member),
            team: Some(team.name.clone()),
            turn: Some(Turn {
                team: team.name.clone(),
                number: rota.standing.turn + 1,
                member: chosen.member,
                weight: chosen.weight,
                level: chosen.level,
                in_rotation: true,
            }),
            strategy: Some(team.strategy),
            words,
            ..Placed::nowhere(Search::default())
        })
    }

    /// Why a member with a seat cannot take a lead of the team now.
    fn unable(&self, desk: &Desk, seat: &Seat, hours: bool) -> Option<Reason> {
        if seat.weight == 0 {
            return Some(Reason::NoShare);
        }
        if let Some(reason) = self.away(desk) {
            return Some(reason);
        }
        if hours && !desk.working_now {
            return Some(Reason::OffHours);
        }
        let capacity = seat.capacity.filter(|capacity| desk.open_leads >= *capacity)?;
        Some(Reason::AtCapacity { open: desk.open_leads, capacity })
    }

    /// The lead goes to the fallback, to wait there if nobody takes it. The fallback takes what comes, whatever skills a
    /// rule asked for.
    fn fall_back(&self, mut search: Search, needs: &[String]) -> Placed {
        let queue = match self.rules.fallback() {
            Fallback::Queue(queue) => queue,
            Fallback::Team(name) => {
                let mut teams = self.chain(name);
                // Those who were asked for skills before are asked once more without.
                teams.retain(|(_, team)| !needs.is_empty() || !search.teams.contains(&team.name));
                if let Some(placed) = self.first_able(&teams, &[], &mut search) {
                    return Placed { search, ..placed };
                }
                name
            }
        };
        let team = search.teams.first().cloned();
        let words = match &team {
            Some(team) => {
                format!("nobody in team {team} can take it now, so it waits in the queue `{queue}`")
            }
            None => format!("it waits in the queue `{queue}`"),
        };
        Placed { queue: Some(queue.clone()), team, alarm: true, words, ..Placed::nowhere(search) }
    }
}

#[cfg(test)]
mod tests;
