//! How times, amounts and steps read on a page. The script in `assets/lockkeeper.js` keeps the same times running;
//! what it writes is what stands here.

use flow::ids::MemberId;
use flow::step::Step;
use flow::terms::Member;
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Members by id, for pages that name people.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<MemberId, String>);

impl Names {
    /// The names of these members.
    pub fn of(members: &[Member]) -> Names {
        Names(members.iter().map(|member| (member.id, member.name.clone())).collect())
    }

    /// A member's name; somebody who is no longer known is said to be so.
    pub fn name(&self, member: MemberId) -> &str {
        self.0.get(&member).map_or("a former member", String::as_str)
    }

    /// All members in the order of their names, for a choice.
    pub fn sorted(&self) -> Vec<(MemberId, &str)> {
        let mut all: Vec<_> = self.0.iter().map(|(id, name)| (*id, name.as_str())).collect();
        all.sort_by(|a, b| a.1.cmp(b.1));
        all
    }
}

/// A time in the past, seen from `now`: `just now`, `12 min ago`, `3 h ago`, `2 days ago`, then the date.
pub fn ago(now: Timestamp, at: Timestamp) -> String {
    let secs = now.duration_since(at).as_secs();
    match secs {
        ..45 => "just now".into(),
        45..3_570 => format!("{} min ago", (secs + 30) / 60),
        3_570..86_400 => format!("{} h ago", (secs + 1_800) / 3_600),
        86_400..604_800 => format!("{} ago", count(whole(secs / 86_400), "day", "days")),
        _ => date(at),
    }
}

/// A time to come, seen from `now`: `in 38 min`, `in 2 h 10 min`, `in 3 days`; when it has passed, `12 min over`.
pub fn until(now: Timestamp, at: Timestamp) -> String {
    let secs = at.duration_since(now).as_secs();
    if secs < 0 { format!("{} over", span(-secs)) } else { format!("in {}", span(secs)) }
}

/// A length of time, as coarse as a glance allows: `under a minute`, `38 min`, `2 h 10 min`, `3 days`.
pub fn span(secs: i64) -> String {
    match secs {
        ..60 => "under a minute".into(),
        60..3_600 => format!("{} min", secs / 60),
        3_600..86_400 if secs % 3_600 < 60 => format!("{} h", secs / 3_600),
        3_600..86_400 => format!("{} h {} min", secs / 3_600, secs % 3_600 / 60),
        _ => count(whole(secs / 86_400), "day", "days"),
    }
}

/// A date without its time: `22 Nov 2026`.
pub fn date(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

/// A whole instant, in UTC: `22 Nov 2026, 20:43 UTC`.
pub fn instant(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// A time in the past that keeps running on the page.
pub fn when(now: Timestamp, at: Timestamp) -> Markup {
    html! { time datetime=(at) data-ago title=(instant(at)) { (ago(now, at)) } }
}

/// A time to come that keeps running on the page.
pub fn due(now: Timestamp, at: Timestamp) -> Markup {
    html! { time datetime=(at) data-until title=(instant(at)) { (until(now, at)) } }
}

/// One or many: `1 lead`, `12 leads`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(number)) }
}

/// A number in groups of three: `12,400`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount with its currency: `EUR 12,400`; a dash where nothing is known.
pub fn money(amount: u64, currency: &str) -> String {
    if amount == 0 { "not known".into() } else { format!("{currency} {}", grouped(amount)) }
}

/// What a proposal of this step is for, as a heading: `Reply to Anna Brandt`.
pub fn heading(step: Step, who: &str) -> String {
    match step {
        Step::Acknowledge => format!("Acknowledge {who}’s enquiry"),
        Step::Reply => format!("Reply to {who}"),
        Step::FollowUp => format!("Follow up with {who}"),
        Step::ProposeMeeting => format!("Propose a meeting to {who}"),
        Step::SendQuote => format!("Send {who} a quote"),
        Step::OfferDiscount => format!("Offer {who} a discount"),
        Step::SendContract => format!("Send {who} a contract"),
        Step::Disqualify => format!("Disqualify {who}"),
        Step::Merge => format!("Join {who} with another lead"),
        Step::Erase => format!("Erase the data of {who}"),
        Step::Assign => format!("Give {who} an owner"),
        Step::Reassign => format!("Give {who} another owner"),
        Step::Remind => format!("Remind the owner of {who}"),
        Step::Escalate => format!("Escalate {who}"),
        Step::ChangeStage => format!("Move {who} to another stage"),
        Step::Enrol => format!("Start a sequence for {who}"),
        Step::AdoptPlaybook => "Adopt a playbook".into(),
        Step::WidenBoundary => "Widen the boundary".into(),
    }
}

/// A step in one or two words, for lists.
pub const fn short(step: Step) -> &'static str {
    match step {
        Step::Acknowledge => "Acknowledgement",
        Step::Reply => "Reply",
        Step::FollowUp => "Follow-up",
        Step::ProposeMeeting => "Meeting",
        Step::SendQuote => "Quote",
        Step::OfferDiscount => "Discount",
        Step::SendContract => "Contract",
        Step::Disqualify => "Disqualify",
        Step::Merge => "Join leads",
        Step::Erase => "Erase",
        Step::Assign => "Assign",
        Step::Reassign => "Reassign",
        Step::Remind => "Remind",
        Step::Escalate => "Escalate",
        Step::ChangeStage => "Change stage",
        Step::Enrol => "Start sequence",
        Step::AdoptPlaybook => "Adopt playbook",
        Step::WidenBoundary => "Widen boundary",
    }
}

/// The first letter in upper case, for a word that begins a sentence or a label.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_read_as_people_say_them() {
        let now = at("2026-11-22T09:00:00Z");
        for (then, words) in [
            ("2026-11-22T08:59:30Z", "just now"),
            ("2026-11-22T08:48:00Z", "12 min ago"),
            ("2026-11-22T08:00:10Z", "1 h ago"),
            ("2026-11-21T20:00:00Z", "13 h ago"),
            ("2026-11-20T08:00:00Z", "2 days ago"),
            ("2026-11-01T08:00:00Z", "1 Nov 2026"),
        ] {
            assert_eq!(ago(now, at(then)), words, "{then}");
        }
        for (then, words) in [
            ("2026-11-22T09:00:20Z", "in under a minute"),
            ("2026-11-22T09:38:10Z", "in 38 min"),
            ("2026-11-22T11:00:00Z", "in 2 h"),
            ("2026-11-22T11:10:00Z", "in 2 h 10 min"),
            ("2026-11-25T09:00:00Z", "in 3 days"),
            ("2026-11-22T08:48:00Z", "12 min over"),
        ] {
            assert_eq!(until(now, at(then)), words, "{then}");
        }
    }

    #[test]
    fn numbers_are_grouped_and_counted() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1, "lead", "leads"), "1 lead");
        assert_eq!(count(12_400, "lead", "leads"), "12,400 leads");
        assert_eq!(money(0, "EUR"), "not known");
    }
}
