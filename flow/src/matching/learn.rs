//! Weights that fit one workspace better: from pairs that people reviewed, or, when asked for, from the groups that the
//! present weights find.
//!
//! Both start from the present weights and are held to them by a penalty, so that a level seen rarely keeps what it
//! had. The method is logistic regression by gradient steps of falling size (Duchi, Hazan & Singer 2011, AdaGrad) in
//! a fixed order, so that the same pairs always give the same weights.

use super::fact::{FACTS, Finding};
use super::score::{Weights, probability};

/// Fewer reviewed pairs than this say too little to adapt weights to.
pub const LEAST_REVIEWED: usize = 300;
/// Every so many pairs, one is held out to judge what was learnt.
const HELD_OUT_EVERY: usize = 5;
const PASSES: usize = 12;
const STEP_BITS: f64 = 0.35;
/// How strongly a weight is held to where it started, per pair.
const PENALTY: f64 = 2e-4;

/// A pair whose answer is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// What was found, as [`super::compare::Comparison::findings`].
    pub findings: Vec<Finding>,
    /// One person.
    pub same: bool,
}

/// Weights adapted to reviewed pairs, if there are enough of them and those held out are judged better than with the
/// present weights; `None` keeps the present ones.
pub fn adapt(lessons: &[Lesson], present: &Weights, version: &str) -> Option<Weights> {
    if lessons.len() < LEAST_REVIEWED {
        return None;
    }
    let slices = |held: bool| {
        let numbered = lessons.iter().enumerate();
        numbered.filter(move |(place, _)| (place % HELD_OUT_EVERY == 0) == held).map(|(_, lesson)| lesson)
    };
    let adapted = learn(slices(false), present, version);
    (loss(slices(true), &adapted) < loss(slices(true), present)).then_some(adapted)
}

/// Weights fitted to lessons, starting from and held to the present ones.
pub fn learn<'l>(
    lessons: impl Iterator<Item = &'l Lesson> + Clone,
    present: &Weights,
    version: &str,
) -> Weights {
    let mut weights = present.clone();
    weights.version = version.to_owned();
    let mut steepness: Vec<Vec<f64>> = FACTS.iter().map(|fact| vec![1e-6; fact.levels()]).collect();
    for _ in 0..PASSES {
        for lesson in lessons.clone() {
            let error = probability(weights.sum(&lesson.findings)) - f64::from(u8::from(lesson.same));
            for finding in &lesson.findings {
                let (now, start) = (f64::from(weights.of(*finding)), f64::from(present.of(*finding)));
                let slope = error + PENALTY * (now - start);
                let place = steepness.get_mut(usize::from(finding.fact));
                let Some(seen) = place.and_then(|levels| levels.get_mut(usize::from(finding.level))) else {
                    continue;
                };
                *seen += slope * slope;
                weights.add(*finding, -STEP_BITS * slope / (1.0 + seen.sqrt()));
            }
        }
    }
    weights
}

/// Mean surprise at the known answers, in bits.
fn loss<'l>(lessons: impl Iterator<Item = &'l Lesson>, weights: &Weights) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0f64);
    for lesson in lessons {
        let bits = weights.sum(&lesson.findings);
        let chance = probability(if lesson.same { bits } else { -bits });
        sum -= chance.max(1e-12).log2();
        count += 1.0;
    }
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lessons(count: usize, level_of: impl Fn(usize, bool) -> u8) -> Vec<Lesson> {
        let lesson = |place: usize| {
            let same = place.is_multiple_of(3);
            Lesson { findings: vec![Finding { fact: 8, level: level_of(place, same) }], same }
        };
        (0..count).map(lesson).collect()
    }

    #[test]
    fn reviewed_pairs_move_the_weights_where_they_agree_with_each_other() {
        let telling = lessons(400, |_, same| if same { 4 } else { 5 });
        let adapted = adapt(&telling, Weights::shipped(), "test").unwrap();
        assert!(adapted.of(Finding { fact: 8, level: 4 }) > adapted.of(Finding { fact: 8, level: 5 }) + 2.0);
        assert_eq!(
            adapted.of(Finding { fact: 10, level: 0 }),
            Weights::shipped().of(Finding { fact: 10, level: 0 })
        );
    }

    #[test]
    fn too_few_reviewed_pairs_change_nothing() {
        assert!(adapt(&lessons(299, |_, same| u8::from(same)), Weights::shipped(), "test").is_none());
    }

    #[test]
    fn what_does_not_judge_the_held_out_pairs_better_is_not_adopted() {
        // The pairs held out contradict the others.
        let contradicting = lessons(600, |place, same| u8::from(same == (place % HELD_OUT_EVERY == 0)));
        assert!(adapt(&contradicting, Weights::shipped(), "test").is_none());
    }
}
