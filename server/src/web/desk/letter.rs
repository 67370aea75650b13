//! The content as its reader will see it, with what was found in it marked in place and listed.

use flow::draft::{Finding, Level, Place, pieces};
use flow::terms::Content;
use maud::{Markup, html};

use crate::web::words;

/// The content on its sheet.
pub fn sheet(content: &Content, findings: &[Finding]) -> Markup {
    html! {
        article.letter.sheet aria-label="The message as it would arrive" {
            header {
                p.subject { (marked(content.subject(), Place::Subject, findings)) }
                dl.envelope {
                    dt { "To" }
                    dd { (content.to.join(", ")) (ordinals(Place::Recipient, findings)) }
                    @if !content.cc.is_empty() { dt { "Copy" } dd { (content.cc.join(", ")) } }
                    dt { "From" }
                    dd { (content.from) }
                }
            }
            div.words { (marked(content.text(), Place::Text, findings)) }
            @if !content.attachments.is_empty() {
                p.attached {
                    @for file in &content.attachments { span.sign.filled { (file.name) } }
                    (ordinals(Place::Attachment, findings))
                }
            }
        }
    }
}

/// The findings as a list, in the order they are numbered.
pub fn list(findings: &[Finding]) -> Markup {
    html! {
        ol.findings {
            @for (place, finding) in findings.iter().enumerate() {
                li id={ "finding-" (place + 1) } {
                    span.ordinal { (place + 1) }
                    span {
                        (finding.words)
                        @if !finding.excerpt.is_empty() { " " span.quiet { "“" (finding.excerpt) "”" } }
                    }
                    (level(finding.level))
                }
            }
        }
    }
}

/// A finding's level as a sign.
pub fn level(level: Level) -> Markup {
    match level {
        Level::Stop => html! { span.sign.bad { "must be mended" } },
        Level::Ask => html! { span.sign.warn { "look at this" } },
        Level::Note => html! { span.sign { "to know" } },
    }
}

/// A text with the findings marked in it: the weightiest where several lie over each other, each number where its
/// finding ends.
fn marked(text: &str, place: Place, findings: &[Finding]) -> Markup {
    let mut end = 0;
    let pieces = pieces(text, place, findings).into_iter().map(|piece| {
        end += piece.text.len();
        (piece, end)
    });
    html! {
        @for (piece, end) in pieces {
            @match piece.finding {
                None => (piece.text),
                Some(finding) => {
                    mark class=(class(finding.level)) {
                        (piece.text)
                        @if finding.span.is_some_and(|(_, last)| last == end) { (ordinal(number(finding, findings))) }
                    }
                }
            }
        }
    }
}

/// A finding's number: its place in the list, counted from 1.
fn number(finding: &Finding, findings: &[Finding]) -> usize {
    findings.iter().position(|other| std::ptr::eq(other, finding)).map_or(0, |place| place + 1)
}

/// The numbers of findings about a place as a whole, such as a recipient.
fn ordinals(place: Place, findings: &[Finding]) -> Markup {
    html! {
        @for finding in findings.iter().filter(|finding| finding.place == place) {
            mark class=(class(finding.level)) { (ordinal(number(finding, findings))) }
        }
    }
}

fn ordinal(number: usize) -> Markup {
    html! { sup { a href={ "#finding-" (number) } aria-label={ "finding " (number) } { (number) } } }
}

const fn class(level: Level) -> &'static str {
    match level {
        Level::Stop => "stop",
        Level::Ask => "ask-level",
        Level::Note => "note-level",
    }
}

/// How many findings there are, as a heading.
pub fn heading(findings: &[Finding]) -> String {
    format!("{} in the text", words::count(findings.len() as u64, "finding", "findings"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::draft::FindingId;

    fn finding(span: (usize, usize), level: Level) -> Finding {
        let (excerpt, words) = (String::new(), String::new());
        Finding { id: FindingId::Amount, level, place: Place::Text, span: Some(span), excerpt, words }
    }

    fn check(text: &str, findings: &[Finding], expected: &str) {
        let shown = marked(text, Place::Text, findings).into_string();
        // The numbers are links; here only that they are there counts.
        let mut brief = String::new();
        for (at, part) in shown.split("<sup>").enumerate() {
            match part.split_once("</sup>") {
                Some((link, rest)) if at > 0 => {
                    let number = link.rsplit_once("</a>").unwrap().0.rsplit_once('>').unwrap().1;
                    brief.push_str(&format!("^{number}{rest}"));
                }
                _ => brief.push_str(part),
            }
        }
        assert_eq!(brief, expected);
    }

    #[test]
    fn findings_are_marked_where_they_stand() {
        check("ten per cent", &[], "ten per cent");
        check("a 10 % b", &[finding((2, 6), Level::Ask)], "a <mark class=\"ask-level\">10 %^1</mark> b");
        check("ä <b>", &[finding((3, 6), Level::Stop)], "ä <mark class=\"stop\">&lt;b&gt;^1</mark>");
    }

    #[test]
    fn overlapping_findings_show_the_weightiest() {
        let two = [finding((0, 5), Level::Note), finding((3, 8), Level::Stop)];
        check(
            "abcdefghi",
            &two,
            "<mark class=\"note-level\">abc</mark><mark class=\"stop\">de</mark><mark class=\"stop\">fgh^2</mark>i",
        );
    }

    #[test]
    fn a_span_that_does_not_fit_is_left_to_the_list() {
        for span in [(1, 2), (0, 99), (5, 2), (2, 2)] {
            check("äöü", &[finding(span, Level::Stop)], "äöü");
        }
    }
}
