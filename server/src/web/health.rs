//! The health page: theatre and bottleneck, each indicator with its formula, its threshold, its trend and what to do.

use axum::response::Response;
use flow::health::{About, Indicator, Level, Unit};
use flow::terms::Member;
use maud::{Markup, html};

use super::layout::{Frame, Here};
use super::session::Visit;
use super::{boundary, words};
use crate::vitals::{self, Vitals};

/// `GET /health`.
pub async fn open(visit: Visit) -> Response {
    let made = async {
        let vitals = vitals::look(&visit.app, Some(visit.me.id)).await?;
        Ok(page(&visit.frame().await?, &vitals))
    };
    visit.answer(made.await).await
}

/// The whole page.
pub fn page(frame: &Frame, vitals: &Vitals) -> Markup {
    let about = |what: About| vitals.all.iter().filter(move |one| one.about == what).collect::<Vec<_>>();
    frame.page(
        Here::Health,
        "Health",
        "health",
        html! {
            header.page-head {
                h1 { "Health" }
                p { "A gate fails in two ways: people cannot keep up with it, or they say yes without looking. Both are seen here before they hurt." }
            }
            (next(vitals))
            (section("bottleneck", "The bottleneck", "Whether people keep up with what asks them.", &about(About::Bottleneck)))
            (section("theatre", "Approval theatre", "Whether approvals prove something.", &about(About::Theatre)))
            (people(frame, vitals))
        },
    )
}

/// What to narrow next, by which of the three questions.
fn next(vitals: &Vitals) -> Markup {
    html! {
        @if let Some(narrow) = &vitals.narrow {
            @let (question, advice) = narrow.question.advice();
            div.note {
                strong {
                    "Most of people’s time in the queue waits in "
                    a href={ "/boundary/class/" (narrow.class) } { (boundary::title(&narrow.class)) }
                    ": " (format!("{:.0}", narrow.queued_min.ceil())) " min"
                }
                span { em { (question) } " " (advice) }
            }
        } @else {
            div.note.good { strong { "Nothing waits." } span { "No proposal is in the queue, so there is nothing to narrow." } }
        }
    }
}

fn section(id: &str, title: &str, lead: &str, indicators: &[&Indicator]) -> Markup {
    html! {
        section.gate-part aria-labelledby={ (id) "-title" } {
            header { h2 id={ (id) "-title" } { (title) } p.quiet { (lead) } }
            div.indicators { @for one in indicators { (indicator(one)) } }
        }
    }
}

fn people(frame: &Frame, vitals: &Vitals) -> Markup {
    html! {
        section.gate-part aria-labelledby="people-title" {
            header {
                h2 id="people-title" { "How each decides" }
                p.quiet { "Shown to the person and to whoever leads them, and to nobody else." }
            }
            @if vitals.people.is_empty() { p.quiet { "Nobody whose decisions you may see has decided anything yet." } }
            @for (member, indicators, restoring) in &vitals.people { (person(frame, member, indicators, restoring.as_deref())) }
        }
    }
}

fn person(frame: &Frame, member: &Member, indicators: &[Indicator], restoring: Option<&str>) -> Markup {
    let me = frame.me.id == member.id;
    let worst = indicators.iter().map(|one| one.level).max().unwrap_or(Level::Unknown);
    html! {
        details.person open[me] {
            summary { @if me { "You" } @else { (member.name) } " " (level(worst)) }
            @if let Some(restoring) = restoring {
                div.note.warn {
                    strong { @if me { "Your approvals earn no credit at present" } @else { "These approvals earn no credit at present" } }
                    span { "They release proposals as always. What restores it: " (restoring) "." }
                }
            }
            div.indicators { @for one in indicators { (indicator(one)) } }
        }
    }
}

fn indicator(one: &Indicator) -> Markup {
    html! {
        article.sheet.indicator {
            h3 { (one.title) (level(one.level)) }
            div.reading {
                span.figure.number { (value(one)) }
                (trend(one))
            }
            @if matches!(one.level, Level::Amber | Level::Red) { p { (one.todo) } }
            details {
                summary { "How it is counted" }
                p { (words::capital(one.formula)) ". " (words::capital(one.threshold)) "." }
                @if !matches!(one.level, Level::Amber | Level::Red) { p { (one.todo) } }
            }
        }
    }
}

fn level(level: Level) -> Markup {
    let class = match level {
        Level::Unknown => "sign",
        Level::Green => "sign good",
        Level::Amber => "sign warn",
        Level::Red => "sign bad",
    };
    let word = match level {
        Level::Unknown => "too little is known",
        Level::Green => "well",
        Level::Amber => "amber",
        Level::Red => "red",
    };
    html! { span class=(class) { (word) } }
}

/// A value as it is shown.
fn value(one: &Indicator) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a wait")]
    match (one.value, one.unit) {
        (None, _) if one.level == Level::Red => "does not hold".into(),
        (None, _) => "–".into(),
        (Some(value), Unit::Share) if value > 0.0 && value < 0.001 => "under 0.1 %".into(),
        (Some(value), Unit::Share) if value < 0.1 => format!("{:.1} %", value * 100.0),
        (Some(value), Unit::Share) => format!("{:.0} %", value * 100.0),
        (Some(value), Unit::Seconds) => words::span(value.round() as i64),
        (Some(value), Unit::Count) => format!("{value:.0}"),
        (Some(value), Unit::Number) => format!("{value:.2}"),
    }
}

/// The last weeks as a line; the same in words for whoever does not see it.
fn trend(one: &Indicator) -> Markup {
    let known: Vec<(usize, f64)> =
        one.trend.iter().enumerate().filter_map(|(week, value)| value.map(|value| (week, value))).collect();
    let most = known.iter().map(|(_, value)| *value).fold(0.0, f64::max).max(1e-9);
    let last = one.trend.len().saturating_sub(1).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a dozen weeks")]
    let place = |(week, value): &(usize, f64)| {
        format!("{:.1},{:.1}", 2.0 + 96.0 * *week as f64 / last as f64, 28.0 - 24.0 * value / most)
    };
    let points: Vec<String> = known.iter().map(place).collect();
    html! {
        @if points.len() > 1 {
            svg.trend viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label=(trend_words(one)) {
                polyline points=(points.join(" ")) {}
            }
        }
    }
}

fn trend_words(one: &Indicator) -> String {
    let shown =
        one.trend.iter().map(|value| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}")));
    format!("By week, the newest last: {}", shown.collect::<Vec<_>>().join(", "))
}
