//! The kinds of values.

use crate::route::facts::{Kind as TermKind, Term};

/// What an expression evaluates to, as far as it is known without a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Truth,
    Whole,
    Decimal,
    Text,
    Null,
    List,
    Map,
    Words,
    /// Only the lead can tell: a field, an element of a list.
    Any,
}

impl Kind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::Truth => "true or false",
            Kind::Whole => "a whole number",
            Kind::Decimal => "a decimal number",
            Kind::Text => "a text",
            Kind::Null => "null",
            Kind::List => "a list",
            Kind::Map => "a map",
            Kind::Words => "the set of words",
            Kind::Any => "something",
        }
    }

    pub(super) fn number(self) -> bool {
        matches!(self, Kind::Whole | Kind::Decimal | Kind::Any)
    }

    /// Whether a value of each kind can ever be equal.
    pub(super) fn comparable(self, other: Kind) -> bool {
        self == other || self == Kind::Any || other == Kind::Any || (self.number() && other.number())
    }
}

/// The kind of a fact.
pub(super) fn term_kind(term: Term) -> Kind {
    match term.kind() {
        TermKind::Text => Kind::Text,
        TermKind::Number => Kind::Whole,
        TermKind::Words => Kind::Words,
        TermKind::Fields => Kind::Map,
    }
}
