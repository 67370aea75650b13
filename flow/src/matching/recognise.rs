//! Who wrote? A new enquiry against what a store knows, with the same functions as a whole file at once.

use std::collections::BTreeMap;

use crate::fact::{Likeness, Told};
use crate::ids::{LeadId, MemberId};
use crate::lead::Matched;

use super::arrival::{self, Known, Meeting};
use super::band::{Band, Lines};
use super::batch::Rules;
use super::card::Card;
use super::identity::Identity;
use super::index::Index;
use super::keys::{Keyring, Term};
use super::score::{self, Weights};

/// What an enquiry is looked up under and counted as; made once, before the store is asked.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Who the enquiry says it is from.
    pub identity: Identity,
    /// Candidate keys; empty for one with nothing to match on, which stays new.
    pub keys: Vec<u64>,
    /// What it adds to the counts.
    pub terms: Vec<Term>,
    keyring: Keyring,
}

/// A lead found under the keys.
#[derive(Debug, Clone)]
pub struct Found {
    /// Which.
    pub lead: LeadId,
    /// Its owner.
    pub owner: Option<MemberId>,
    /// The cards that its enquiries left.
    pub cards: Vec<Card>,
}

/// With how many partners each value was seen, as a store answered.
#[derive(Debug, Clone, Default)]
pub struct Spreads {
    /// By value.
    pub counts: BTreeMap<u64, u32>,
    /// How many leads there are.
    pub leads: u64,
}

/// In a workspace of fewer people than this, names say nothing yet about how common they are.
const FEWEST_PEOPLE: u64 = 50;
/// Facts told of a likeness, the weightiest.
const TOLD: usize = 12;

impl Lookup {
    /// What to look up for a card left in this workspace.
    pub fn new(card: &Card, salt: u64, home_country: &str) -> Lookup {
        let keyring = Keyring::new(salt);
        let identity = card.identity(home_country);
        Lookup { keys: keyring.keys(&identity), terms: keyring.terms(&identity), identity, keyring }
    }

    /// The values whose spreads have to be known to compare with these leads.
    pub fn values(&self, found: &[Found], home_country: &str) -> Vec<u64> {
        let known = found.iter().flat_map(|found| &found.cards).map(|card| card.identity(home_country));
        let mut values = self.keyring.values(&self.identity);
        known.for_each(|identity| values.extend(self.keyring.values(&identity)));
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The lead that the enquiry belongs to, or may belong to; none when it is somebody new.
    pub fn recognise(&self, found: &[Found], spreads: &Spreads, home_country: &str) -> Option<Matched> {
        let identities: Vec<Vec<Identity>> = found
            .iter()
            .map(|found| found.cards.iter().map(|card| card.identity(home_country)).collect())
            .collect();
        let counted = Counted { spreads, everybody: self.keyring.everybody() };
        let lines = Lines::default();
        let rules = Rules { keyring: self.keyring, weights: Weights::shipped(), lines: &lines, doubt: None };
        let known = found.iter().zip(&identities).map(|(found, identities)| Known {
            lead: (found.lead, found.owner),
            identities,
            cannot: false,
        });
        let mut meetings = arrival::meet(&self.identity, known, &counted, &rules);
        let undisputed: Vec<usize> = meetings
            .iter()
            .enumerate()
            .filter(|(_, meeting)| meeting.closest.comparison.same_mailbox_undisputed)
            .map(|(place, _)| place)
            .collect();
        if let [place] = undisputed.as_slice()
            && meetings.iter().all(|meeting| meeting.band != Band::Same)
            && let Some(meeting) = meetings.get_mut(*place)
            && meeting.closest.comparison.veto.is_none()
        {
            // Somebody writes from a mailbox that is one person's, and says nothing that speaks against that person.
            meeting.band = Band::Same;
        }
        let best = meetings.iter().find(|meeting| meeting.band == Band::Same);
        let best = best.or_else(|| meetings.iter().find(|meeting| meeting.band == Band::Ambiguous))?;
        Some(matched(best, &rules))
    }
}

fn matched(meeting: &Meeting<(LeadId, Option<MemberId>)>, rules: &Rules<'_>) -> Matched {
    let told = meeting.closest.evidence(rules.weights).into_iter().take(TOLD).map(|evidence| Told {
        field: evidence.field,
        level: evidence.level,
        millibits: (evidence.bits * 1e3).round() as i32,
    });
    let (lead, owner) = meeting.lead;
    Matched {
        lead,
        sure: meeting.band == Band::Same,
        owner,
        likeness: Likeness {
            probability_ppm: (score::probability(meeting.bits) * 1e6).round() as u32,
            weights: rules.weights.version.clone(),
            lines: rules.lines.version.clone(),
            evidence: told.collect(),
        },
    }
}

/// Spreads that were asked for beforehand.
struct Counted<'a> {
    spreads: &'a Spreads,
    everybody: u64,
}

impl Index for Counted<'_> {
    fn rows(&self, _: u64, _: &mut Vec<u32>) {}

    fn spread(&self, value: u64) -> u32 {
        if value == self.everybody {
            return u32::try_from(self.spreads.leads.max(FEWEST_PEOPLE)).unwrap_or(u32::MAX);
        }
        self.spreads.counts.get(&value).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Person;

    fn card(name: &str, email: &str, phone: &str) -> Card {
        let person =
            Person { name: name.into(), email: email.into(), phone: phone.into(), ..Person::default() };
        Card { person, ..Card::default() }
    }

    /// How a card is taken among leads of one card each: `new`, or `same`/`ask` with the lead's number.
    #[track_caller]
    fn check(known: &[(&str, &str, &str)], arrival: (&str, &str, &str), expected: &str) {
        let lookup = Lookup::new(&card(arrival.0, arrival.1, arrival.2), 7, "DE");
        let mut spreads = Spreads { leads: known.len() as u64, ..Spreads::default() };
        let mut seen = std::collections::BTreeSet::new();
        let found: Vec<Found> = known
            .iter()
            .zip(0u8..)
            .map(|((name, email, phone), number)| {
                let card = card(name, email, phone);
                for term in Lookup::new(&card, 7, "DE").terms {
                    if seen.insert((term.value, term.partner)) {
                        *spreads.counts.entry(term.value).or_default() += 1;
                    }
                }
                let lead = LeadId(uuid::Uuid::from_bytes([number; 16]));
                Found { lead, owner: None, cards: vec![card] }
            })
            .collect();
        let matched = lookup.recognise(&found, &spreads, "DE");
        let told = matched.map_or("new".to_owned(), |matched| {
            let word = if matched.sure { "same" } else { "ask" };
            format!("{word} {}", matched.lead.0.as_bytes()[0])
        });
        assert_eq!(told, expected, "{:?}", arrival.1);
    }

    const PAIGE: (&str, &str, &str) = ("Paige Hughes", "phughes79@aol.com", "+49 30 8524719");

    #[test]
    fn the_same_person_again_joins_already_in_an_empty_workspace() {
        check(&[PAIGE], PAIGE, "same 0");
        check(&[PAIGE], ("paige hughes", "PHughes79@aol.com", ""), "same 0");
        check(&[PAIGE], ("Paige Hughes", "", "030 8524719"), "same 0");
        check(&[("Ana", "ana@x.example", "")], ("Ana", "ana@x.example", ""), "same 0");
    }

    #[test]
    fn a_mailbox_of_one_person_joins_what_says_nothing_else() {
        check(&[PAIGE], ("", "phughes79@aol.com", ""), "same 0");
        check(&[("", "phughes79@aol.com", "")], PAIGE, "same 0");
        // Two people use it: a person looks whose it is.
        check(&[PAIGE, ("Robert Hughes", "phughes79@aol.com", "")], ("", "phughes79@aol.com", ""), "ask 1");
    }

    #[test]
    fn somebody_else_at_one_mailbox_or_telephone_is_not_joined() {
        let family = ("Robert Hughes", "phughes79@aol.com", "+49 30 8524719");
        let lookup = |arrival| check(&[PAIGE], arrival, "new");
        lookup(("Margarita Scholl", "m.scholl@gmail.com", "+49 30 8524719"));
        let lookup = Lookup::new(&card(family.0, family.1, family.2), 7, "DE");
        let found = Found {
            lead: LeadId(uuid::Uuid::nil()),
            owner: None,
            cards: vec![card(PAIGE.0, PAIGE.1, PAIGE.2)],
        };
        let spreads = Spreads { leads: 1, ..Spreads::default() };
        assert!(lookup.recognise(&[found], &spreads, "DE").is_none_or(|matched| !matched.sure));
    }

    #[test]
    fn colleagues_at_one_switchboard_stay_apart() {
        let switchboard = "+49 30 5550000";
        let known = [
            ("Jana Roth", "jana.roth@werk.example", switchboard),
            ("Ole Brandt", "ole.brandt@werk.example", switchboard),
        ];
        check(&known, ("Mia Kern", "mia.kern@werk.example", switchboard), "new");
    }

    #[test]
    fn a_stranger_is_new_and_absurd_input_costs_little() {
        check(&[PAIGE], ("Łukasz Żółć", "lukasz@kunde.example", ""), "new");
        let long = "Ä ".repeat(10_000);
        check(&[(&long, &long, &long)], ("Ana López", "a@b.example", &long), "new");
    }
}
