//! Reasons as they are shown: what a bad file says of itself must neither flood nor steer whoever reads about it.

/// Longest reason shown, in characters.
const SHOWN_CHARS: usize = 600;
/// Of a longer one, how much of its end is shown: where a parser says the place.
const END_CHARS: usize = 200;

/// The text on one line, without control characters, its middle left out where it is long.
pub(crate) fn shown(text: &str) -> String {
    let count = text.chars().count();
    let chars = text.chars().enumerate();
    let (head, tail) = (SHOWN_CHARS - END_CHARS, count.saturating_sub(END_CHARS));
    let mut out = String::new();
    for (nth, character) in chars {
        if count > SHOWN_CHARS && (head..tail).contains(&nth) {
            if nth == head {
                out.push_str(&format!(" … {} characters left out … ", tail - head));
            }
        } else if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_reason_stands_as_it_is_and_a_long_one_keeps_both_ends() {
        assert_eq!(shown("byte 7 differs"), "byte 7 differs");
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        let long = shown(&format!("begin {} end", "é".repeat(1_000_000)));
        assert!(long.starts_with("begin é") && long.ends_with("é end"), "{long}");
        assert!(long.chars().count() < SHOWN_CHARS + 50 && long.contains("characters left out"), "{long}");
    }
}
