//! Attachments that a text speaks of.

use super::phrases::Tag;
use super::sheet::Sheet;
use super::{FindingId, Found, Level, Reading};

pub(super) fn look(sheet: &Sheet, reading: &Reading, inbound: &[&str], found: &mut Found) {
    for (start, end) in &sheet.files {
        let name = &sheet.text[*start..*end];
        let attached = reading.attachments.iter().any(|attachment| attachment.eq_ignore_ascii_case(name));
        let theirs = inbound.iter().any(|text| text.contains(name));
        if !attached && !theirs {
            let words = format!("The text names the file `{name}`, which is not attached.");
            found.add(FindingId::AttachmentMissing, Level::Ask, sheet, (*start, *end), words);
        }
    }
    if !reading.attachments.is_empty() {
        return;
    }
    if let Some(hit) = sheet.hits(Tag::Attached).find(|hit| !is_theirs(sheet, hit.first, hit.last)) {
        let words = "The text speaks of an attachment, and there is none.";
        found.add(FindingId::AttachmentMissing, Level::Ask, sheet, sheet.span(hit.first, hit.last), words);
    }
}

/// Whether it is the reader's attachment, or none, that is spoken of: `your attachment`, `which you attached`, `im Anhang
/// Ihrer Mail`, `without attachments`.
fn is_theirs(sheet: &Sheet, first: usize, last: usize) -> bool {
    let possessed = (first.saturating_sub(2)..first).any(|index| sheet.is(index, Tag::TheirPossessive));
    let of_theirs = (last + 1..=last + 4).any(|index| {
        sheet.is(index, Tag::TheirPossessive)
            && (sheet.is(index + 1, Tag::MessageWord) || sheet.folded(index + 1) == "e")
    });
    possessed || of_theirs || they_sent(sheet, first, last)
}

/// `the file you attached`, `the attachment you sent`, `die Sie angehängt haben`, `que vous avez envoyée`. Not `I sent you
/// attached`.
fn they_sent(sheet: &Sheet, first: usize, last: usize) -> bool {
    let we_send = |index: usize| {
        matches!(sheet.folded(index), "send" | "sent" | "sending" | "give" | "giving" | "gave" | "find")
    };
    let before = first > 0 && sheet.folded(first - 1) == "you" && !(first > 1 && we_send(first - 2));
    let after = sheet.folded(last + 1) == "you"
        && matches!(
            sheet.folded(last + 2),
            "sent" | "send" | "shared" | "attached" | "forwarded" | "provided" | "included"
        );
    let relative = matches!(sheet.folded(last + 1), "que" | "che" | "die" | "den" | "das" | "dat" | "som")
        && matches!(
            sheet.folded(last + 2),
            "vous" | "usted" | "me" | "nos" | "sie" | "u" | "je" | "ci" | "mi" | "du" | "voce" | "ni"
        );
    let german = matches!(sheet.folded(last + 1), "haben" | "hatten" | "hast");
    before || after || relative || german
}
