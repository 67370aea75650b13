//! The check of a team and its seats.

use serde_spanned::Spanned;

use super::super::{SEATS_MAX, Seat, SeatDraft, Strategy, Team, TeamDraft, WEIGHT_MAX};
use super::{Checker, email};
use crate::route::facts::Term;

impl Checker {
    pub(super) fn team(&mut self, team: &TeamDraft) -> Team {
        let name = team.name.get_ref().clone();
        let place = format!("team `{name}`");
        if team.seats.is_empty() {
            self.flaw(
                &place,
                team.name.span(),
                "the team has nobody",
                "add a `[[team.seat]]`, or take the team out",
            );
        }
        if team.seats.len() > SEATS_MAX {
            let message = format!("{} seats are too many, {SEATS_MAX} are allowed", team.seats.len());
            self.flaw(&place, team.name.span(), message, "split the team");
        }
        let mut seats: Vec<Seat> = Vec::with_capacity(team.seats.len());
        for seat_draft in team.seats.iter().take(SEATS_MAX) {
            let seat = self.seat(&place, seat_draft, team.strategy);
            if seats.iter().any(|other| other.member == seat.member) {
                self.flaw(
                    &place,
                    seat_draft.member.span(),
                    format!("`{}` has two seats", seat.member),
                    "give one seat a higher weight instead",
                );
            }
            seats.push(seat);
        }
        if !seats.is_empty() && seats.iter().all(|seat| seat.weight == 0) {
            self.flaw(
                &place,
                team.name.span(),
                "every seat has weight 0, so nobody takes a lead",
                "give at least one seat a weight of 1",
            );
        }
        let otherwise = team.otherwise.as_ref().map(|other| {
            self.known_team(&place, other.get_ref(), other.span());
            other.get_ref().clone()
        });
        Team {
            name,
            seats,
            strategy: team.strategy,
            sticky: team.sticky,
            after_hours: team.after_hours,
            otherwise,
        }
    }

    fn seat(&mut self, team: &str, seat: &SeatDraft, strategy: Strategy) -> Seat {
        let member = email(seat.member.get_ref());
        let place = format!("{team}, seat `{member}`");
        self.known_member(&place, &member, seat.member.span());
        let weight = self.count(&place, "weight", seat.weight.as_ref(), WEIGHT_MAX).unwrap_or(1);
        let capacity = self.count(&place, "capacity", seat.capacity.as_ref(), u32::MAX);
        if capacity == Some(0) {
            let span = seat.capacity.as_ref().map_or(seat.member.span(), Spanned::span);
            self.flaw(
                &place,
                span,
                "a capacity of 0 takes no lead ever",
                "use `weight = 0`, or leave the capacity out for no limit",
            );
        }
        self.codes(&place, Term::Language, &seat.languages);
        self.codes(&place, Term::Country, &seat.countries);
        let missing = match strategy {
            Strategy::Language if seat.languages.is_empty() => Some("languages = [\"de\", \"en\"]"),
            Strategy::Territory if seat.countries.is_empty() => {
                Some("countries = [\"DE\"]`, or `countries = [\"*\"]")
            }
            _ => None,
        };
        if let Some(missing) = missing {
            self.flaw(
                &place,
                seat.member.span(),
                "the team's strategy would never choose this seat",
                format!("add `{missing}`"),
            );
        }
        let values = |texts: &[Spanned<String>]| texts.iter().map(|text| text.get_ref().clone()).collect();
        let (languages, countries) = (values(&seat.languages), values(&seat.countries));
        Seat { member, weight, languages, countries, skills: seat.skills.clone(), capacity }
    }

    fn codes(&mut self, place: &str, term: Term, codes: &[Spanned<String>]) {
        for code in codes {
            let value = code.get_ref().as_str();
            if term == Term::Country && value == "*" {
                continue;
            }
            let wrong =
                if value.is_empty() { Some("it is empty".to_owned()) } else { term.admits(value).err() };
            if let Some(wrong) = wrong {
                self.flaw(
                    place,
                    code.span(),
                    format!(
                        "`{value}` cannot be the code of a lead's {}",
                        term.name().trim_start_matches("lead.")
                    ),
                    wrong,
                );
            }
        }
    }

    fn count(&mut self, place: &str, what: &str, value: Option<&Spanned<i64>>, max: u32) -> Option<u32> {
        let value = value?;
        match u32::try_from(*value.get_ref()).ok().filter(|count| *count <= max) {
            Some(count) => Some(count),
            None if *value.get_ref() < 0 => {
                self.flaw(
                    place,
                    value.span(),
                    format!("a {what} cannot be negative"),
                    "use a whole number from 0",
                );
                None
            }
            None => {
                self.flaw(
                    place,
                    value.span(),
                    format!("a {what} of {} is too high", value.get_ref()),
                    format!("{max} is the highest"),
                );
                None
            }
        }
    }
}
