//! The facts as the CEL interpreter reads them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::Container;
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, LIST_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::context::VariableResolver;
use serde_json::Value as Json;

use super::{Facts, Kind, Term};

/// CEL asks for `lead.country` by its whole dotted name first, so the table above is all it needs, and no text
/// is copied.
impl VariableResolver for Facts {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(name) = variable.strip_prefix(HAS) {
            return Some(CowVal::owned(CelBool::from(self.knows(Term::named(name)?))));
        }
        let term = Term::named(variable)?;
        match term.kind() {
            Kind::Text => Some(CowVal::owned(CelString::from(self.text(term)))),
            Kind::Number => self.number(term).map(|n| CowVal::owned(CelInt::from(n))),
            Kind::Words => Some(CowVal::Borrowed(self.words())),
            Kind::Fields => Some(CowVal::Borrowed(self.fields.get_or_init(|| cel_map(&self.lead.fields)))),
        }
    }
}

/// `has(lead.value)` becomes the variable `has lead.value`, which no one can write by hand: the facts are flat
/// names to CEL, so there is no map that it could look into.
pub(in crate::route) const HAS: &str = "has ";

fn cel_map(fields: &BTreeMap<String, Json>) -> CelMap<'static> {
    let entries: HashMap<_, _> =
        fields.iter().map(|(name, value)| (CelMapKey::from(name.clone()), cel_value(value))).collect();
    CelMap::from(entries)
}

fn cel_value(value: &Json) -> Box<dyn Val + 'static> {
    match value {
        Json::Bool(b) => Box::new(CelBool::from(*b)),
        Json::String(text) => Box::new(CelString::from(text.clone())),
        Json::Number(n) => match n.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelDouble::from(n.as_f64().unwrap_or_default())),
        },
        Json::Array(items) => Box::new(CelList::from(items.iter().map(cel_value).collect::<Vec<_>>())),
        Json::Null | Json::Object(_) => Box::new(CelNull),
    }
}

/// `lead.words`: a list to CEL, of which only `in` can be asked, and that in logarithmic time.
#[derive(Clone, Debug)]
pub(super) struct Words(pub(super) Arc<BTreeSet<String>>);

impl Val for Words {
    fn get_type(&self) -> &Type {
        &LIST_TYPE
    }

    fn cel_type() -> &'static Type {
        &LIST_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl StaticVal for Words {}

impl Container for Words {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(value.downcast_ref::<CelString>().is_some_and(|word| self.0.contains(word.inner())))
    }
}
