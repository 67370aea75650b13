//! A class's evidence as a picture: score against bar over reviews, on a log scale; then audits and exceptions. What it
//! shows is said in words too.

use flow::ledger::{Happened, Point, Stands, Trace};
use maud::{Markup, html};

use super::Shown;

const WIDE: f64 = 520.0;
const HIGH: f64 = 210.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 508.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 150.0;
/// Where the strip of audits and exceptions lies.
const STRIP: f64 = 176.0;
/// Beyond this the score is drawn at the edge, in thousandths of a logarithm.
const EDGE: i32 = 20_000;

/// Maps reviews and scores to places.
struct Scale {
    most: u32,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(trace: &Trace) -> Scale {
        let last = trace.points.iter().map(|point| point.at);
        let marked = trace.marks.iter().map(|mark| mark.at);
        let most = last.chain(marked).max().unwrap_or(0).max(10);
        let levels = || trace.points.iter().flat_map(|point| [clip(point.score), clip(point.bar)]);
        let low = levels().min().unwrap_or(0).min(-700);
        let high = levels().max().unwrap_or(3_000).max(3_500);
        Scale { most, low: f64::from(low), high: f64::from(high) + 600.0 }
    }

    fn x(&self, at: u32) -> f64 {
        round(LEFT + (RIGHT - LEFT) * f64::from(at) / f64::from(self.most))
    }

    fn y(&self, milli: i32) -> f64 {
        let part = (f64::from(clip(milli)) - self.low) / (self.high - self.low);
        round(BOTTOM - (BOTTOM - TOP) * part)
    }
}

fn clip(milli: i32) -> i32 {
    milli.clamp(-EDGE, EDGE)
}

fn round(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

fn line(points: &[Point], place: impl Fn(&Point) -> (f64, f64)) -> String {
    let pairs = points.iter().map(|point| {
        let (x, y) = place(point);
        format!("{x},{y}")
    });
    pairs.collect::<Vec<_>>().join(" ")
}

/// Powers of ten to draw lines at: value and its place in thousandths of a natural logarithm.
fn decades(scale: &Scale) -> Vec<(String, i32)> {
    #[expect(clippy::cast_possible_truncation, reason = "a handful of decades")]
    let all =
        (-8..=8).map(|power: i32| (power, (f64::from(power) * std::f64::consts::LN_10 * 1_000.0) as i32));
    let fits = |milli: &i32| f64::from(*milli) >= scale.low && f64::from(*milli) <= scale.high;
    let within: Vec<(i32, i32)> = all.filter(|(_, milli)| fits(milli)).collect();
    let every = if within.len() > 5 { 2 } else { 1 };
    within
        .into_iter()
        .filter(|(power, _)| power % every == 0)
        .map(|(power, milli)| {
            (
                if power < 0 {
                    format!("1/1{}", "0".repeat(power.unsigned_abs() as usize))
                } else {
                    format!("1{}", "0".repeat(power as usize))
                },
                milli,
            )
        })
        .collect()
}

/// The picture on the class's page.
pub fn large(class: &Shown) -> Markup {
    let trace = &class.story.trace;
    let scale = Scale::of(trace);
    html! {
        figure.evidence-picture {
            svg viewBox={ "0 0 " (WIDE) " " (HIGH) } role="img" aria-labelledby="picture-title" aria-describedby="picture-text" {
                title id="picture-title" { "Evidence of " (class.title()) }
                desc id="picture-text" { (in_words(class)) }
                @for (label, milli) in decades(&scale) {
                    line.grid x1=(LEFT) x2=(RIGHT) y1=(scale.y(milli)) y2=(scale.y(milli)) {}
                    text.axis x=(LEFT - 6.0) y=(scale.y(milli) + 3.5) text-anchor="end" { (label) }
                }
                @if trace.points.len() > 1 {
                    polyline.bar-line points=(line(&trace.points, |point| (scale.x(point.at), scale.y(point.bar)))) {}
                    polyline.score-line points=(line(&trace.points, |point| (scale.x(point.at), scale.y(point.score)))) {}
                }
                @if let Some(last) = trace.points.last() {
                    circle.score-dot cx=(scale.x(last.at)) cy=(scale.y(last.score)) r="3.5" {}
                }
                (marks(trace, &scale))
                line.grid x1=(LEFT) x2=(RIGHT) y1=(BOTTOM) y2=(BOTTOM) {}
                text.axis x=(LEFT) y=(HIGH - 4.0) { "0" }
                text.axis x=(RIGHT) y=(HIGH - 4.0) text-anchor="end" { (scale.most) " reviews and audits" }
            }
            figcaption {
                ul.key-list {
                    li { span.swatch.key-score {} "score" }
                    li { span.swatch.key-bar {} "bar to reach" }
                    li { span.swatch.key-defect {} "mistake, flagged audit or exception" }
                    li { span.swatch.key-clean {} "clean audit" }
                }
            }
        }
    }
}

fn marks(trace: &Trace, scale: &Scale) -> Markup {
    html! {
        @for mark in &trace.marks {
            @let x = scale.x(mark.at);
            @match mark.what {
                Happened::Defect => { line.mark-defect x1=(x) x2=(x) y1=(BOTTOM - 5.0) y2=(BOTTOM + 5.0) {} }
                Happened::Clean => { circle.mark-clean cx=(x) cy=(STRIP) r="3" {} }
                Happened::Flagged => { circle.mark-flagged cx=(x) cy=(STRIP) r="4" {} }
                Happened::Exception => { path.mark-flagged d={ "M" (x) " " (STRIP - 6.0) "l5 9h-10z" } {} }
                Happened::Widened => { line.mark-moved x1=(x) x2=(x) y1=(TOP) y2=(STRIP + 8.0) {} }
                Happened::Narrowed | Happened::Reset => { line.mark-back x1=(x) x2=(x) y1=(TOP) y2=(STRIP + 8.0) {} }
            }
        }
    }
}

/// The picture in a list: the line and the bar alone. The words beside it say the same.
pub fn small(class: &Shown) -> Markup {
    let trace = &class.story.trace;
    let scale = Scale::of(trace);
    let part =
        |value: f64, from: f64, to: f64, size: f64| round(3.0 + (size - 6.0) * (value - from) / (to - from));
    let x = |at: u32| part(scale.x(at), LEFT, RIGHT, 160.0);
    let y = |milli: i32| part(scale.y(milli), TOP, BOTTOM, 44.0);
    html! {
        svg.evidence-small viewBox="0 0 160 44" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            @if class.stands != Stands::Floor && trace.points.len() > 1 {
                polyline.bar-line points=(line(&trace.points, |point| (x(point.at), y(point.bar)))) {}
                polyline.score-line points=(line(&trace.points, |point| (x(point.at), y(point.score)))) {}
            }
            @for mark in trace.marks.iter().filter(|mark| matches!(mark.what, Happened::Defect | Happened::Flagged | Happened::Exception)) {
                line.mark-defect x1=(x(mark.at)) x2=(x(mark.at)) y1="37" y2="43" {}
            }
        }
    }
}

/// What the picture shows, in words.
pub fn in_words(class: &Shown) -> String {
    let story = &class.story;
    let mut words = match (&class.evidence.nearest, class.stands) {
        (Some(nearest), _) => {
            let times = |log: f64| log.min(60.0).exp();
            format!(
                "After {} credited clean reviews and {} mistakes the score is {:.2}; the bar is {:.0}.",
                nearest.clean,
                nearest.defects,
                times(nearest.log_score),
                times(nearest.log_bar),
            )
        }
        (None, _) => "Every segment runs by itself.".to_owned(),
    };
    if story.audits > 0 || story.exceptions > 0 {
        words.push_str(&format!(
            " Since it ran by itself: {} audits, {} of them flagged, and {} exceptions; the alarms stand at {:.1} and {:.1} and ring at 100.",
            story.audits, story.flagged, story.exceptions, class.evidence.audit_alarm, class.evidence.exception_alarm,
        ));
    }
    words
}
