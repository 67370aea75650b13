//! The card that an enquiry leaves: what it said that tells people apart, kept so that later ones can be compared with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::{Role, role_of};
use super::identity::{Fields, Identity};
use super::name::RawName;
use crate::terms::Person;

/// Who an enquiry said it was from: the person, and those of its extra fields that tell people apart (an address, a
/// website). Nothing else of an enquiry is looked at when it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// The person as the enquiry wrote it.
    pub person: Person,
    /// Extra fields by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

impl Card {
    /// Takes from an enquiry what tells people apart.
    pub fn of(person: &Person, fields: &BTreeMap<String, String>) -> Card {
        let telling = |(name, value): (&String, &String)| {
            let value: String = value.chars().take(super::fold::MAX_CHARS).collect();
            role_of(name).filter(|role| tells(*role)).map(|_| (name.clone(), value))
        };
        Card { person: person.clone(), fields: fields.iter().filter_map(telling).collect() }
    }

    /// Normalised, for comparing. `home_country` is the workspace's own, for telephone numbers that name none.
    pub fn identity(&self, home_country: &str) -> Identity {
        let text = |wanted: Role| {
            let mut of = self.fields.iter().filter(|(name, _)| role_of(name) == Some(wanted));
            of.next().map_or("", |(_, value)| value.as_str())
        };
        let person = &self.person;
        Identity::read(&Fields {
            name: RawName { full: &person.name, ..RawName::default() },
            email: &person.email,
            phone: &person.phone,
            company: &person.company,
            website: text(Role::Website),
            street: text(Role::Street),
            house_number: text(Role::HouseNumber),
            line2: text(Role::AddressLine2),
            city: text(Role::City),
            postcode: text(Role::Postcode),
            state: text(Role::State),
            country: &person.country,
            born: text(Role::Born),
            gender: text(Role::Gender),
            personal_id: "",
            birth_place: text(Role::BirthPlace),
            occupation: text(Role::Occupation),
            home_country,
        })
    }
}

/// Fields of a form that are worth comparing. What looks like a number of a person may be one of an order, and is left
/// out; names, addresses and companies are the person's already.
const fn tells(role: Role) -> bool {
    matches!(
        role,
        Role::Website
            | Role::HouseNumber
            | Role::Street
            | Role::AddressLine2
            | Role::City
            | Role::Postcode
            | Role::State
            | Role::Born
            | Role::Gender
            | Role::BirthPlace
            | Role::Occupation
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_people_apart_is_kept_and_the_rest_is_not() {
        let fields = [("city", "Bonn"), ("budget", "100"), ("Street", "Am Hof 3"), ("order_id", "7")];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let person = Person { name: "Ana López".into(), ..Person::default() };
        let card = Card::of(&person, &fields);
        assert_eq!(card.fields.keys().map(String::as_str).collect::<Vec<_>>(), ["Street", "city"]);
        let identity = card.identity("DE");
        assert_eq!((&*identity.city, &*identity.name.family), ("bonn", "lopez"));
        assert_eq!(&*identity.street.house, "3");
    }
}
