//! What was said, newest inbound first: the customer's last words stand open, the rest is folded.

use flow::capture::Automatic;
use jiff::Timestamp;
use maud::{Markup, html};
use store::views::{MessageRow, Said};

use crate::web::words;

/// How an outbound message came to be sent, in words; empty where nobody knows.
pub type HowSent<'a> = &'a dyn Fn(&MessageRow) -> Markup;

/// The conversation. `messages` are newest first.
pub fn thread(messages: &[MessageRow], who: &str, now: Timestamp, how: HowSent<'_>) -> Markup {
    let newest = messages
        .iter()
        .position(|message| matches!(&message.said, Said::In(said) if said.automatic == Automatic::No));
    let earlier: Vec<&MessageRow> = messages
        .iter()
        .enumerate()
        .filter(|(place, _)| Some(*place) != newest)
        .map(|(_, message)| message)
        .collect();
    html! {
        @match newest.and_then(|place| messages.get(place)) {
            Some(message) => (said(message, who, now, "said newest", how)),
            None => p.quiet { "Nobody has written to us on this lead." },
        }
        @if !earlier.is_empty() {
            details.earlier data-thread {
                summary { (words::count(earlier.len() as u64, "earlier message", "earlier messages")) }
                @for message in earlier { (said(message, who, now, "said", how)) }
            }
        }
    }
}

/// One message, in or out.
pub fn said(message: &MessageRow, who: &str, now: Timestamp, class: &str, how: HowSent<'_>) -> Markup {
    match &message.said {
        Said::In(inbound) => html! {
            article class=(class) data-inbound {
                header {
                    strong { (who) }
                    span { "by " (inbound.channel.word()) }
                    (words::when(now, message.at))
                    @if let Some(kind) = automatic(inbound.automatic) { span.sign { (kind) } }
                }
                @if !inbound.subject.is_empty() { p.subject { (inbound.subject) } }
                div.words { (inbound.text) }
                @if !inbound.attachments.is_empty() {
                    p.attached { @for file in &inbound.attachments { span.sign.filled { (file.name) } } }
                }
            }
        },
        Said::Out { content, state, .. } => html! {
            article class={ (class) " ours" } {
                header {
                    strong { "We" }
                    span { "by " (content.channel) }
                    (words::when(now, message.at))
                    (dispatch(state))
                }
                p.subject { (content.subject()) }
                div.words { (content.text()) }
                p.how { (how(message)) }
            }
        },
    }
}

/// How carrying an action out stands, as a sign.
pub fn dispatch(state: &str) -> Markup {
    match state {
        "done" => html! { span.sign.good { "sent" } },
        "failed" => html! { span.sign.bad { "not sent" } },
        "unknown" => html! { span.sign.warn { "nobody knows whether it arrived" } },
        "attempted" => html! { span.sign { "on its way" } },
        "waiting" => html! { span.sign { "waits to go" } },
        other => html! { span.sign { (other) } },
    }
}

const fn automatic(kind: Automatic) -> Option<&'static str> {
    match kind {
        Automatic::No => None,
        Automatic::OutOfOffice => Some("out of office"),
        Automatic::Bounce => Some("could not be delivered"),
        Automatic::Bulk => Some("bulk mail"),
    }
}
