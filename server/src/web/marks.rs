//! Small things that several pages show: the mark, signs for tier and risk, clock bars, the drawing of an empty lock.

use flow::lead::{Clock, ClockState};
use flow::terms::Tier;
use jiff::Timestamp;
use maud::{Markup, html};

use super::words;

/// The mark: a lock's mitre gate seen from above, its two leaves between the walls.
pub fn mark() -> Markup {
    html! {
        svg viewBox="0 0 26 26" fill="none" stroke="currentColor" stroke-width="2.25" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true" focusable="false" {
            path d="M3 3v20M23 3v20" {}
            path d="M3 17.5 13 11l10 6.5" {}
            path d="M8.5 5.5h9" opacity=".55" {}
        }
    }
}

/// Drawn where nothing waits: the gate open, the water level.
pub fn open_gate() -> Markup {
    html! {
        svg viewBox="0 0 72 48" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"
            focusable="false" {
            path d="M6 4v40M66 4v40" {}
            path d="M6 30 12 10M66 30 60 10" {}
            path d="M22 20h28M18 28h36M24 36h24" opacity=".6" {}
        }
    }
}

/// A sign for an account that matters more than others; nothing for the others.
pub fn tier(tier: Tier) -> Markup {
    html! {
        @if tier != Tier::Standard {
            span class={ "sign tier-" (tier.word()) } { (tier.word()) }
        }
    }
}

/// A sign of risk in words.
pub fn risk(sign: &str) -> Markup {
    let words = match sign {
        "breach" => "clock breached",
        "cancellation" => "wants to cancel",
        "competitor" => "names a competitor",
        other => other,
    };
    html! { span.sign.bad { (words) } }
}

/// The share of the time between `from` and `due` that is used at `now`, in thousandths.
pub fn used(from: Timestamp, due: Timestamp, now: Timestamp) -> u16 {
    let whole = due.duration_since(from).as_millis();
    let part = now.duration_since(from).as_millis();
    if whole <= 0 {
        return 1_000;
    }
    u16::try_from((part * 1_000 / whole).clamp(0, 1_000)).unwrap_or(1_000)
}

/// A bar that shows how much of a time is used. The words beside it say the same, so it is not read out.
pub fn bar(state: &str, thousandths: u16) -> Markup {
    html! {
        svg class={ "bar " (state) } viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            // A sliver stays visible, so that a clock that has just begun is seen to run.
            rect.used width=(thousandths.max(20)) height="1" {}
        }
    }
}

/// How pressing a time is, as a class for its words.
pub fn urgency(state: &str) -> &'static str {
    match state {
        "breached" => "overdue",
        "warned" => "pressing",
        _ => "",
    }
}

/// A clock on a lead: what is promised, what is left, a bar.
pub fn clock(clock: &Clock, now: Timestamp) -> Markup {
    let state = clock.state.word();
    html! {
        div.clock {
            p {
                span { (words::capital(clock.promise.words())) }
                span class=(urgency(state)) { (clock_words(clock, now)) }
            }
            @match clock.state {
                ClockState::Met => (bar(if clock.breached { "breached" } else { "met" }, 1_000)),
                ClockState::Cancelled => {},
                _ => (bar(state, used(clock.started, clock.due, now))),
            }
        }
    }
}

fn clock_words(clock: &Clock, now: Timestamp) -> Markup {
    match (clock.state, clock.ended) {
        (ClockState::Met, Some(ended)) if clock.breached => {
            html! { "answered late, " (words::when(now, ended)) }
        }
        (ClockState::Met, Some(ended)) => html! { "answered in time, " (words::when(now, ended)) },
        (ClockState::Met, None) => html! { "answered" },
        (ClockState::Cancelled, _) => html! { "no longer runs" },
        (ClockState::Breached, _) => html! { (words::due(now, clock.due)) },
        (ClockState::Running | ClockState::Warned, _) => html! { "due " (words::due(now, clock.due)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_used_share_stays_between_nothing_and_all() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (from, due) = (at("2026-11-22T08:00:00Z"), at("2026-11-22T12:00:00Z"));
        assert_eq!(used(from, due, at("2026-11-22T09:00:00Z")), 250);
        assert_eq!(used(from, due, at("2026-11-22T07:00:00Z")), 0);
        assert_eq!(used(from, due, at("2026-11-23T09:00:00Z")), 1_000);
        assert_eq!(used(due, due, due), 1_000);
    }
}
