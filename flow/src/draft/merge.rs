//! What a template may be filled with.

use std::collections::BTreeMap;

use minijinja::Value;
use serde::Serialize;

use super::letters::one_line;

/// The values for one draft, as plain text. An empty value counts as missing: a template that uses it without
/// asking `{% if … %}` first is not rendered. Values are data: nothing in them is read as template code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merge {
    pub lead: LeadFields,
    pub owner: OwnerFields,
    pub workspace: WorkspaceFields,
    pub account: AccountFields,
    /// The day of drafting in the owner's zone, written as the text should show it.
    pub today: String,
}

/// The lead's own particulars, as they or their company gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFields {
    pub name: String,
    pub first_name: String,
    pub company: String,
    pub email: String,
    /// The subject of their last message, without `Re:`.
    pub subject: String,
    /// A language tag such as `de`.
    pub language: String,
}

/// The member responsible for the lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerFields {
    pub name: String,
    pub first_name: String,
    pub email: String,
}

/// The company that writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceFields {
    pub name: String,
}

/// The company that the lead belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFields {
    pub name: String,
    pub tier: String,
}

/// One merge field, as a template names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The path to write between `{{` and `}}`.
    pub path: &'static str,
    /// What stands in it, for a person who writes templates.
    pub words: &'static str,
}

/// Every merge field there is.
pub const FIELDS: [Field; 13] = [
    Field { path: "lead.name", words: "the lead's full name" },
    Field { path: "lead.first_name", words: "the lead's first name" },
    Field { path: "lead.company", words: "the company the lead named" },
    Field { path: "lead.email", words: "the lead's e-mail address" },
    Field { path: "lead.subject", words: "the subject of the lead's last message" },
    Field { path: "lead.language", words: "the lead's language, such as de" },
    Field { path: "owner.name", words: "the owner's full name" },
    Field { path: "owner.first_name", words: "the owner's first name" },
    Field { path: "owner.email", words: "the owner's e-mail address" },
    Field { path: "workspace.name", words: "the name of the company that writes" },
    Field { path: "account.name", words: "the name of the lead's account" },
    Field { path: "account.tier", words: "the account's tier: standard, high-value or strategic" },
    Field { path: "today", words: "the day of drafting" },
];

/// No merge value is longer than this; what is longer is cut.
const VALUE_LIMIT_CHARS: usize = 200;

/// Stands for what a lead wrote where only the template's own words are wanted.
const SOMETHING: &str = "…";

impl Merge {
    /// Every value with its path, in the order of [`FIELDS`].
    fn values(&mut self) -> [(&'static str, &mut String); FIELDS.len()] {
        let Merge { lead, owner, workspace, account, today } = self;
        let LeadFields { name, first_name, company, email, subject, language } = lead;
        let OwnerFields { name: owner_name, first_name: owner_first_name, email: owner_email } = owner;
        let WorkspaceFields { name: workspace_name } = workspace;
        let AccountFields { name: account_name, tier } = account;
        [
            ("lead.name", name),
            ("lead.first_name", first_name),
            ("lead.company", company),
            ("lead.email", email),
            ("lead.subject", subject),
            ("lead.language", language),
            ("owner.name", owner_name),
            ("owner.first_name", owner_first_name),
            ("owner.email", owner_email),
            ("workspace.name", workspace_name),
            ("account.name", account_name),
            ("account.tier", tier),
            ("today", today),
        ]
    }

    /// The values as the template engine takes them: every group is there, and in it what is not empty.
    pub(super) fn to_value(&self) -> Value {
        let mut merge = self.clone();
        let mut root: Vec<(&str, Value)> = Vec::new();
        let mut groups: BTreeMap<&str, Vec<(&str, Value)>> = BTreeMap::new();
        for (path, value) in merge.values() {
            let found = (!value.is_empty()).then(|| Value::from(std::mem::take(value)));
            match path.split_once('.') {
                Some((group, field)) => {
                    groups.entry(group).or_default().extend(found.map(|value| (field, value)))
                }
                None => root.extend(found.map(|value| (path, value))),
            }
        }
        root.extend(groups.into_iter().map(|(group, fields)| (group, Value::from_pairs(fields))));
        Value::from_pairs(root)
    }

    /// The same values, each on one line, without hidden characters and of bounded length: a name from a web form
    /// brings no paragraph of its own into a letter.
    pub(super) fn cleaned(&self) -> Merge {
        let mut merge = self.clone();
        for (_, value) in merge.values() {
            *value = one_line(value, VALUE_LIMIT_CHARS);
        }
        merge
    }

    /// The same values, with what the lead themself wrote left out, so that rendering gives the template's own words.
    pub(super) fn without_lead_words(&self) -> Merge {
        let mut merge = self.clone();
        for (path, value) in merge.values() {
            let theirs = path.starts_with("lead.") && path != "lead.language" || path == "account.name";
            if theirs && !value.is_empty() {
                *value = SOMETHING.to_owned();
            }
        }
        merge
    }

    /// The paths that have no value.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let mut merge = self.clone();
        merge.values().into_iter().filter(|(_, value)| value.is_empty()).map(|(path, _)| path).collect()
    }

    /// Example values for every field, for trying a template out.
    pub fn sample() -> Merge {
        Merge {
            lead: LeadFields {
                name: "Anna Example".into(),
                first_name: "Anna".into(),
                company: "Example Ltd".into(),
                email: "anna@example.com".into(),
                subject: "A question".into(),
                language: "en".into(),
            },
            owner: OwnerFields {
                name: "Sam Seller".into(),
                first_name: "Sam".into(),
                email: "sam@example.org".into(),
            },
            workspace: WorkspaceFields { name: "Sellers Inc".into() },
            account: AccountFields { name: "Example Ltd".into(), tier: "standard".into() },
            today: "2 January 2026".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_fields_is_what_is_merged() {
        let listed = FIELDS.map(|field| field.path);
        assert_eq!(Merge::sample().values().map(|(path, _)| path), listed);
        assert_eq!(Merge::default().missing(), listed);
        assert_eq!(Merge::sample().missing(), [""; 0]);
    }
}
