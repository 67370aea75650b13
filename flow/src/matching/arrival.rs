//! One new enquiry against the leads that share a key with it.

use super::band::{Band, Lines};
use super::batch::Rules;
use super::cluster::{CLAMP_BITS, NOT_COMPARED_BITS};
use super::identity::Identity;
use super::index::Index;
use super::score::{self, Score};

/// A lead already known: who its enquiries said they were from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a, L> {
    /// Which lead.
    pub lead: L,
    /// One identity for each enquiry that was joined to it.
    pub identities: &'a [Identity],
    /// A person said that the arrival is somebody else.
    pub cannot: bool,
}

/// The answer about an arrival and one lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Meeting<L> {
    /// Which lead.
    pub lead: L,
    /// Same, ambiguous or new.
    pub band: Band,
    /// Mean evidence over the lead's enquiries, in bits.
    pub bits: f64,
    /// The comparison with the enquiry that says most: the evidence to show.
    pub closest: Score,
}

/// Compares an arrival with the leads found under its keys; the most probable comes first. At most one is `same`: an
/// arrival that fits two leads would bridge them, and that is a person's to decide. An arrival with nothing to match
/// on meets nobody.
pub fn meet<'a, L: Copy>(
    arrival: &Identity,
    known: impl IntoIterator<Item = Known<'a, L>>,
    index: &impl Index,
    rules: &Rules<'_>,
) -> Vec<Meeting<L>> {
    if arrival.is_anonymous() {
        return Vec::new();
    }
    let mut meetings: Vec<Meeting<L>> =
        known.into_iter().filter_map(|known| meet_one(arrival, known, index, rules)).collect();
    meetings.sort_by(|one, other| other.bits.total_cmp(&one.bits));
    let sure = meetings.iter().filter(|meeting| meeting.band == Band::Same).count();
    if sure > 1 {
        for meeting in meetings.iter_mut().filter(|meeting| meeting.band == Band::Same) {
            meeting.band = Band::Ambiguous;
        }
    }
    meetings
}

fn meet_one<L: Copy>(
    arrival: &Identity,
    known: Known<'_, L>,
    index: &impl Index,
    rules: &Rules<'_>,
) -> Option<Meeting<L>> {
    let score = |identity| score::score(identity, arrival, index, rules.keyring, rules.weights);
    let scores: Vec<Score> = known.identities.iter().map(score).collect();
    let vetoed = known.cannot || scores.iter().any(|score| score.comparison.veto.is_some());
    let sure = scores.iter().any(|score| rules.is_sure(score));
    let sum: f64 = scores.iter().map(|score| score.bits.clamp(-CLAMP_BITS, CLAMP_BITS)).sum();
    let bits = if scores.is_empty() { NOT_COMPARED_BITS } else { sum / scores.len() as f64 };
    let closest = scores.into_iter().max_by(|one, other| one.bits.total_cmp(&other.bits))?;
    Some(Meeting { lead: known.lead, band: band(bits, sure, vetoed, rules.lines), bits, closest })
}

fn band(bits: f64, sure: bool, vetoed: bool, lines: &Lines) -> Band {
    if vetoed || bits < lines.ambiguous_bits {
        Band::New
    } else if sure {
        Band::Same
    } else {
        Band::Ambiguous
    }
}

#[cfg(test)]
mod tests {
    use super::super::identity::Fields;
    use super::super::index::MemoryIndex;
    use super::super::keys::Keyring;
    use super::super::name::RawName;
    use super::super::score::Weights;
    use super::*;

    fn person(given: &str, family: &str, email: &str, phone: &str) -> Identity {
        let name = RawName { given, family, ..RawName::default() };
        Identity::read(&Fields { name, email, phone, country: "US", ..Fields::default() })
    }

    /// The bands of an arrival against leads of one or more enquiries each.
    #[track_caller]
    fn bands(arrival: &Identity, leads: &[Vec<Identity>]) -> Vec<Band> {
        let keyring = Keyring::new(3);
        let mut index = MemoryIndex::default();
        // A workspace of some size, so that names are rare in it.
        for number in 0..400 {
            let (given, family) = (format!("Given{}", number % 40), format!("Family{number}"));
            index.insert(keyring, &person(&given, &family, &format!("p{number}@example.org"), ""));
        }
        leads.iter().flatten().for_each(|identity| {
            index.insert(keyring, identity);
        });
        let lines = Lines::default();
        let rules = Rules { keyring, weights: Weights::shipped(), lines: &lines, doubt: None };
        let known = (0..).zip(leads).map(|(lead, identities)| Known { lead, identities, cannot: false });
        meet(arrival, known, &index, &rules).into_iter().map(|meeting| meeting.band).collect()
    }

    #[test]
    fn the_same_mailbox_and_name_is_the_same_person() {
        let known = vec![person("Paige", "Hughes", "phughes79@aol.com", "(212) 678-4593")];
        let arrival = person("paige", "hughes", "PHughes79@aol.com", "+1 212 678 4593");
        assert_eq!(bands(&arrival, &[known]), [Band::Same]);
    }

    #[test]
    fn another_given_name_on_one_number_is_not_joined() {
        let known = vec![person("Natasha", "Horton", "natasha.horton@gmail.com", "503 577 2653")];
        let arrival = person("Margarita", "Scholl", "margarita.scholl@gmail.com", "503 577 2653");
        assert_eq!(bands(&arrival, &[known]), [Band::New]);
    }

    #[test]
    fn father_and_son_are_kept_apart() {
        let known = vec![person("John", "Kingsley Sr", "kingsley@aol.com", "212 678 4593")];
        let arrival = person("John", "Kingsley Jr", "kingsley@aol.com", "212 678 4593");
        assert_eq!(bands(&arrival, &[known]), [Band::New]);
    }

    #[test]
    fn an_arrival_that_fits_two_leads_goes_to_a_person() {
        let one = vec![person("Paige", "Hughes", "phughes79@aol.com", "")];
        let two = vec![person("Paige", "Hughes", "", "(212) 678-4593")];
        let arrival = person("Paige", "Hughes", "phughes79@aol.com", "212 678 4593");
        let found = bands(&arrival, &[one, two]);
        assert!(!found.contains(&Band::Same), "{found:?}");
        assert!(found.contains(&Band::Ambiguous), "{found:?}");
    }

    #[test]
    fn nothing_to_match_on_stays_new() {
        let known = vec![person("Paige", "Hughes", "phughes79@aol.com", "")];
        assert_eq!(bands(&person("", "Hughes", "", ""), std::slice::from_ref(&known)), []);
        assert_eq!(bands(&Identity::default(), &[known]), []);
    }
}
