//! The boundary: where every class stands and on what evidence, what is proposed, what moved, and the week's agenda.

pub mod act;
pub mod agenda;
pub mod class;
pub mod load;
pub mod picture;

use axum::extract::Path;
use axum::response::Response;
use flow::boundary::{ClassEvidence, Outlook, Settings};
use flow::ledger::{Address, ClassStory, How, Ledger, Stands, Widening};
use jiff::Timestamp;
use maud::{Markup, html};

use super::layout::{Frame, Here};
use super::session::Visit;
use super::trouble::Trouble;
use super::words;

/// One class with everything that the pages show of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub stands: Stands,
    /// Its evidence.
    pub evidence: ClassEvidence,
    /// Its settings.
    pub settings: Settings,
    /// What became of it.
    pub story: ClassStory,
    /// The proposal to widen it, if one waits.
    pub widening: Option<Widening>,
    /// Weeks until it might be ready, at the present pace.
    pub weeks: Option<f64>,
}

impl Shown {
    /// One class of a ledger.
    pub fn of(ledger: &Ledger, name: &str) -> Shown {
        let evidence = ledger.evidence(name);
        let story = ledger.class(name).cloned().unwrap_or_default();
        let weeks = match evidence.outlook {
            Outlook::MoreReviews { reviews } => {
                story.pace(ledger.latest()).map(|pace| f64::from(reviews) / pace)
            }
            _ => None,
        };
        Shown {
            stands: ledger.stands(name),
            settings: ledger.settings(name),
            widening: ledger.widenings().find(|widening| widening.class == name).cloned(),
            name: name.to_owned(),
            evidence,
            story,
            weeks,
        }
    }

    /// The class in words: `Reply · reply.en`.
    pub fn title(&self) -> String {
        title(&self.name)
    }

    /// What it would take, with the time that takes.
    pub fn outlook(&self) -> String {
        let outlook = words::capital(&self.evidence.outlook.to_string());
        match self.weeks {
            Some(weeks) if weeks < 1.5 => format!("{outlook}, about a week"),
            Some(weeks) if weeks < 200.0 => format!("{outlook}, about {weeks:.0} weeks"),
            _ => outlook,
        }
    }

    /// The address of its page.
    pub fn href(&self) -> String {
        format!("/boundary/class/{}", self.name)
    }
}

/// A class in words: `Reply · reply.en`.
pub fn title(name: &str) -> String {
    let address = Address::of(name);
    let step = match address.step() {
        Some(step) => words::short(step),
        None => address.class,
    };
    match address.template() {
        Some("own-words") => format!("{step} · in own words"),
        Some("free-text") => format!("{step} · free text"),
        Some(template) => format!("{step} · {template}"),
        None => step.to_owned(),
    }
}

/// A move as it stands in the record, with who made it.
#[derive(Debug, Clone)]
pub struct MoveLine {
    /// When.
    pub at: Timestamp,
    /// By whom; Lockkeeper by itself when empty.
    pub by: String,
    /// Which class.
    pub class: String,
    /// What happened.
    pub how: How,
    /// Which segments, when not all.
    pub segments: Vec<String>,
    /// Why.
    pub why: String,
    /// The fact that brought it about.
    pub because: Option<u64>,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The classes, those that need somebody first.
    pub classes: Vec<Shown>,
    /// The latest moves, the newest first.
    pub moves: Vec<MoveLine>,
    /// Whether planted proposals are switched on.
    pub probing: bool,
    /// Seconds since 1970 of the last fact.
    pub latest: f64,
}

/// `GET /boundary`.
pub async fn open(visit: Visit) -> Response {
    let made = async { Ok(page(&visit.frame().await?, &load::page(&visit).await?)) };
    visit.answer(made.await).await
}

/// `GET /boundary/class/{class}`.
pub async fn open_class(visit: Visit, Path(class): Path<String>) -> Response {
    let made = async {
        let frame = visit.frame().await?;
        let (shown, moves) = load::class(&visit, &class).await?;
        Ok::<_, Trouble>(class::page(&frame, &shown, &moves))
    };
    visit.answer(made.await).await
}

/// The whole page.
pub fn page(frame: &Frame, page: &Page) -> Markup {
    frame.page(
        Here::Boundary,
        "Boundary",
        "boundary",
        html! {
            header.page-head {
                h1 { "Boundary" }
                p { "A step class earns its freedom by approvals that prove something, and loses it by mistakes that show. However often it is looked at, a class that is really too risky becomes ready with a probability of at most 5 %." }
            }
            (agenda::section(frame, page))
            (classes(page))
            (probes(frame, page))
            section.gate-part aria-labelledby="moves-title" {
                header { h2 id="moves-title" { "Every move" } p.quiet { "Who moved what, and why. The record keeps all of them." } }
                (moves(&page.moves, frame.now, true))
            }
        },
    )
}

const ORDER: [Stands; 6] =
    [Stands::Ready, Stands::PulledBack, Stands::Locked, Stands::Gated, Stands::Automated, Stands::Floor];

/// What a state means, in a sentence.
pub const fn meaning(stands: Stands) -> &'static str {
    match stands {
        Stands::Ready => "The evidence reached its bar; an admin decides whether it may run.",
        Stands::PulledBack => {
            "It ran by itself and mistakes showed; it asks again, and its evidence begins anew."
        }
        Stands::Locked => {
            "Pulled back three times, or locked by hand, until an admin unlocks it with a reason."
        }
        Stands::Gated => "Asks a person, and gathers evidence.",
        Stands::Automated => "Runs by itself; audits and exceptions are watched.",
        Stands::Floor => "Asks a person, whatever the evidence.",
    }
}

/// The word on a state's sign.
pub const fn state_word(stands: Stands) -> &'static str {
    match stands {
        Stands::Ready => "Ready",
        Stands::PulledBack => "Pulled back",
        Stands::Locked => "Locked",
        Stands::Gated => "Gated",
        Stands::Automated => "Automated",
        Stands::Floor => "Floor",
    }
}

/// A state as a sign.
pub fn sign(stands: Stands) -> Markup {
    let class = match stands {
        Stands::Ready => "sign good",
        Stands::PulledBack | Stands::Locked => "sign bad",
        Stands::Automated => "sign filled",
        Stands::Gated | Stands::Floor => "sign",
    };
    html! { span class=(class) { (state_word(stands)) } }
}

fn classes(page: &Page) -> Markup {
    html! {
        section.gate-part aria-labelledby="classes-title" {
            header {
                h2 id="classes-title" { "Where each class stands" }
                p.quiet { "A class is a step with its template. The line is its score; it becomes ready where it meets the dashed bar." }
            }
            @if page.classes.is_empty() {
                p.quiet { "Classes appear here with their first action." }
            }
            @for stands in ORDER { (group(stands, page)) }
        }
    }
}

fn group(stands: Stands, page: &Page) -> Markup {
    let classes: Vec<&Shown> = page.classes.iter().filter(|class| class.stands == stands).collect();
    html! {
        @if !classes.is_empty() {
            div.class-group {
                h3 { (state_word(stands)) " " span.quiet.number { (classes.len()) } }
                p.quiet.small { (meaning(stands)) }
                ul.class-list {
                    @for class in classes { (item(class)) }
                }
            }
        }
    }
}

fn item(class: &Shown) -> Markup {
    let story = &class.story;
    html! {
        li.sheet {
            div.class-what {
                a.class-name href=(class.href()) { (class.title()) }
                p.small { (standing_words(class)) }
            }
            (picture::small(class))
            p.class-numbers.small.quiet {
                @match class.stands {
                    Stands::Automated => {
                        (words::count(story.ran, "action", "actions")) " ran · "
                        (words::count(u64::from(story.audits), "audit", "audits")) " · "
                        (words::count(u64::from(story.exceptions), "exception", "exceptions"))
                    }
                    _ => {
                        (words::count(u64::from(story.reviews), "review", "reviews")) " · "
                        (words::count(u64::from(story.defects), "mistake caught", "mistakes caught"))
                    }
                }
            }
        }
    }
}

/// Where a class stands, in a sentence.
pub fn standing_words(class: &Shown) -> String {
    match class.stands {
        Stands::Automated => {
            let running: Vec<&str> = class
                .evidence
                .segments
                .iter()
                .filter(|segment| segment.automated && class.evidence.segments.len() > 1)
                .map(|segment| segment.segment.as_str())
                .collect();
            let share = class.evidence.audit_share * 100.0;
            let whom =
                if running.is_empty() { String::new() } else { format!(" for {}", running.join(", ")) };
            if share > 0.0 {
                format!("Runs{whom}; {share:.0} % is looked at.")
            } else {
                format!("Runs{whom}.")
            }
        }
        Stands::Ready => "Waits for an admin’s decision.".into(),
        _ => format!("{}.", class.outlook()),
    }
}

fn probes(frame: &Frame, page: &Page) -> Markup {
    let admin = frame.me.role == flow::terms::Role::Admin;
    html! {
        section.gate-part aria-labelledby="probes-title" {
            header {
                h2 id="probes-title" { "Planted mistakes" }
                p.quiet {
                    "About one item in twenty that a reviewer sees is a known-bad version of a real proposal. It can never go out, and they are told right after deciding. It says which share of real mistakes this team would catch; without it no class becomes ready, though an admin may still widen one by hand."
                }
            }
            p { "They are " strong { @if page.probing { "on" } @else { "off" } } "." }
            @if admin {
                form.by-hand method="post" action="/boundary/probes" {
                    (frame.token())
                    input type="hidden" name="on" value=(if page.probing { "no" } else { "yes" });
                    div.field {
                        label for="announcement" { "What the team is told" }
                        textarea id="announcement" name="announcement" rows="2" required {
                            @if page.probing { "From today on there are no planted mistakes among the proposals." }
                            @else { "From today on about one proposal in twenty is planted with a mistake, so that we know what our approvals are worth. None of them can go out, and you are told right after you decide." }
                        }
                    }
                    div.actions {
                        button.button type="submit" { @if page.probing { "Switch them off and tell the team" } @else { "Switch them on and tell the team" } }
                    }
                }
            }
        }
    }
}

/// Moves as a list.
pub fn moves(moves: &[MoveLine], now: Timestamp, with_class: bool) -> Markup {
    html! {
        @if moves.is_empty() { p.quiet { "Nothing has moved yet." } }
        ol.move-list {
            @for line in moves {
                li {
                    span.when { (words::when(now, line.at)) }
                    span.what {
                        strong { (move_words(line.how)) }
                        @if with_class { " " a href={ "/boundary/class/" (line.class) } { (title(&line.class)) } }
                        @if !line.segments.is_empty() && line.segments != [flow::boundary::WHOLE_CLASS] { span.quiet { " (" (line.segments.join(", ")) ")" } }
                    }
                    span.why { (line.why) }
                    span.by.quiet {
                        @if line.by.is_empty() { "by itself" } @else { "by " (line.by) }
                        @if let Some(because) = line.because { ", because of fact " (because) }
                    }
                }
            }
        }
    }
}

/// What happened, as the list says it.
pub const fn move_words(how: How) -> &'static str {
    match how {
        How::Proposed => "Proposed to run:",
        How::Overtaken => "Proposal withdrawn:",
        How::Declined => "Declined:",
        How::Widened => "Widened:",
        How::Narrowed => "Narrowed:",
        How::Locked => "Locked:",
        How::Unlocked => "Unlocked:",
        How::PulledBack => "Pulled back:",
        How::PulledBackLocked => "Pulled back and locked:",
        How::Reset => "Evidence begins anew:",
        How::StartedOver => "Started over:",
    }
}
