//! What every page has: the head, the band with the way around, the live connection, the foot.

use flow::ids::LeadId;
use flow::terms::{Member, Role};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::{assets, marks};

/// What a page knows about who looks at it, and when.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The present.
    pub now: Timestamp,
    /// The workspace's name.
    pub workspace: String,
    /// Who is signed in.
    pub me: Member,
    /// Proves that a form was made for this session.
    pub csrf: String,
    /// Proposals that wait, in all and for this member.
    pub pending: Pending,
    /// Share of the last seven days' actions that asked a person, in whole percent; none before the first action.
    pub share: Option<u8>,
    /// Where the live stream stood when the page was made.
    pub seen: String,
    /// The lead that is shown, whose changes the page wants to hear of.
    pub lead: Option<LeadId>,
}

/// How many proposals wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pending {
    /// In the workspace.
    pub all: u64,
    /// That this member may decide.
    pub mine: u64,
}

/// Which part of the pages one is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// The desk.
    Desk,
    /// The board, or one lead.
    Leads,
    /// The gate.
    Gate,
    /// Promises and follow-ups.
    Promises,
    /// The boundary, or one class.
    Boundary,
    /// Health.
    Health,
    /// The record.
    Record,
    /// Setting up, or nowhere in particular.
    Elsewhere,
}

impl Here {
    /// The word in the address of the navigation's live part.
    pub const fn word(self) -> &'static str {
        match self {
            Here::Desk => "desk",
            Here::Leads => "leads",
            Here::Gate => "gate",
            Here::Promises => "promises",
            Here::Boundary => "boundary",
            Here::Health => "health",
            Here::Record => "record",
            Here::Elsewhere => "elsewhere",
        }
    }

    /// Reads it back.
    pub fn from_word(word: &str) -> Here {
        [Here::Desk, Here::Leads, Here::Promises, Here::Gate, Here::Boundary, Here::Health, Here::Record]
            .into_iter()
            .find(|here| here.word() == word)
            .unwrap_or(Here::Elsewhere)
    }
}

impl Frame {
    /// Whether the member may act at all; an auditor reads.
    pub fn may_act(&self) -> bool {
        self.me.role != Role::Auditor
    }

    /// The hidden field that every form carries.
    pub fn token(&self) -> Markup {
        token(&self.csrf)
    }

    /// A whole page. `main` brings its own `<main id="main">` content; `class` goes on the main element.
    pub fn page(&self, here: Here, title: &str, class: &str, main: Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(title, true))
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header.band {
                        div.band-inner {
                            a.mark href="/" { (marks::mark()) span { "Lockkeeper" } }
                            (self.way(here))
                            (self.me())
                        }
                    }
                    main id="main" class=(class) tabindex="-1" { (main) }
                    footer.foot {
                        ul {
                            li { (self.workspace) }
                            @if self.me.role == Role::Admin { li { a href="/form-snippet" { "Web form snippet" } } }
                            li { a href="/docs" { "API" } }
                            li { button.linklike type="button" popovertarget="keys" { "Keys" } }
                        }
                    }
                    (keys())
                    p.aside-voice id="voice" role="status" {}
                    div id="events" hx-sse:connect={ "/events" (self.wanted()) } hx-swap="none" hidden {}
                    div.toast role="alert" id="signed-out" hidden {
                        "You are signed out. What you typed is still here: "
                        a href="/sign-in" target="_blank" { "sign in again in another tab" } ", then go on."
                    }
                }
            }
        }
    }

    /// The way around; asked for again whenever the desk changes.
    pub fn way(&self, here: Here) -> Markup {
        let waits = if self.pending.mine > 0 { "count waits" } else { "count" };
        let link = |to: Here, href: &str, inside: Markup| {
            html! { li { a href=(href) aria-current=[(to == here).then_some("page")] { (inside) } } }
        };
        html! {
            nav id="way" aria-label="Pages" hx-get={ "/nav?here=" (here.word()) }
                hx-trigger="desk-changed from:body throttle:1s" hx-swap="outerMorph" {
                ul.way {
                    (link(Here::Desk, "/desk", html! {
                        "Desk"
                        span class=(waits) {
                            (self.pending.mine)
                            span.aside-voice { " waiting for you" }
                        }
                    }))
                    (link(Here::Leads, "/leads", html! { "Leads" }))
                    (link(Here::Promises, "/promises", html! { "Promises" }))
                    (link(Here::Gate, "/gate", html! {
                        "Gate"
                        @if let Some(share) = self.share {
                            span.count title="Share of the last seven days’ actions that asked a person" {
                                (share) " %" span.aside-voice { " of actions asked a person" }
                            }
                        }
                    }))
                    (link(Here::Boundary, "/boundary", html! { "Boundary" }))
                    (link(Here::Health, "/health", html! { "Health" }))
                    (link(Here::Record, "/record", html! { "Record" }))
                }
            }
        }
    }

    /// What the page wants to hear of.
    fn wanted(&self) -> String {
        let lead = self.lead.map(|lead| lead.to_string()).unwrap_or_default();
        super::query(&[("since", &self.seen), ("lead", &lead)])
    }

    fn me(&self) -> Markup {
        html! {
            div.me {
                span.live role="status" data-live="wait" { span.live-word {} }
                a.name href="/passkeys" title="Your passkeys" { (self.me.name) " " small { "(" (self.me.role.word()) ")" } }
                form method="post" action="/sign-out" {
                    (self.token())
                    button type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// A page for anybody, signed in or not: the band with the mark, the content.
pub fn open(title: &str, class: &str, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, false))
            body {
                a.skip href="#main" { "Skip to the content" }
                header.band {
                    div.band-inner {
                        a.mark href="/" { (marks::mark()) span { "Lockkeeper" } }
                    }
                }
                main id="main" class=(class) tabindex="-1" { (main) }
            }
        }
    }
}

/// A page for somebody who is not signed in: the mark and one sheet.
pub fn alone(title: &str, sheet: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, false))
            body {
                main.alone id="main" {
                    div.alone-sheet {
                        p.mark { (marks::mark()) span { "Lockkeeper" } }
                        (sheet)
                    }
                }
            }
        }
    }
}

/// The hidden field that carries a CSRF token.
pub fn token(csrf: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); }
}

fn head(title: &str, live: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="color-scheme" content="light dark";
            meta name="theme-color" content="#0c3a40";
            meta name="referrer" content="same-origin";
            // Without these htmx would put a failed answer where the list stood, and close what a reader opened.
            meta name="htmx-config" content=(HTMX_CONFIG);
            title { (title) " · Lockkeeper" }
            link rel="icon" type="image/svg+xml" href=(assets::url("mark.svg"));
            @for sheet in ["base.css", "frame.css", "desk.css", "pages.css", "boundary.css"] {
                link rel="stylesheet" href=(assets::url(sheet));
            }
            @if live {
                script src=(assets::url("vendor/htmx-4.0.1.min.js")) defer {}
                script src=(assets::url("vendor/hx-sse-4.0.1.min.js")) defer {}
            }
            script src=(assets::url("passkey.js")) defer {}
            script src=(assets::url("lockkeeper.js")) defer {}
        }
    }
}

const HTMX_CONFIG: &str = r#"{"noSwap":[204,304,"4xx","5xx"],"includeIndicatorCSS":false,"history":false,"extensions":"sse","morphIgnore":["data-htmx-powered","open"],"defaultTimeout":15000}"#;

/// The keys, in a dialog that opens without a script too.
fn keys() -> Markup {
    let rows = [
        ("a", "Approve what is shown"),
        ("e", "Edit it, then approve"),
        ("o", "Answer in your own words"),
        ("r", "Reject it"),
        ("j", "Next one in the list"),
        ("k", "The one before"),
        ("?", "This list"),
    ];
    html! {
        div.keys id="keys" popover role="dialog" aria-labelledby="keys-title" {
            h2 id="keys-title" { "Keys" }
            dl {
                @for (key, does) in rows {
                    dt { kbd { (key) } }
                    dd { (does) }
                }
            }
            p.small.quiet { "They rest while you type. Approving works once a proposal has been in view for a moment." }
            p { button.button type="button" popovertarget="keys" popovertargetaction="hide" { "Close" } }
        }
    }
}
