//! What a playbook declares about its step classes: what is one class and what are its segments, the limit of each, where
//! each starts. It stands in the fact of the playbook's adoption, so that the record alone says what the evidence was about.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::boundary::{Cost, Settings};
use crate::step::{Place, Step};
use crate::terms::Tier;

/// Separates a class from the segment in an address.
const SEGMENT: char = ':';
/// The one segment of a class that is not divided.
pub use crate::boundary::WHOLE_CLASS;

/// By what a class is divided into segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// By the account's tier.
    Tier,
    /// By the channel the lead came in on.
    Channel,
    /// By the template's language. Undeclared, each language of a template is a class of its own.
    Language,
}

/// What is declared for all classes of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRules {
    /// Where its classes start.
    pub starts: Place,
    /// The share of wrong actions that is tolerable.
    pub limit: f64,
    /// What the limit follows from, where it does.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// How its classes are divided.
    #[serde(default)]
    pub segments: Vec<Dimension>,
}

/// What a playbook declares about step classes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Declared {
    /// What holds for every class; limit, segments and floors are the steps' own.
    pub common: Settings,
    /// By step; a step that is not there is gated and not divided.
    pub steps: BTreeMap<Step, StepRules>,
    /// The languages of the templates.
    pub languages: Vec<String>,
    /// Hex digest over the policies that say what may run; another one is another question.
    #[serde(default)]
    pub policy: String,
}

/// What an action is, as far as its class is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Kind<'a> {
    /// Its step.
    pub step: Step,
    /// Where its words come from.
    pub words: Words<'a>,
    /// Tier of the lead's account.
    pub tier: Tier,
    /// The channel the lead came in on.
    pub channel: &'a str,
}

/// Where an action's words come from.
#[derive(Debug, Clone, Copy)]
pub enum Words<'a> {
    /// From a template, named with its language: `reply.de`.
    Template(&'a str),
    /// A person wrote them themself.
    Own,
    /// A program wrote them.
    Free,
    /// There are none.
    None,
}

/// A class and the segment in it, as facts and views carry them: `message.reply/reply.en:standard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// Step and template.
    pub class: &'a str,
    /// The declared segment; `-` in a class that is not divided.
    pub segment: &'a str,
}

impl<'a> Address<'a> {
    /// Reads an address.
    pub fn of(text: &'a str) -> Address<'a> {
        let (class, segment) = text.split_once(SEGMENT).unwrap_or((text, WHOLE_CLASS));
        Address { class, segment }
    }

    /// The step of the class, if it names one.
    pub fn step(&self) -> Option<Step> {
        Step::from_name(self.class.split('/').next().unwrap_or_default())
    }

    /// The template of the class, with its language where that is no segment.
    pub fn template(&self) -> Option<&'a str> {
        self.class.split_once('/').map(|(_, template)| template)
    }
}

impl Declared {
    /// The address of the class and segment that an action counts for.
    pub fn address(&self, kind: &Kind<'_>) -> String {
        let dimensions = self.dimensions(kind.step);
        let by_language = dimensions.contains(&Dimension::Language);
        let (name, language) = match kind.words {
            Words::Template(label) if by_language => label.rsplit_once('.').unwrap_or((label, "")),
            Words::Template(label) => (label, ""),
            Words::Own => ("own-words", ""),
            Words::Free => ("free-text", ""),
            Words::None => ("", ""),
        };
        let mut address = kind.step.name().to_owned();
        if !name.is_empty() {
            address.push('/');
            address.push_str(name);
        }
        let parts: Vec<&str> = dimensions
            .iter()
            .map(|dimension| match dimension {
                Dimension::Tier => kind.tier.word(),
                Dimension::Channel => kind.channel,
                Dimension::Language if language.is_empty() => "none",
                Dimension::Language => language,
            })
            .collect();
        if !parts.is_empty() {
            address.push(SEGMENT);
            address.push_str(&parts.join("+"));
        }
        address.chars().map(|c| if is_plain(c) { c } else { '_' }).take(128).collect()
    }

    /// How classes of a step are divided; steps that send nothing are not.
    fn dimensions(&self, step: Step) -> &[Dimension] {
        if !step.sends() {
            return &[];
        }
        self.steps.get(&step).map_or(&[], |rules| &rules.segments)
    }

    /// Where classes of a step start.
    pub fn starts(&self, step: Step) -> Place {
        self.steps.get(&step).map_or(Place::Gated, |rules| rules.starts)
    }

    /// The settings of a class.
    pub fn settings(&self, class: &str) -> Settings {
        let step = Address::of(class).step();
        let rules = step.and_then(|step| self.steps.get(&step));
        let mut settings = self.common.clone();
        settings.family = step.map(|step| step.name().to_owned());
        settings.segments = step.map_or_else(|| vec![WHOLE_CLASS.to_owned()], |step| self.segments(step));
        let Some(rules) = rules else { return settings };
        settings.eps = rules.limit;
        settings.never_graduate = rules.starts == Place::Floor;
        if rules.starts == Place::Automated {
            // It runs because the playbook says so and not on evidence; nobody looks at a sample of it.
            settings.first_audit_share = 0.0;
            settings.audit_share = 0.0;
            settings.raised_audit_share = 0.0;
        }
        settings
    }

    /// Every combination of the declared dimensions.
    pub fn segments(&self, step: Step) -> Vec<String> {
        let languages = || self.languages.iter().map(String::as_str).chain(["none"]).collect::<Vec<_>>();
        let values = |dimension: &Dimension| match dimension {
            Dimension::Tier => [Tier::Standard, Tier::HighValue, Tier::Strategic].map(Tier::word).to_vec(),
            Dimension::Channel => vec!["form", "api", "email", "csv"],
            Dimension::Language => languages(),
        };
        let dimensions = self.dimensions(step);
        if dimensions.is_empty() {
            return vec![WHOLE_CLASS.to_owned()];
        }
        let mut segments = vec![String::new()];
        for dimension in dimensions {
            let join = |before: &String, value: &str| match before.as_str() {
                "" => value.to_owned(),
                before => format!("{before}+{value}"),
            };
            let grown = segments.iter().flat_map(|before| {
                values(dimension).into_iter().map(|value| join(before, value)).collect::<Vec<_>>()
            });
            segments = grown.collect();
        }
        segments
    }
}

/// What may stand in a leaf's references.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:/+=".contains(c)
}

/// Serialised as text, because the record holds no fractions.
pub mod as_text {
    use super::{Declared, Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Option<Declared>, out: S) -> Result<S::Ok, S::Error> {
        let text = value.as_ref().map(serde_json::to_string).transpose();
        text.map_err(serde::ser::Error::custom)?.serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Declared>, D::Error> {
        let text = Option::<String>::deserialize(input)?;
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(segments: &[Dimension]) -> Declared {
        let rules = StepRules { starts: Place::Gated, limit: 0.02, cost: None, segments: segments.to_vec() };
        Declared {
            steps: [(Step::Reply, rules)].into(),
            languages: vec!["de".into(), "en".into()],
            ..Declared::default()
        }
    }

    fn reply(words: Words<'_>) -> Kind<'_> {
        Kind { step: Step::Reply, words, tier: Tier::HighValue, channel: "form" }
    }

    #[test]
    fn an_address_names_step_template_and_declared_segments() {
        for (segments, words, address) in [
            (&[][..], Words::Template("reply.de"), "message.reply/reply.de"),
            (&[Dimension::Tier][..], Words::Template("reply.de"), "message.reply/reply.de:high-value"),
            (
                &[Dimension::Tier, Dimension::Language][..],
                Words::Template("reply.de"),
                "message.reply/reply:high-value+de",
            ),
            (&[Dimension::Language][..], Words::Own, "message.reply/own-words:none"),
            (&[Dimension::Channel][..], Words::Free, "message.reply/free-text:form"),
        ] {
            let declared = declared(segments);
            assert_eq!(declared.address(&reply(words)), address);
            let read = Address::of(address);
            let settings = declared.settings(read.class);
            assert!(settings.segments.iter().any(|segment| segment == read.segment), "{address}");
            assert_eq!((settings.eps, settings.family.as_deref()), (0.02, Some("message.reply")));
        }
    }

    #[test]
    fn what_sends_nothing_is_not_divided() {
        let kind = Kind { step: Step::Assign, ..reply(Words::None) };
        assert_eq!(declared(&[Dimension::Tier]).address(&kind), "lead.assign");
    }

    #[test]
    fn what_stands_in_a_leaf_is_plain() {
        let address = declared(&[Dimension::Tier]).address(&reply(Words::Template("größe \"x\".de")));
        assert_eq!(address, "message.reply/gr__e__x_.de:high-value");
    }
}
