//! Whether a seat suits a lead.

use super::facts::Facts;
use super::rules::{Seat, Strategy, Team};
use super::why::Reason;

/// What the lead asks of whoever takes it.
pub(super) struct Fit<'a> {
    needs: &'a [String],
    language: Option<&'a str>,
    country: Option<&'a str>,
    /// Some seat of the team names the country, so those with `*` stand back.
    country_is_named: bool,
}

impl<'a> Fit<'a> {
    pub(super) fn of(team: &Team, facts: &'a Facts, needs: &'a [String]) -> Fit<'a> {
        let lead = facts.lead();
        let asked = |strategy: Strategy, value: &'a str| {
            (team.strategy == strategy && !value.is_empty()).then_some(value)
        };
        let country = asked(Strategy::Territory, &lead.country);
        let named =
            |country: &str| team.seats.iter().any(|seat| seat.countries.iter().any(|own| own == country));
        Fit {
            needs,
            language: asked(Strategy::Language, &lead.language),
            country,
            country_is_named: country.is_some_and(named),
        }
    }

    pub(super) fn misses(&self, seat: &Seat) -> Option<Reason> {
        if let Some(skill) = self.needs.iter().find(|need| !seat.skills.contains(need)) {
            return Some(Reason::LacksSkill(skill.clone()));
        }
        if let Some(language) = self.language
            && !seat.languages.iter().any(|own| own == language)
        {
            return Some(Reason::OtherLanguage(language.to_owned()));
        }
        let country = self.country?;
        let covers =
            seat.countries.iter().any(|own| own == country || (own == "*" && !self.country_is_named));
        (!covers).then(|| Reason::OtherTerritory(country.to_owned()))
    }
}
