//! One class: its evidence in full, what earned no credit, what it cost and caught, its segments, its moves, and the moves
//! by hand.

use flow::ledger::{Stands, Week};
use flow::terms::Role;
use maud::{Markup, html};

use super::{MoveLine, Shown, meaning, moves, picture, sign, standing_words};
use crate::web::layout::{Frame, Here};
use crate::web::words;

/// The whole page.
pub fn page(frame: &Frame, class: &Shown, lines: &[MoveLine]) -> Markup {
    let title = class.title();
    frame.page(
        Here::Boundary,
        &title,
        "boundary",
        html! {
            header.page-head {
                p.small { a href="/boundary" { "‹ Boundary" } " " code.quiet { (class.name) } }
                h1 { (title) " " (sign(class.stands)) }
                p { (standing_words(class)) " " span.quiet { (meaning(class.stands)) } }
            }
            div.class-grid {
                div.class-main {
                    section aria-labelledby="evidence-title" {
                        h2 id="evidence-title" { "Evidence" }
                        (picture::large(class))
                        p { (picture::in_words(class)) }
                    }
                    section aria-labelledby="moves-title" {
                        h2 id="moves-title" { "Every move of this class" }
                        (moves(lines, frame.now, false))
                    }
                }
                div.class-side {
                    (numbers(class))
                    (no_credit(class))
                    (segments(class))
                    @if frame.me.role == Role::Admin { (by_hand(frame, class)) }
                }
            }
        },
    )
}

fn numbers(class: &Shown) -> Markup {
    let story = &class.story;
    let all = story.weeks.iter().fold(Week::default(), |sum, week| sum.plus(week));
    let probes = &class.evidence.probes;
    let row = |name: &str, value: String| html! { div { dt { (name) } dd.number { (value) } } };
    html! {
        section aria-labelledby="numbers-title" {
            h2 id="numbers-title" { "In numbers" }
            dl.facts {
                (row("Limit", format!("{:.1} % wrong", class.settings.eps * 100.0)))
                (row("Attempt", class.evidence.attempt.to_string()))
                (row("Reviews at the gate", words::grouped(u64::from(story.reviews))))
                (row("Mistakes caught", words::grouped(u64::from(story.defects))))
                (row("Unchanged in a row", words::grouped(u64::from(story.unchanged_run))))
                (row("Planted mistakes caught", format!("{} of {}", probes.caught, probes.shown)))
                (row("People’s minutes, 13 weeks", words::grouped(all.seen_s / 60)))
                @if story.ran > 0 || story.audits > 0 {
                    (row("Ran by itself", words::grouped(story.ran)))
                    (row("Audits, flagged", format!("{}, {}", story.audits, story.flagged)))
                    (row("Exceptions", words::grouped(u64::from(story.exceptions))))
                    (row("Looked at now", format!("{:.0} %", class.evidence.audit_share * 100.0)))
                }
                @if class.evidence.pull_backs > 0 { (row("Pulled back", class.evidence.pull_backs.to_string())) }
            }
        }
    }
}

/// Clean reviews that prove nothing, and why.
fn no_credit(class: &Shown) -> Markup {
    let reasons = [
        "decided together with others",
        "in view for less time than reading takes",
        "in view for over half an hour",
        "by somebody not in good standing at that time",
    ];
    let counted: Vec<(u32, &str)> =
        class.story.no_credit.into_iter().zip(reasons).filter(|(count, _)| *count > 0).collect();
    html! {
        section aria-labelledby="credit-title" {
            h2 id="credit-title" { "What earned no credit" }
            @if counted.is_empty() {
                p.quiet { "Every clean review so far proved something." }
            } @else {
                p.quiet.small { "These released their proposals and say nothing about the class." }
                ul.plain-list {
                    @for (count, why) in counted { li { strong.number { (words::grouped(u64::from(count))) } " " (why) } }
                }
            }
        }
    }
}

fn segments(class: &Shown) -> Markup {
    let segments = &class.evidence.segments;
    html! {
        @if segments.len() > 1 {
            section aria-labelledby="segments-title" {
                h2 id="segments-title" { "Segments" }
                div.table-wrap tabindex="0" role="region" aria-label="Segments" {
                    table {
                        thead { tr { th scope="col" { "Segment" } th.number scope="col" { "Clean" } th.number scope="col" { "Mistakes" } th scope="col" { "Stands" } } }
                        tbody {
                            @for segment in segments {
                                tr {
                                    th scope="row" { (segment.segment) }
                                    td.number { (segment.clean) }
                                    td.number { (segment.defects) }
                                    td {
                                        @if segment.automated { "runs" }
                                        @else if segment.is_bad { "worse than the limit" }
                                        @else if segment.is_too_new { "too new to tell" }
                                        @else { "gathers evidence" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Widening, narrowing, locking by hand, each with a reason.
fn by_hand(frame: &Frame, class: &Shown) -> Markup {
    let may: &[(&str, &str)] = match class.stands {
        Stands::Floor => &[],
        Stands::Locked => &[("unlock", "Unlock it")],
        Stands::Automated => &[("narrow", "Gate it again"), ("lock", "Gate and lock it")],
        Stands::Ready | Stands::PulledBack | Stands::Gated => &[("widen", "Let it run"), ("lock", "Lock it")],
    };
    html! {
        @if !may.is_empty() {
            section aria-labelledby="hand-title" {
                h2 id="hand-title" { "By hand" }
                p.small.quiet { "An admin may move it without evidence; the reason stands in the record." }
                form.by-hand method="post" action={ "/boundary/class/" (class.name) } {
                    (frame.token())
                    div.field {
                        label for="reason" { "Why" }
                        input id="reason" name="reason" type="text" maxlength="500" required;
                    }
                    @if class.settings.segments.len() > 1 {
                        div.field {
                            label for="segment" { "Which" }
                            select id="segment" name="segment" {
                                option value="" { "All of it" }
                                @for segment in &class.settings.segments { option value=(segment) { (segment) } }
                            }
                        }
                    }
                    div.actions {
                        @for (what, words) in may { button.button type="submit" name="move" value=(what) { (words) } }
                    }
                }
            }
        }
    }
}
