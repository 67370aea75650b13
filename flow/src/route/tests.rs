//! Rules, rota and fairness together.

use proptest::prelude::*;
use uuid::Uuid;

use super::Strategy;
use super::*;

mod checking;
mod explaining;
mod fairness;

/// A workspace in TOML, and its members as desks.
struct Office {
    rules: Rules,
    desks: Vec<Desk>,
}

const NAMES: [&str; 8] = ["maja", "jonas", "ada", "ben", "cleo", "dan", "eva", "finn"];

fn member(name: &str) -> Uuid {
    let at = NAMES.iter().position(|known| *known == name).expect("a known name");
    Uuid::from_u128(at as u128 + 1)
}

fn address(name: &str) -> String {
    format!("{name}@example.com")
}

fn desk(name: &str) -> Desk {
    let mut capital = name.to_owned();
    capital[..1].make_ascii_uppercase();
    Desk {
        member: member(name),
        email: address(name),
        name: capital,
        open_leads: 0,
        absence: None,
        paused: false,
        working_now: true,
    }
}

fn draft(toml: &str) -> Draft {
    toml::from_str(toml).expect("a draft")
}

fn members() -> Vec<String> {
    NAMES.iter().map(|name| address(name)).collect()
}

impl Office {
    fn new(toml: &str) -> Office {
        let members = members();
        let rules = check(&draft(toml), members.iter().map(String::as_str)).expect("rules without a flaw");
        Office { rules, desks: NAMES.iter().map(|name| desk(name)).collect() }
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Desk)) -> &mut Office {
        change(self.desks.iter_mut().find(|desk| desk.member == member(name)).expect("a desk"));
        self
    }

    fn rota(&self) -> Rota {
        Rota::new(&self.rules, self.desks.clone(), Vec::new())
    }

    fn route(&self, lead: LeadFacts) -> Assignment {
        self.route_tied(lead, &Ties::default())
    }

    fn route_tied(&self, lead: LeadFacts, ties: &Ties) -> Assignment {
        route(&self.rules, &facts(lead), &self.rota(), ties)
    }
}

fn facts(lead: LeadFacts) -> Facts {
    let time = TimeFacts { date: "2026-05-04".into(), weekday: "mon".into(), hour: 10 };
    Facts::new(lead, AccountFacts::default(), time)
}

fn from_country(country: &str) -> LeadFacts {
    LeadFacts { country: country.into(), ..LeadFacts::default() }
}

/// A team's table, with a seat for each `(name, weight)`.
fn team(name: &str, head: &str, seats: &[(&str, u32)]) -> String {
    let seats = seats
        .iter()
        .map(|(name, weight)| format!("[[team.seat]]\nmember = \"{name}@example.com\"\nweight = {weight}\n"));
    format!("[[team]]\nname = \"{name}\"\n{head}\n{}", seats.collect::<String>())
}

const TO_INBOUND: &str = "fallback = { queue = \"unassigned\" }\n[[rule]]\nname = \"all\"\nwhen = \"true\"\nto = { team = \"Inbound\" }\n";
