//! The `[boundary]` table of a playbook: how much may go wrong, and what is kept apart.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::boundary::{Config, Cost, MOST_SEGMENTS, Settings};
use crate::draft::Templates;
use crate::gate::StepSetup;
use crate::ledger::{Declared, Dimension, StepRules};
use crate::step::Step;

use super::file::{MAIN, Mistakes, step_hint};

/// `[boundary]`.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BoundaryTable {
    limit: Option<Spanned<f64>>,
    segments: Option<Spanned<Vec<Dimension>>>,
    alpha: Option<f64>,
    probe_rate: Option<f64>,
    first_audits: Option<u32>,
    first_audit_share: Option<f64>,
    audit_share: Option<f64>,
    raised_audit_share: Option<f64>,
    steps: BTreeMap<Spanned<String>, StepBoundary>,
}

/// `[boundary.steps."message.reply"]`.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct StepBoundary {
    limit: Option<Spanned<f64>>,
    segments: Option<Spanned<Vec<Dimension>>>,
    cost: Option<Spanned<CostTable>>,
}

/// What a review and a mistake cost, in one unit.
#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct CostTable {
    review: f64,
    delay: f64,
    mistake: f64,
    #[serde(default = "assumed")]
    catch_rate: f64,
}

fn assumed() -> f64 {
    crate::boundary::score::ASSUMED_CATCH_RATE
}

/// Reads what the table declares, with every mistake and its place.
pub(super) fn declared(
    table: &BoundaryTable,
    setups: &BTreeMap<Step, StepSetup>,
    templates: &Templates,
    text: &str,
    mistakes: &mut Mistakes,
) -> Declared {
    let mut languages: Vec<String> = templates.iter().map(|template| template.language.clone()).collect();
    languages.sort_unstable();
    languages.dedup();
    let usual = Settings::default();
    let common = Settings {
        eps: table.limit.as_ref().map_or(usual.eps, |limit| round(*limit.as_ref())),
        alpha: table.alpha.unwrap_or(usual.alpha),
        probe_rate: table.probe_rate.unwrap_or(usual.probe_rate),
        first_audits: table.first_audits.unwrap_or(usual.first_audits),
        first_audit_share: table.first_audit_share.unwrap_or(usual.first_audit_share),
        audit_share: table.audit_share.unwrap_or(usual.audit_share),
        raised_audit_share: table.raised_audit_share.unwrap_or(usual.raised_audit_share),
        ..usual
    };
    let by_step = steps(table, text, mistakes);
    let rules = |(step, setup): (&Step, &StepSetup)| {
        let own = by_step.get(step);
        let cost = own.and_then(|own| own.cost.as_ref()).map(|cost| Cost::from(*cost.as_ref()));
        let limit = own.and_then(|own| own.limit.as_ref()).map(|limit| round(*limit.as_ref()));
        let segments = own.and_then(|own| own.segments.as_ref()).or(table.segments.as_ref());
        let rules = StepRules {
            starts: if setup.is_floor(*step) { crate::step::Place::Floor } else { setup.starts },
            limit: limit.or_else(|| cost.map(|cost| round(cost.eps()))).unwrap_or(common.eps),
            cost,
            // What a mistake costs differs most by tier, so that is kept apart unless the playbook says otherwise.
            segments: segments.map_or_else(|| vec![Dimension::Tier], |segments| segments.as_ref().clone()),
        };
        (*step, rules)
    };
    let declared = Declared {
        steps: setups.iter().map(rules).collect(),
        common: common.clone(),
        languages,
        policy: String::new(),
    };
    check(&declared, table, text, mistakes);
    declared
}

fn steps<'a>(
    table: &'a BoundaryTable,
    text: &str,
    mistakes: &mut Mistakes,
) -> BTreeMap<Step, &'a StepBoundary> {
    let mut steps = BTreeMap::new();
    for (name, own) in &table.steps {
        match Step::from_name(name.as_ref()) {
            Some(step) => {
                steps.insert(step, own);
            }
            None => {
                let message = format!("there is no step `{}`", name.as_ref());
                mistakes.add(MAIN, text, name.span().start, message, step_hint(name.as_ref()));
            }
        }
        if let (Some(limit), Some(_)) = (&own.limit, &own.cost) {
            let hint = "leave one of them away";
            mistakes.add(
                MAIN,
                text,
                limit.span().start,
                "`limit` follows from `cost`, so it is said twice",
                hint,
            );
        }
    }
    steps
}

fn check(declared: &Declared, table: &BoundaryTable, text: &str, mistakes: &mut Mistakes) {
    let start = |span: Option<std::ops::Range<usize>>| span.map_or(0, |span| span.start);
    let of =
        |step: &Step| table.steps.iter().find(|(name, _)| name.as_ref() == step.name()).map(|(_, own)| own);
    for (step, rules) in &declared.steps {
        let own = of(step);
        let place = own
            .and_then(|own| own.limit.as_ref().map(Spanned::span).or(own.cost.as_ref().map(Spanned::span)))
            .or(table.limit.as_ref().map(Spanned::span));
        if !(rules.limit > 0.0 && rules.limit <= 0.5) {
            let message = "a limit is a share of actions, above 0 and at most 0.5";
            mistakes.add(MAIN, text, start(place), message, "0.05 means one in twenty");
        }
        if rules.segments.iter().any(|one| rules.segments.iter().filter(|other| *other == one).count() > 1)
            || declared.segments(*step).len() > MOST_SEGMENTS
        {
            let place =
                own.and_then(|own| own.segments.as_ref()).or(table.segments.as_ref()).map(Spanned::span);
            let message =
                format!("these divide a class into more than {MOST_SEGMENTS} segments, or name one twice");
            mistakes.add(MAIN, text, start(place), message, "keep fewer things apart");
        }
    }
    let common = Config { defaults: declared.common.clone(), ..Config::default() };
    if let Err(error) = common.check() {
        mistakes.add(MAIN, text, 0, format!("[boundary]: {error}"), "");
    }
}

/// Six places are enough for a share, and read back exactly.
fn round(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

impl From<CostTable> for Cost {
    fn from(table: CostTable) -> Cost {
        let CostTable { review, delay, mistake, catch_rate } = table;
        Cost { review, delay, mistake, catch_rate }
    }
}
