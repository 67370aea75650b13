//! Numbers as people write them in letters.

/// A number's value written one way: `1.200,00`, `1,200`, `1 200` and `1'200.00` all become `1200`. Other numerals
/// stay as they are.
pub(super) fn canonical(number: &str) -> String {
    let mut whole: String =
        number.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’')).collect();
    let decimal_mark = match (whole.rfind('.'), whole.rfind(',')) {
        (Some(dot), Some(comma)) => Some(dot.max(comma)),
        (Some(at), None) | (None, Some(at)) => {
            let mark = &whole[at..=at];
            // One mark with three digits after it parts thousands; so does a mark that comes twice.
            let thousands = whole.len() - at == 4 && at <= 3 || whole.matches(mark).count() > 1;
            (!thousands).then_some(at)
        }
        (None, None) => None,
    };
    let decimals = decimal_mark.map_or(String::new(), |at| {
        let decimals = whole.split_off(at);
        decimals.trim_start_matches(['.', ',']).trim_end_matches('0').to_owned()
    });
    whole.retain(|c| !matches!(c, '.' | ','));
    let trimmed = whole.trim_start_matches('0');
    let whole = if trimmed.is_empty() { "0" } else { trimmed };
    if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") }
}

/// A plain whole number without any mark.
pub(super) fn plain(number: &str) -> Option<u32> {
    if number.bytes().all(|b| b.is_ascii_digit()) { number.parse().ok() } else { None }
}

pub(super) fn is_year(number: &str) -> bool {
    number.len() == 4 && plain(number).is_some_and(|year| (1900..=2199).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_value_has_one_writing() {
        for (written, value) in [
            ("1.200,00", "1200"),
            ("1,200.00", "1200"),
            ("1 200", "1200"),
            ("1\u{202F}200,50", "1200.5"),
            ("1'200.–".trim_end_matches(".–"), "1200"),
            ("1.200.000", "1200000"),
            ("1.200", "1200"),
            ("1.5", "1.5"),
            ("0,5", "0.5"),
            ("1234.567", "1234.567"),
            ("007", "7"),
            ("000", "0"),
            ("5", "5"),
        ] {
            assert_eq!(canonical(written), value, "{written}");
        }
    }
}
