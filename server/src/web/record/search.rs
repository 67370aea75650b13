//! Searching the record: by lead, person, kind, account and time.

use flow::ids::{LeadId, MemberId};
use maud::{Markup, html};
use serde::Deserialize;
use store::views::{FactFilter, LeadFilter, LeadRow};
use store::{Answer, Question};

use crate::time;
use crate::web::session::Visit;
use crate::web::trouble::Trouble;
use crate::web::words::Names;

/// Facts on one page.
pub const FACTS: usize = 100;
/// Leads offered when the words fit several.
const LEADS: usize = 20;

/// The kinds that are offered, each with what it says; any other is found by its name in the address.
const KINDS: [(&str, &str); 17] = [
    ("approval.decided", "A person decided"),
    ("proposal.made", "Put before a person"),
    ("action.judged", "Judged by the gate"),
    ("dispatch.attempted", "Handed to a channel"),
    ("dispatch.settled", "Went out, or did not"),
    ("lead.captured", "A lead came in"),
    ("lead.joined", "Known person, new delivery"),
    ("message.received", "Somebody wrote"),
    ("lead.assigned", "Given an owner"),
    ("lead.erased", "Erased"),
    ("exception.reported", "Turned out wrong"),
    ("clock.breached", "A promise was broken"),
    ("playbook.adopted", "Playbook in force"),
    ("member.added", "Member added"),
    ("token.created", "Token made"),
    ("credential.enrolled", "Passkey enrolled"),
    ("credential.revoked", "Passkey revoked"),
];

/// What is searched for, as it stands in the address. Empty parts narrow nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    /// A lead's id, or words in its name, address, company or phone.
    pub lead: String,
    /// A member's id.
    pub who: String,
    /// A fact's kind.
    pub kind: String,
    /// An account's name.
    pub account: String,
    /// The first day, or an instant.
    pub from: String,
    /// The last day, or an instant.
    pub to: String,
    /// Only facts before this index.
    pub before: String,
}

/// What is to be looked for, or what has to be said first.
pub enum Sought {
    /// This.
    Facts(Box<FactFilter>),
    /// The words fit several leads, or none.
    Which(Vec<LeadRow>),
}

impl Search {
    /// Whether anything narrows the list.
    pub fn narrows(&self) -> bool {
        [&self.lead, &self.who, &self.kind, &self.account, &self.from, &self.to]
            .iter()
            .any(|part| !part.is_empty())
    }

    /// The address of the same search from another place on.
    pub fn query(&self, before: &str) -> String {
        crate::web::query(&[
            ("lead", &self.lead),
            ("who", &self.who),
            ("kind", &self.kind),
            ("account", &self.account),
            ("from", &self.from),
            ("to", &self.to),
            ("before", before),
        ])
    }

    /// The search as a question; words for a lead are looked up first.
    ///
    /// # Errors
    /// A part that cannot be read, or the store's word.
    pub async fn sought(&self, visit: &Visit) -> Result<Sought, Trouble> {
        let lead = match self.lead.trim() {
            "" => None,
            id if id.parse::<LeadId>().is_ok() => id.parse().ok(),
            words => match self.leads(visit, words).await?.as_slice() {
                [one] => Some(one.id),
                several => return Ok(Sought::Which(several.to_vec())),
            },
        };
        let who = self.who.parse::<MemberId>().ok().map(|id| id.0);
        if !self.who.is_empty() && who.is_none() {
            return Err(Trouble::unfit("`who` is a member’s id"));
        }
        Ok(Sought::Facts(Box::new(FactFilter {
            lead,
            actor: who,
            kinds: Some(self.kind.clone()).filter(|kind| !kind.is_empty()).into_iter().collect(),
            account: Some(self.account.trim().to_owned()).filter(|name| !name.is_empty()),
            since: period(&self.from, false)?,
            until: period(&self.to, true)?,
            before_index: self.before.parse().ok(),
            newest_first: true,
            unplaced: self.before.is_empty(),
            limit: FACTS,
            ..FactFilter::default()
        })))
    }

    async fn leads(&self, visit: &Visit, words: &str) -> Result<Vec<LeadRow>, Trouble> {
        let filter = LeadFilter { q: Some(words.to_owned()), limit: LEADS, ..LeadFilter::default() };
        match visit.app.ask(Question::Leads(filter)).await? {
            Answer::Leads(page) => Ok(page.items),
            other => Err(Trouble::unexpected(&other)),
        }
    }
}

/// A period's end as typed.
///
/// # Errors
/// What is wrong with it.
pub fn period(text: &str, is_last: bool) -> Result<Option<jiff::Timestamp>, Trouble> {
    time::period(text, is_last).map_err(|error| Trouble::unfit(&error.to_string()))
}

/// The form.
pub fn form(search: &Search, names: &Names, accounts: &[String]) -> Markup {
    let known = KINDS.iter().any(|(kind, _)| *kind == search.kind);
    html! {
        form.filters.record-search method="get" action="/record" role="search" {
            div.field.search {
                label for="lead" { "Lead: name, address or id" }
                input type="search" id="lead" name="lead" value=(search.lead) maxlength="200";
            }
            div.field {
                label for="who" { "Done by" }
                select id="who" name="who" {
                    option value="" { "Anyone" }
                    @for (id, name) in names.sorted() {
                        option value=(id) selected[id.to_string() == search.who] { (name) }
                    }
                }
            }
            div.field {
                label for="kind" { "What" }
                select id="kind" name="kind" {
                    option value="" { "Anything" }
                    @if !known && !search.kind.is_empty() { option value=(search.kind) selected { (search.kind) } }
                    @for (kind, words) in KINDS { option value=(kind) selected[kind == search.kind] { (words) } }
                }
            }
            div.field {
                label for="account" { "Account" }
                input type="text" id="account" name="account" value=(search.account) maxlength="200" list="accounts" autocomplete="off";
                datalist id="accounts" { @for name in accounts { option value=(name) {} } }
            }
            div.field { label for="from" { "From" } input type="date" id="from" name="from" value=(search.from); }
            div.field { label for="to" { "To" } input type="date" id="to" name="to" value=(search.to); }
            div.actions {
                button.button.strong type="submit" { "Search" }
                @if search.narrows() { a.button.plain href="/record" { "Everything" } }
            }
        }
    }
}

/// The words fit several leads, or none.
pub fn which(search: &Search, leads: &[LeadRow]) -> Markup {
    let to = |row: &LeadRow| Search { lead: row.id.to_string(), ..search.clone() }.query("");
    html! {
        @if leads.is_empty() {
            p { "No lead has these words in its name, address, company or phone. An erased lead is found by its id." }
        } @else {
            p { "Which of these?" }
            ul.waiting-list {
                @for row in leads {
                    li {
                        a href={ "/record" (to(row)) } { (row.person.display()) }
                        span.quiet { (row.account.as_deref().unwrap_or(&row.person.company)) " " (row.person.email) }
                    }
                }
            }
        }
    }
}
