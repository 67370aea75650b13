//! The table of names.

/// What kind of value a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::route) enum Kind {
    Text,
    /// A whole number that may be unknown; reading it then is an error, `has(…)` asks first.
    Number,
    /// The set of distinct words, in lower case.
    Words,
    /// The map of the lead's own fields.
    Fields,
}

/// A name that a condition may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::route) enum Term {
    Source,
    Channel,
    Country,
    Language,
    Company,
    CompanySize,
    Tier,
    Value,
    EmailDomain,
    Subject,
    Text,
    Words,
    Fields,
    AccountName,
    AccountTier,
    Date,
    Weekday,
    Hour,
}

impl Term {
    const TABLE: [(Term, &'static str, Kind); 18] = [
        (Term::Source, "lead.source", Kind::Text),
        (Term::Channel, "lead.channel", Kind::Text),
        (Term::Country, "lead.country", Kind::Text),
        (Term::Language, "lead.language", Kind::Text),
        (Term::Company, "lead.company", Kind::Text),
        (Term::CompanySize, "lead.company_size", Kind::Number),
        (Term::Tier, "lead.tier", Kind::Text),
        (Term::Value, "lead.value", Kind::Number),
        (Term::EmailDomain, "lead.email_domain", Kind::Text),
        (Term::Subject, "lead.subject", Kind::Text),
        (Term::Text, "lead.text", Kind::Text),
        (Term::Words, "lead.words", Kind::Words),
        (Term::Fields, "lead.fields", Kind::Fields),
        (Term::AccountName, "account.name", Kind::Text),
        (Term::AccountTier, "account.tier", Kind::Text),
        (Term::Date, "time.date", Kind::Text),
        (Term::Weekday, "time.weekday", Kind::Text),
        (Term::Hour, "time.hour", Kind::Number),
    ];

    pub(in crate::route) fn all() -> impl Iterator<Item = Term> {
        Self::TABLE.iter().map(|(term, _, _)| *term)
    }

    pub(in crate::route) fn named(name: &str) -> Option<Term> {
        Self::TABLE.iter().find(|(_, known, _)| *known == name).map(|(term, _, _)| *term)
    }

    /// The name as it is written in a condition.
    pub(in crate::route) fn name(self) -> &'static str {
        Self::TABLE[self as usize].1
    }

    pub(in crate::route) fn kind(self) -> Kind {
        Self::TABLE[self as usize].2
    }

    /// What a text fact can be at all. A comparison with anything else never holds, which is nearly always
    /// a slip of the pen, so it is said when the condition is read.
    ///
    /// # Errors
    /// What the value should look like instead.
    pub(in crate::route) fn admits(self, value: &str) -> Result<(), String> {
        let letters =
            |len: usize, class: fn(&char) -> bool| value.len() == len && value.chars().all(|c| class(&c));
        let fits = value.is_empty()
            || match self {
                Term::Country => letters(2, char::is_ascii_uppercase),
                Term::Language => {
                    letters(2, char::is_ascii_lowercase) || letters(3, char::is_ascii_lowercase)
                }
                Term::EmailDomain => !value.chars().any(|c| c.is_uppercase() || c == '@'),
                Term::Tier | Term::AccountTier => TIERS.contains(&value),
                Term::Weekday => WEEKDAYS.contains(&value),
                _ => true,
            };
        if fits {
            return Ok(());
        }
        Err(match self {
            Term::Country => "a country is two capital letters (ISO 3166), such as `DE`".to_owned(),
            Term::Language => "a language is two small letters (ISO 639), such as `de`".to_owned(),
            Term::EmailDomain => {
                "a domain is in small letters and without `@`, such as `example.com`".to_owned()
            }
            Term::Weekday => format!("a weekday is one of {}", WEEKDAYS.join(", ")),
            _ => format!("a tier is one of {}", TIERS.join(", ")),
        })
    }
}

const TIERS: [&str; 3] = ["standard", "high-value", "strategic"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
