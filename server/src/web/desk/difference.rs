//! A difference between two texts, shown in place: what went and what came.

use flow::draft::{Change, Segment};
use maud::{Markup, html};

/// Characters shown of an unchanged stretch on either side of a change; the rest is left out.
const AROUND_CHARS: usize = 80;

/// The difference, in place, with what surrounds each change.
pub fn shown(segments: &[Segment]) -> Markup {
    let last = segments.len().saturating_sub(1);
    html! {
        div.difference {
            @for (place, Segment { change, text }) in segments.iter().enumerate() {
                @match change {
                    Change::Same => (around(text, place > 0, place < last)),
                    Change::Removed => del { (text) },
                    Change::Added => ins { (text) },
                }
            }
        }
    }
}

/// An unchanged stretch, as far as it is near a change before it or after it.
fn around(text: &str, change_before: bool, change_after: bool) -> String {
    let chars = text.chars().count();
    let head = if change_before { AROUND_CHARS } else { 0 };
    let tail = if change_after { AROUND_CHARS } else { 0 };
    if chars <= head + tail {
        return text.to_owned();
    }
    let first: String = text.chars().take(head).collect();
    let rest: String = text.chars().skip(chars - tail).collect();
    format!("{first} … {rest}").trim_matches(' ').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_from_a_change_is_left_out() {
        let long = "ä".repeat(500);
        assert_eq!(around("short", true, true), "short");
        assert_eq!(around(&long, true, false), format!("{} …", "ä".repeat(AROUND_CHARS)));
        assert_eq!(around(&long, false, true), format!("… {}", "ä".repeat(AROUND_CHARS)));
        assert_eq!(
            around(&long, true, true).chars().filter(|letter| *letter == 'ä').count(),
            2 * AROUND_CHARS
        );
    }
}
