//! Days and deadlines in a text.

use super::commitment::Promise;
use super::numbers::{is_year, plain};
use super::phrases::Tag;
use super::sheet::{Kind, Sheet};
use super::{FindingId, Level};

const NAMED: &str = "The text names a date that the template does not.";
const DEADLINE: &str = "The text sets a deadline that the template does not.";
const WEEKDAY: &str = "The text names a weekday.";
const REFERRED: &str = "The text refers to a day.";

/// Every date, deadline and weekday, in order and without overlap.
pub(super) fn promises(sheet: &Sheet) -> Vec<Promise> {
    let mut promises: Vec<Promise> = Vec::new();
    let mut index = 0;
    while index < sheet.words.len() {
        match time_at(sheet, index) {
            Some(time) => {
                promises.push(Promise {
                    id: FindingId::Date,
                    level: time.level,
                    span: sheet.span(time.first, time.last),
                    key: sheet.key(time.first, time.last),
                    words: time.words,
                });
                index = time.last + 1;
            }
            None => index += 1,
        }
    }
    promises
}

/// A stretch of words that names a time.
struct Time {
    first: usize,
    last: usize,
    level: Level,
    words: &'static str,
}

fn time_at(sheet: &Sheet, index: usize) -> Option<Time> {
    if let Some(deadline) = deadline_at(sheet, index) {
        return Some(deadline);
    }
    // `Tuesday at the latest`
    let day = [Tag::Weekday, Tag::RelativeDay].into_iter().find_map(|tag| sheet.hit_at(index, tag));
    if let Some(latest) = day.and_then(|day| sheet.hit_at(day.last + 1, Tag::Latest)) {
        return Some(Time { first: index, last: latest.last, level: Level::Ask, words: DEADLINE });
    }
    if let Some(last) = date_at(sheet, index) {
        let referred = refers_to_message(sheet, index);
        let (level, words) = if referred { (Level::Note, REFERRED) } else { (Level::Ask, NAMED) };
        return Some(Time { first: index, last, level, words });
    }
    next_day_at(sheet, index).or_else(|| weekday_at(sheet, index)).or_else(|| term_at(sheet, index))
}

/// `by Friday`, `bis Ende Mai`, `within two weeks`, `noch heute`.
fn deadline_at(sheet: &Sheet, first: usize) -> Option<Time> {
    // Polish `do` is also an English verb and a Portuguese article; it counts before a day in Polish.
    let counts = sheet.folded(first) != "do" || is_polish_day(sheet, first + 1);
    let until = sheet.hit_at(first, Tag::Until).filter(|_| counts).and_then(|hit| day_after(sheet, hit.last));
    let last =
        until.or_else(|| sheet.hit_at(first, Tag::Within).and_then(|hit| stretch_after(sheet, hit.last)))?;
    // `Bis morgen!` on a line of its own is a goodbye.
    if is_whole_line(sheet, first, last) {
        return None;
    }
    Some(Time { first, last, level: Level::Ask, words: DEADLINE })
}

fn is_polish_day(sheet: &Sheet, index: usize) -> bool {
    const DAYS: [&str; 11] = [
        "dnia",
        "konca",
        "jutra",
        "dzis",
        "poniedzialku",
        "wtorku",
        "srody",
        "czwartku",
        "piatku",
        "soboty",
        "niedzieli",
    ];
    sheet.is_number(index) || DAYS.contains(&sheet.folded(index))
}

/// Small words that may stand between a deadline word and its day.
const JOINING: [&str; 32] = [
    "the",
    "on",
    "this",
    "next",
    "early",
    "late",
    "mid",
    "den",
    "dem",
    "der",
    "zum",
    "am",
    "anfang",
    "mitte",
    "le",
    "la",
    "du",
    "ce",
    "el",
    "lo",
    "il",
    "del",
    "o",
    "a",
    "de",
    "het",
    "op",
    "dnia",
    "najblizszego",
    "den",
    "pa",
    "om",
];

/// The day that a deadline word is followed by, with at most two small words between.
fn day_after(sheet: &Sheet, before: usize) -> Option<usize> {
    for index in before + 1..=before + 3 {
        if let Some(last) = date_at(sheet, index) {
            return Some(last);
        }
        if let Some(hit) = sheet.hit_at(index, Tag::PeriodEnd) {
            return Some(period_after(sheet, hit.last));
        }
        let day = [Tag::Weekday, Tag::RelativeDay, Tag::Month].into_iter().find_map(|tag| {
            // `may` and `mars` are also other words; months count where they are written as names or numbers follow.
            let hit = sheet.hit_at(index, tag)?;
            (tag != Tag::Month || is_month_name(sheet, index)).then_some(hit)
        });
        if let Some(hit) = day {
            let year = sheet.is_number(hit.last + 1) && is_year(sheet.word(hit.last + 1));
            return Some(hit.last + usize::from(year));
        }
        if let Some(last) = numbered_week(sheet, index) {
            return Some(last);
        }
        let joins = JOINING.contains(&sheet.folded(index))
            || sheet.is(index, Tag::Next)
            || sheet.is(index, Tag::Until);
        if !joins {
            return None;
        }
    }
    None
}

/// `end of May`, `end of the week`: as far as the period goes, else the `end` itself.
fn period_after(sheet: &Sheet, end: usize) -> usize {
    (end + 1..=end + 3)
        .take_while(|index| sheet.is_letters(*index))
        .find_map(|index| {
            let period = [Tag::Month, Tag::TimeUnit, Tag::RelativeDay]
                .into_iter()
                .find_map(|tag| sheet.hit_at(index, tag));
            period.map(|hit| hit.last)
        })
        .unwrap_or(end)
}

/// `3 days`, `two business days`, `24h` right after a word such as `within`.
fn stretch_after(sheet: &Sheet, before: usize) -> Option<usize> {
    let mut index = before + 1;
    if sheet.is_number(index) {
        // `3-5 days`
        let range =
            matches!(sheet.kind(index + 1), Some(Kind::Sign('-' | '–'))) && sheet.is_number(index + 2);
        index += if range { 3 } else { 1 };
    } else if let Some(hit) = sheet.hit_at(index, Tag::NumberWord) {
        index = hit.last + 1;
    } else {
        return None;
    }
    // A word such as `business`, `full` or `nächsten` may stand between.
    (index..=index + 1)
        .take_while(|index| sheet.is_letters(*index))
        .find_map(|index| sheet.hit_at(index, Tag::TimeUnit))
        .map(|hit| hit.last)
}

/// A calendar date that begins at `index`; its last word.
fn date_at(sheet: &Sheet, index: usize) -> Option<usize> {
    if sheet.is_number(index) {
        numeric_date(sheet, index).or_else(|| day_and_month(sheet, index))
    } else {
        month_and_day(sheet, index).or_else(|| numbered_week(sheet, index))
    }
}

fn is_day(number: &str) -> bool {
    number.len() <= 2 && plain(number).is_some_and(|day| (1..=31).contains(&day))
}

fn is_month(number: &str) -> bool {
    number.len() <= 2 && plain(number).is_some_and(|month| (1..=12).contains(&month))
}

fn is_short_or_full_year(number: &str) -> bool {
    is_year(number) || number.len() == 2 && plain(number).is_some()
}

/// `2026-03-12`, `12/03/2026`, `12.03.2026`, `am 12.3.`
fn numeric_date(sheet: &Sheet, index: usize) -> Option<usize> {
    let word = sheet.word(index);
    let mut parts = word.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(month), Some(year), None)
            if is_day(day) && is_month(month) && is_short_or_full_year(year) =>
        {
            return Some(index);
        }
        (Some(day), Some(month), None, None) if is_day(day) && is_month(month) => {
            let stop = sheet.is_sign(index + 1, '.') && sheet.touches_next(index);
            let full = day.len() == 2 && month.len() == 2;
            let before = index.checked_sub(1).map_or("", |before| sheet.folded(before));
            let announced = ["am", "bis", "zum", "vom", "den", "dem", "ab", "do", "od", "dnia", "dne"]
                .contains(&before)
                || index > 0 && sheet.is(index - 1, Tag::Weekday);
            return (stop && (announced || full)).then_some(index + 1);
        }
        _ => {}
    }
    let separated = |sign: char| {
        sheet.is_sign(index + 1, sign)
            && sheet.is_sign(index + 3, sign)
            && sheet.is_number(index + 2)
            && sheet.is_number(index + 4)
            && (index..index + 4).all(|index| sheet.touches_next(index))
    };
    let (second, third) = (sheet.word(index + 2), sheet.word(index + 4));
    let year_first = is_year(word) && is_month(second) && is_day(third);
    let year_last = (is_day(word) && is_month(second) || is_month(word) && is_day(second))
        && is_short_or_full_year(third);
    ((separated('-') || separated('/')) && (year_first || year_last)).then_some(index + 4)
}

/// `12 March 2026`, `12. März`, `3rd of May`, `1º de mayo`, `le 12 mars`.
fn day_and_month(sheet: &Sheet, index: usize) -> Option<usize> {
    if !is_day(sheet.word(index)) {
        return None;
    }
    let mut month = index + 1;
    let ending = matches!(
        sheet.folded(month),
        "st" | "nd" | "rd" | "th" | "er" | "e" | "o" | "a" | "eme" | "ta" | "de"
    ) && sheet.touches_next(index);
    let sign = matches!(sheet.kind(month), Some(Kind::Sign('.' | 'º' | '°' | 'ª')));
    if ending || sign {
        month += 1;
    }
    if matches!(sheet.folded(month), "of" | "de" | "du" | "di" | "den") {
        month += 1;
    }
    let last = sheet.hit_at(month, Tag::Month)?.last;
    if !is_month_name(sheet, month) {
        return None;
    }
    Some(year_after(sheet, last))
}

/// `March 12`, `March 12th, 2026`, `March 2026`.
fn month_and_day(sheet: &Sheet, index: usize) -> Option<usize> {
    let hit = sheet.hit_at(index, Tag::Month)?;
    let mut last = hit.last;
    if sheet.is_sign(last + 1, '.') && sheet.is_number(last + 2) {
        last += 1;
    }
    if !is_month_name(sheet, index) || !sheet.is_number(last + 1) {
        return None;
    }
    last += 1;
    if is_year(sheet.word(last)) {
        return Some(last);
    }
    if !is_day(sheet.word(last)) {
        return None;
    }
    if matches!(sheet.folded(last + 1), "st" | "nd" | "rd" | "th") && sheet.touches_next(last) {
        last += 1;
    }
    Some(year_after(sheet, last))
}

fn year_after(sheet: &Sheet, last: usize) -> usize {
    let joined = sheet.is_sign(last + 1, ',')
        || sheet.is_sign(last + 1, '.')
        || matches!(sheet.folded(last + 1), "de" | "del");
    let year = last + 1 + usize::from(joined);
    if sheet.is_number(year) && is_year(sheet.word(year)) { year } else { last }
}

/// English `may`, `march` and `mar` are other words too: as a month they have a capital.
fn is_month_name(sheet: &Sheet, index: usize) -> bool {
    let ambiguous =
        matches!(sheet.folded(index), "may" | "march" | "mar" | "mars" | "sep" | "dec" | "dez" | "jan");
    let after_number =
        index > 0 && (sheet.is_number(index - 1) || matches!(sheet.folded(index - 1), "de" | "of"));
    !ambiguous || after_number || sheet.word(index).starts_with(char::is_uppercase)
}

/// `KW 12`, `week 12`, `Q3 2026`.
fn numbered_week(sheet: &Sheet, index: usize) -> Option<usize> {
    if !sheet.is_number(index + 1) {
        return None;
    }
    let number = sheet.word(index + 1);
    if sheet.folded(index) == "q" && sheet.touches_next(index) && matches!(number, "1" | "2" | "3" | "4") {
        return Some(year_after(sheet, index + 1));
    }
    let hit = sheet.hit_at(index, Tag::WeekWord)?;
    let number = sheet.word(hit.last + 1);
    plain(number).is_some_and(|week| (1..=53).contains(&week)).then_some(hit.last + 1)
}

/// `next Friday`, `lundi prochain`.
fn next_day_at(sheet: &Sheet, index: usize) -> Option<Time> {
    let (next, day) = (sheet.hit_at(index, Tag::Next), sheet.hit_at(index, Tag::Weekday));
    let last = match (next, day) {
        (Some(next), None) => sheet.hit_at(next.last + 1, Tag::Weekday)?.last,
        (None, Some(day)) => {
            sheet.hit_at(day.last + 1, Tag::Next).filter(|hit| sheet.folded(hit.first) != "this")?.last
        }
        _ => return None,
    };
    Some(Time { first: index, last, level: Level::Ask, words: NAMED })
}

/// `delivery is 4-6 weeks`, `Zahlungsziel 60 Tage`: a stretch of time that belongs to a term of business.
fn term_at(sheet: &Sheet, index: usize) -> Option<Time> {
    if !sheet.is_number(index) && sheet.hit_at(index, Tag::NumberWord).is_none() {
        return None;
    }
    let line = sheet.words[index].line;
    let is_term = |before: usize| sheet.words[before].line == line && sheet.is(before, Tag::TermWord);
    let term = (index.saturating_sub(4)..index).any(is_term);
    let last = stretch_after(sheet, index.checked_sub(1)?).filter(|_| term)?;
    Some(Time { first: index, last, level: Level::Ask, words: DEADLINE })
}

/// A weekday: with a date or a time of day it makes an appointment, alone it is only shown.
fn weekday_at(sheet: &Sheet, index: usize) -> Option<Time> {
    let day = sheet.hit_at(index, Tag::Weekday)?;
    let line = sheet.words[index].line;
    let comma = usize::from(sheet.is_sign(day.last + 1, ','));
    let joined = usize::from(matches!(sheet.folded(day.last + 1), "den" | "the" | "le" | "el" | "il" | "de"));
    let dated = day.last + 1 + comma + joined;
    let on_date = date_at(sheet, dated).or_else(|| {
        // `mardi 14`
        let day_of_month =
            sheet.is_number(dated) && is_day(sheet.word(dated)) && sheet.words[dated].line == line;
        (day_of_month && !sheet.is_letters(dated + 1) && !sheet.is_sign(dated + 1, ':')).then_some(dated)
    });
    if let Some(last) = on_date {
        return Some(Time { first: index, last, level: Level::Ask, words: NAMED });
    }
    let hour = (day.last + 1..=day.last + 4).find(|at| {
        let same_line = sheet.words.get(*at).is_some_and(|word| word.line == line);
        let before = sheet.is(at - 1, Tag::ClockWord);
        let after =
            sheet.is_sign(at + 1, ':') || matches!(sheet.folded(at + 1), "uhr" | "h" | "am" | "pm" | "uur");
        same_line && sheet.is_number(*at) && (before || after)
    });
    Some(match hour {
        Some(hour) => Time { first: index, last: hour, level: Level::Ask, words: NAMED },
        None => Time { first: index, last: day.last, level: Level::Note, words: WEEKDAY },
    })
}

/// `your message of 12 March`: a day that lies behind, named to say which message is meant.
fn refers_to_message(sheet: &Sheet, date: usize) -> bool {
    let first = date.saturating_sub(4);
    (first..date).any(|index| sheet.is(index, Tag::MessageWord))
        && (first..date).any(|index| {
            matches!(
                sheet.folded(index),
                "of" | "from"
                    | "dated"
                    | "vom"
                    | "du"
                    | "del"
                    | "da"
                    | "dal"
                    | "van"
                    | "z"
                    | "de"
                    | "do"
                    | "den"
                    | "fran"
            )
        })
        && (first..date).all(|index| !sheet.is(index, Tag::Until) || matches!(sheet.folded(index), "do"))
}

/// Whether nothing but marks stands on the line besides the words from first to last.
fn is_whole_line(sheet: &Sheet, first: usize, last: usize) -> bool {
    let line = sheet.words[first].line;
    let speaks = |index: &usize| sheet.is_letters(*index) || sheet.is_number(*index);
    let on_line = |index: &usize| sheet.words.get(*index).is_some_and(|word| word.line == line);
    let before = (0..first).rev().take_while(on_line).any(|index| speaks(&index));
    let after = (last + 1..sheet.words.len()).take_while(on_line).any(|index| speaks(&index));
    !before && !after
}
