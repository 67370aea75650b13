//! How near two short words are, counted in single typing errors.

/// Longest word compared, in bytes; what follows is not looked at.
const MAX_BYTES: usize = 48;

/// The number of inserted, missing, wrong or swapped neighbouring letters between two words (optimal string
/// alignment), if at most `limit`; `None` beyond. Cost is bounded by the 48 bytes looked at.
pub fn edits(one: &str, other: &str, limit: u8) -> Option<u8> {
    if one == other {
        return Some(0);
    }
    let (one, other) = (cut(one), cut(other));
    let (one, other) = trim_common(one, other);
    if one.len().abs_diff(other.len()) > usize::from(limit) {
        return None;
    }
    let mut before = [0u8; MAX_BYTES + 1];
    let mut above = [0u8; MAX_BYTES + 1];
    let mut row = [0u8; MAX_BYTES + 1];
    for (cell, cost) in above.iter_mut().zip(0u8..) {
        *cell = cost;
    }
    for (i, letter) in one.iter().enumerate() {
        row[0] = above[0] + 1;
        let mut least = row[0];
        for (j, counterpart) in other.iter().enumerate() {
            let wrong = above[j] + u8::from(letter != counterpart);
            let mut cost = wrong.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *counterpart {
                cost = cost.min(before[j - 1] + 1);
            }
            row[j + 1] = cost;
            least = least.min(cost);
        }
        if least > limit {
            return None;
        }
        before = above;
        above = row;
    }
    let cost = above[other.len()];
    (cost <= limit).then_some(cost)
}

/// Whether two words differ by no more typing errors than their length excuses: one in three letters, at most three;
/// words of fewer than four letters excuse none.
pub fn alike(one: &str, other: &str) -> bool {
    let shortest = one.len().min(other.len());
    let limit = u8::try_from(shortest / 3).unwrap_or(3).min(3);
    shortest >= 4 && edits(one, other, limit).is_some()
}

fn cut(word: &str) -> &[u8] {
    let bytes = word.as_bytes();
    bytes.get(..MAX_BYTES).unwrap_or(bytes)
}

/// Leaves out the common beginning and end, which cannot change the distance.
fn trim_common<'a>(one: &'a [u8], other: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let head = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[head..], &other[head..]);
    let tail = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    (&one[..one.len() - tail], &other[..other.len() - tail])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_counted() {
        for (one, other, count) in [
            ("greenville", "grenville", 1),
            ("margarwt", "margaret", 1),
            ("rathur", "arthur", 1),
            ("karne", "karen", 1),
            ("compton", "comtpno", 2),
            ("", "ab", 2),
            ("ca", "abc", 3),
        ] {
            assert_eq!(edits(one, other, 3), Some(count), "{one} {other}");
            assert_eq!(edits(other, one, 3), Some(count), "{other} {one}");
            assert_eq!(edits(one, other, count - 1), None, "{one} {other} within less");
        }
    }

    #[test]
    fn short_words_excuse_nothing() {
        assert!(!alike("ann", "amy") && !alike("li", "lu"));
        assert!(alike("smith", "smoth") && !alike("smith", "miller"));
    }

    #[test]
    fn long_words_cost_no_more() {
        let (one, other) = ("a".repeat(10_000), "b".repeat(10_000));
        assert_eq!(edits(&one, &other, 3), None);
    }
}
