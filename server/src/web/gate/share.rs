//! The share of actions that asks a person, as a number and as a picture.

use maud::{Markup, html};
use store::views::VerdictCount;

use crate::web::words;

/// More than this share, in percent, is more than a well-kept gate asks.
pub const AMBER_PERCENT: u64 = 20;

/// What the gate said, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Ran by itself, at once or later.
    pub ran: u64,
    /// Asked a person.
    pub asked: u64,
    /// Refused.
    pub refused: u64,
}

impl Share {
    /// Sums the counts of steps.
    pub fn of(counts: &[VerdictCount]) -> Share {
        counts.iter().fold(Share::default(), |sum, count| Share {
            ran: sum.ran + count.run + count.hold,
            asked: sum.asked + count.ask,
            refused: sum.refused + count.refuse,
        })
    }

    /// All that was judged.
    pub const fn all(&self) -> u64 {
        self.ran + self.asked + self.refused
    }

    /// The share that asked, in whole percent, rounded; none before the first action.
    pub fn percent(&self) -> Option<u8> {
        let all = self.all();
        let rounded = (self.asked * 200 + all).checked_div(all * 2)?;
        u8::try_from(rounded).ok()
    }
}

/// The number, the bar and its key.
pub fn picture(share: &Share, days: u16) -> Markup {
    let percent = share.percent().unwrap_or(0);
    let over = u64::from(percent) > AMBER_PERCENT;
    html! {
        div.share.sheet {
            p {
                span.figure.number { (percent) " %" }
                br;
                span.quiet { "asked a person" }
            }
            figure {
                (bar(share, share.all()))
                figcaption {
                    ul.key-list {
                        (entry("run", share.ran, "ran by itself"))
                        (entry("ask", share.asked, "asked a person"))
                        (entry("refuse", share.refused, "refused"))
                    }
                }
                @if over {
                    p.small.pressing { "More than " (AMBER_PERCENT) " % asks. The steps below with the longest amber part are the ones to look at first." }
                } @else {
                    p.small.quiet { (words::count(share.all(), "action", "actions")) " in the last " (days) " days." }
                }
            }
        }
    }
}

fn entry(class: &str, number: u64, words: &str) -> Markup {
    html! { li { span class={ "swatch share-" (class) } {} strong.number { (words::grouped(number)) } (words) } }
}

/// One stacked bar, drawn to the scale of `whole`. The numbers stand beside it, so it is not read out.
pub fn bar(share: &Share, whole: u64) -> Markup {
    let wide = |number: u64| (number * 1_000).checked_div(whole).unwrap_or(0);
    let (ran, asked, refused) = (wide(share.ran), wide(share.asked), wide(share.refused));
    html! {
        svg.share-bar viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.share-run width=(ran) height="10" {}
            rect.share-ask x=(ran) width=(asked) height="10" {}
            rect.share-refuse x=(ran + asked) width=(refused) height="10" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_rounded_and_absent_before_the_first_action() {
        let share = |ran, asked| Share { ran, asked, refused: 0 }.percent();
        assert_eq!(share(0, 0), None);
        assert_eq!(share(2, 1), Some(33));
        assert_eq!(share(1, 2), Some(67));
        assert_eq!(share(0, 5), Some(100));
    }
}
