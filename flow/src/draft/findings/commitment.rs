//! What would commit the company: amounts, percentages, discounts, dates, guarantees, bank details. What the template
//! itself says does not count; it was agreed on when the playbook was adopted.

use std::collections::HashSet;

use super::numbers::{canonical, is_year, plain};
use super::phrases::Tag;
use super::sheet::{Kind, Sheet};
use super::{FindingId, Found, Level, dates};

/// One promise, and the key by which the same promise in the template is recognised.
pub(super) struct Promise {
    pub id: FindingId,
    pub level: Level,
    pub span: (usize, usize),
    pub key: String,
    pub words: &'static str,
}

/// Finds every promise that is not in the template's own words.
pub(super) fn look(sheet: &Sheet, template: Option<&Sheet>, found: &mut Found) {
    let promised = promises(sheet);
    if promised.is_empty() {
        return;
    }
    let agreed: HashSet<(FindingId, String)> = template
        .map(|template| promises(template).into_iter().map(|promise| (promise.id, promise.key)).collect())
        .unwrap_or_default();
    for promise in promised {
        if !agreed.contains(&(promise.id, promise.key)) {
            found.add(promise.id, promise.level, sheet, promise.span, promise.words);
        }
    }
}

fn promises(sheet: &Sheet) -> Vec<Promise> {
    let mut promises = dates::promises(sheet);
    for index in 0..sheet.words.len() {
        // The upper end of a range belongs to what begins at its lower end.
        let ends_range = index > 1 && after_range(sheet, index - 2) == index;
        if sheet.is_number(index) && !ends_range {
            promises.extend(percentage(sheet, index).or_else(|| amount(sheet, index)));
        }
    }
    promises.extend(amounts_in_words(sheet));
    promises.extend(percentages_in_words(sheet));
    promises.extend(bank_accounts(sheet));
    let wordings = [
        (
            Tag::Discount,
            FindingId::Discount,
            "The text speaks of a discount that the template does not offer.",
        ),
        (Tag::Free, FindingId::Discount, "The text says that something is free, and the template does not."),
        (
            Tag::BankWord,
            FindingId::BankDetails,
            "The text speaks of a bank account, and the template does not.",
        ),
        (Tag::Refund, FindingId::Discount, "The text speaks of money back, and the template does not."),
        (Tag::Waiver, FindingId::Discount, "The text lets go of a term or a fee, and the template does not."),
        (
            Tag::Guarantee,
            FindingId::Guarantee,
            "The text promises or guarantees something that the template does not.",
        ),
    ];
    for (tag, id, words) in wordings {
        let mut after = 0;
        for hit in sheet.hits(tag) {
            if hit.first >= after {
                let (span, key) = (sheet.span(hit.first, hit.last), sheet.key(hit.first, hit.last));
                promises.push(Promise { id, level: Level::Ask, span, key, words });
                after = hit.last + 1;
            }
        }
    }
    promises
}

/// `15 %`, `15 percent`, `10–15 %`.
fn percentage(sheet: &Sheet, number: usize) -> Option<Promise> {
    let next = after_range(sheet, number);
    let last = match sheet.hit_at(next + 1, Tag::PercentWord) {
        Some(hit) => hit.last,
        None if sheet.is_sign(next + 1, '%') || sheet.is_sign(next + 1, '‰') => next + 1,
        None => return None,
    };
    Some(Promise {
        id: FindingId::Percentage,
        level: Level::Ask,
        span: sheet.span(number, last),
        key: value_key(sheet, number, next),
        words: "The text names a percentage that the template does not.",
    })
}

/// A number with a currency before or after it, or right after a price word.
fn amount(sheet: &Sheet, number: usize) -> Option<Promise> {
    let last_number = after_range(sheet, number);
    let mut last = last_number;
    if let Some(hit) = sheet.hit_at(last + 1, Tag::Multiplier) {
        last = hit.last;
        // `Mio.`
        if sheet.is_sign(last + 1, '.')
            && sheet.touches_next(last)
            && currency_after(sheet, last + 2).is_some()
        {
            last += 1;
        }
    }
    // `5.000,- Euro`
    let mut dash = last;
    while (sheet.is_sign(dash + 1, ',') || sheet.is_sign(dash + 1, '.') || is_dash(sheet, dash + 1))
        && sheet.touches_next(dash)
    {
        dash += 1;
    }
    let before = currency_before(sheet, number);
    let after = currency_after(sheet, last + 1).or_else(|| currency_after(sheet, dash + 1));
    let (first, end) = match (before, after) {
        (Some(first), after) => (first, after.unwrap_or(last)),
        (None, Some(after)) => (number, after),
        (None, None) => match price_before(sheet, number, last) {
            Some(first) => (first, last),
            None => (number, rate(sheet, number, last)?),
        },
    };
    let mut key = value_key(sheet, number, last_number);
    if last > last_number {
        key.push_str(sheet.folded(last_number + 1));
    }
    Some(Promise {
        id: FindingId::Amount,
        level: Level::Ask,
        span: sheet.span(first, end),
        key,
        words: "The text names an amount that the template does not.",
    })
}

fn is_dash(sheet: &Sheet, index: usize) -> bool {
    matches!(sheet.kind(index), Some(Kind::Sign('-' | '–' | '—')))
}

/// The last number of a range `10–15`, or the number itself.
fn after_range(sheet: &Sheet, number: usize) -> usize {
    let range = is_dash(sheet, number + 1) && sheet.is_number(number) && sheet.is_number(number + 2);
    if range { number + 2 } else { number }
}

fn value_key(sheet: &Sheet, first: usize, last: usize) -> String {
    let mut key = canonical(sheet.word(first));
    if last > first {
        key.push('-');
        key.push_str(&canonical(sheet.word(last)));
    }
    key
}

fn is_currency_sign(sheet: &Sheet, index: usize) -> bool {
    matches!(
        sheet.kind(index),
        Some(Kind::Sign('€' | '$' | '£' | '¥' | '₹' | '₽' | '₺' | '₩' | '₪' | '₴' | '฿' | '₿' | '¢'))
    )
}

/// Codes as they stand in capitals; some are ordinary words otherwise.
const CURRENCY_CODES: [&str; 25] = [
    "EUR", "USD", "GBP", "CHF", "PLN", "SEK", "NOK", "DKK", "CZK", "HUF", "RON", "BRL", "CAD", "AUD", "NZD",
    "JPY", "CNY", "INR", "TRY", "UAH", "ILS", "ZAR", "MXN", "AED", "SGD",
];

fn is_currency_word(sheet: &Sheet, index: usize) -> bool {
    sheet.is(index, Tag::CurrencyWord) || CURRENCY_CODES.contains(&sheet.word(index))
}

/// The first word of a currency right before `number`: `€ 5`, `R$ 5`, `USD 5`.
fn currency_before(sheet: &Sheet, number: usize) -> Option<usize> {
    let before = number.checked_sub(1)?;
    if sheet.words[before].line != sheet.words.get(number)?.line {
        return None;
    }
    if is_currency_sign(sheet, before) {
        let prefixed = before > 0 && sheet.is_letters(before - 1) && sheet.touches_next(before - 1);
        return Some(if prefixed { before - 1 } else { before });
    }
    let word = sheet.word(before);
    let is_code = CURRENCY_CODES.contains(&word) || matches!(sheet.folded(before), "eur" | "usd" | "kr");
    is_code.then_some(before)
}

/// The last word of a currency at `index`.
fn currency_after(sheet: &Sheet, index: usize) -> Option<usize> {
    if let Some(hit) = sheet.hit_at(index, Tag::CurrencyWord) {
        return Some(hit.last);
    }
    (is_currency_sign(sheet, index) || is_currency_word(sheet, index)).then_some(index)
}

/// The price word that says a bare number is an amount: `the price is 4500`.
fn price_before(sheet: &Sheet, number: usize, last: usize) -> Option<usize> {
    let small = last == number && plain(sheet.word(number)).is_some_and(|value| value < 10);
    // After a number and another word the price is for a count of something: `a price for 30 licences`.
    let counts = sheet.is_letters(last + 1)
        && sheet.words[last].line == sheet.words[last + 1].line
        && sheet.hit_at(last + 1, Tag::PerWord).is_none();
    if small || counts || is_year(sheet.word(number)) {
        return None;
    }
    let mut at = number.checked_sub(1)?;
    for _ in 0..3 {
        if sheet.is(at, Tag::PriceWord) {
            return Some(at);
        }
        let connects = sheet.is(at, Tag::PriceVerb) || sheet.is_sign(at, ':') || sheet.is_sign(at, '=');
        if !connects {
            return None;
        }
        at = at.checked_sub(1)?;
    }
    None
}

/// `890 per seat`: a number of ten or more for each of something that is paid for; its last word.
fn rate(sheet: &Sheet, number: usize, last: usize) -> Option<usize> {
    let large = last > number || plain(sheet.word(number)).is_none_or(|value| value >= 10);
    let per = sheet.hit_at(last + 1, Tag::PerWord).filter(|_| large && !is_year(sheet.word(number)))?;
    sheet.hit_at(per.last + 1, Tag::PerUnit).map(|unit| unit.last)
}

/// `five hundred euros`, `zweitausend Euro`: a currency after a number word.
fn amounts_in_words(sheet: &Sheet) -> Vec<Promise> {
    let says_number = |index: usize| {
        let word = sheet.folded(index);
        sheet.is(index, Tag::NumberWord)
            || [
                "hundert", "tausend", "cento", "mila", "cientos", "honderd", "duizend", "hundra", "tusen",
                "set",
            ]
            .iter()
            .any(|ending| word.len() > ending.len() && word.ends_with(ending))
    };
    let mut promises = Vec::new();
    for hit in sheet.hits(Tag::CurrencyWord) {
        let mut first = hit.first;
        while first > 0
            && says_number(first - 1)
            && sheet.words[first - 1].line == sheet.words[hit.first].line
        {
            first -= 1;
        }
        // `a dollar`, `un euro` alone is a way of speaking.
        let article_only = hit.first - first == 1 && sheet.folded(first).len() < 3;
        // `5 million pounds` begins with its digits and is found by them.
        let after_digits = first > 0 && sheet.is_number(first - 1);
        if first < hit.first && !article_only && !after_digits && sheet.folded(hit.first).len() > 2 {
            promises.push(Promise {
                id: FindingId::Amount,
                level: Level::Ask,
                span: sheet.span(first, hit.last),
                key: sheet.key(first, hit.last),
                words: "The text names an amount that the template does not.",
            });
        }
    }
    promises
}

/// `twenty percent`.
fn percentages_in_words(sheet: &Sheet) -> Vec<Promise> {
    let after_word = |first: usize| first > 0 && sheet.is(first - 1, Tag::NumberWord);
    let hits = sheet.hits(Tag::PercentWord).filter(|hit| after_word(hit.first));
    hits.map(|hit| Promise {
        id: FindingId::Percentage,
        level: Level::Ask,
        span: sheet.span(hit.first - 1, hit.last),
        key: sheet.key(hit.first - 1, hit.last),
        words: "The text names a percentage that the template does not.",
    })
    .collect()
}

/// International bank account numbers, by their check digits (ISO 13616).
fn bank_accounts(sheet: &Sheet) -> Vec<Promise> {
    let mut promises = Vec::new();
    let mut first = 0;
    while first < sheet.words.len() {
        match bank_account_at(sheet, first) {
            Some((last, key)) => {
                promises.push(Promise {
                    id: FindingId::BankDetails,
                    level: Level::Ask,
                    span: sheet.span(first, last),
                    key,
                    words: "The text names a bank account that the template does not.",
                });
                first = last + 1;
            }
            None => first += 1,
        }
    }
    promises
}

fn bank_account_at(sheet: &Sheet, first: usize) -> Option<(usize, String)> {
    let country = sheet.word(first);
    let begins = country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && sheet.is_number(first + 1)
        && sheet.touches_next(first);
    if !begins {
        return None;
    }
    let line = sheet.words[first].line;
    let mut account = String::new();
    let mut longest = None;
    for (index, word) in sheet.words.iter().enumerate().skip(first) {
        let text = &sheet.text[word.start..word.end];
        let belongs = word.line == line && text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
        if !belongs || account.len() > 34 {
            break;
        }
        account.extend(text.chars().filter(|c| *c != ' '));
        if (15..=34).contains(&account.len()) && iban_checks(&account) {
            longest = Some((index, account.clone()));
        }
    }
    longest
}

fn iban_checks(account: &str) -> bool {
    let (head, body) = account.split_at(4);
    body.chars().chain(head.chars()).try_fold(0, |rest: u32, c| {
        let digit = c.to_digit(36)?;
        Some(if digit < 10 { (rest * 10 + digit) % 97 } else { (rest * 100 + digit) % 97 })
    }) == Some(1)
}
