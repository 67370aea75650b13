//! Where does this step belong? The three questions in plain words, answered with a place and its reasons; also for a
//! step that does not exist yet.

use flow::step::{Cost, Judgement, Profile, Reversible};
use maud::{Markup, html};
use serde::Deserialize;

/// The answers as they stand in the address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// What the step is called; may be empty.
    pub step: String,
    /// First question: the word of an answer, or nothing.
    pub reversible: String,
    /// Second question.
    pub judgement: String,
    /// Third question.
    pub cost: String,
    /// `yes` if it commits the company.
    pub commits: String,
}

impl Answers {
    /// The profile, once all three are answered.
    pub fn profile(&self) -> Option<Profile> {
        let reversible = [Reversible::Internal, Reversible::Retractable, Reversible::Irreversible];
        let costs = [Cost::Small, Cost::Large, Cost::Hidden];
        Some(Profile {
            reversible: reversible.into_iter().find(|answer| answer.word() == self.reversible)?,
            judgement: [Judgement::Path, Judgement::Outcome]
                .into_iter()
                .find(|answer| answer.word() == self.judgement)?,
            cost_of_error: costs.into_iter().find(|answer| answer.word() == self.cost)?,
            commits: self.commits == "yes",
        })
    }
}

/// The questions, and the answer to them.
pub fn section(answers: Option<&Answers>) -> Markup {
    let none = Answers::default();
    let given = answers.unwrap_or(&none);
    html! {
        section.gate-part id="belongs" aria-labelledby="belongs-title" {
            header {
                h2 id="belongs-title" { "Where does this step belong?" }
                p.quiet { "Three questions decide it. Try a step you have in mind; nothing is changed by asking." }
            }
            @if let Some(profile) = given.profile() { (verdict(given, &profile)) }
            @else if answers.is_some() { p.note.warn role="status" { "Answer all three questions, then the place follows." } }
            form.ask.sheet method="get" action="/gate#belongs" {
                div.field {
                    label for="step" { "The step, in a few words" }
                    input type="text" id="step" name="step" value=(given.step) maxlength="120"
                        placeholder="e.g. send a price list" autocomplete="off";
                }
                div.questions {
                    (question("reversible", "Can it be undone?", &given.reversible, &[
                        (Reversible::Internal.word(), "Yes, and nobody outside would notice"),
                        (Reversible::Retractable.word(), "It is seen outside, but can be taken back"),
                        (Reversible::Irreversible.word(), "No: once done, it is done"),
                    ]))
                    (question("judgement", "Does judgement change the outcome?", &given.judgement, &[
                        (Judgement::Path.word(), "No: one right outcome, many ways there"),
                        (Judgement::Outcome.word(), "Yes: two sensible people might decide differently"),
                    ]))
                    (question("cost", "What does being wrong cost?", &given.cost, &[
                        (Cost::Small.word(), "Little; it corrects itself"),
                        (Cost::Large.word(), "Much, and one notices"),
                        (Cost::Hidden.word(), "Something, and it is hard to notice"),
                    ]))
                }
                label.choice {
                    input type="checkbox" name="commits" value="yes" checked[given.commits == "yes"];
                    span { "It commits the company: a price, a discount, a contract, a deadline" }
                }
                p { button.button type="submit" { "Where does it belong?" } }
            }
        }
    }
}

fn question(name: &str, words: &str, given: &str, answers: &[(&str, &str)]) -> Markup {
    html! {
        fieldset {
            legend { (words) }
            @for (word, plain) in answers {
                label.choice {
                    input type="radio" name=(name) value=(word) checked[given == *word];
                    span { (plain) }
                }
            }
        }
    }
}

fn verdict(given: &Answers, profile: &Profile) -> Markup {
    let place = profile.place();
    let step = if given.step.trim().is_empty() { "This step" } else { given.step.trim() };
    html! {
        div.verdict.sheet role="status" {
            h3 { "“" (step) "” is " span class={ "place " (place.word()) } { (place.word()) } }
            p { (super::meaning(place)) }
            ul.why { @for (_, reason) in profile.reasons() { li { (reason) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_does_not_exist_yet_is_placed_with_reasons() {
        let answers = Answers {
            step: "send a price list".into(),
            reversible: "irreversible".into(),
            judgement: "path".into(),
            cost: "small".into(),
            commits: "yes".into(),
        };
        let html = section(Some(&answers)).into_string();
        assert!(html.contains("floor") && html.contains("It commits the company."), "{html}");
        let half = Answers { cost: "enormous".into(), ..answers };
        assert!(section(Some(&half)).into_string().contains("Answer all three"));
    }
}
