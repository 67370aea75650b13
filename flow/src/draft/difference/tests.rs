use proptest::prelude::*;

use super::Substance::{Cosmetic, Same, Substantive};
use super::*;

#[track_caller]
fn check(before: &str, after: &str, substance: Substance, words: &str) {
    let difference = difference(before, after);
    assert_eq!((difference.substance, difference.words()), (substance, words), "{before:?} -> {after:?}");
}

#[test]
fn looks_are_cosmetic() {
    check("Hello Anna", "Hello Anna", Same, "Nothing changed.");
    for (before, after) in [
        ("We deliver  soon .", "We deliver soon."),
        ("We deliver soon.\nBye", "We deliver soon.\n\nBye"),
        ("we deliver soon", "We deliver soon!"),
        ("Yes, we deliver", "Yes - we deliver"),
        ("We recieve your order", "We receive your order"),
        ("unsere Lösnug hilft", "unsere Lösung hilft"),
        ("Our implementtaion", "Our implementation"),
        ("see you alot", "see you a lot"),
        ("Hi Anna,\nthanks", "Dear Anna,\nthanks"),
        ("Hi Anna,\nthanks", "Dear Ms Anna Kowalska,\nthanks"),
        ("Hallo Anna,\ndanke", "Sehr geehrte Anna,\n\ndanke"),
        ("Hi there,\nthanks", "Hello,\nthanks"),
        ("We dont know", "We don't know"),
        ("We can not know", "We cannot know"),
        ("naïve approach", "naive approach"),
    ] {
        check(
            before,
            after,
            Cosmetic,
            "Only spaces, punctuation, the greeting, capitals or spelling changed.",
        );
    }
}

#[test]
fn what_says_something_else_is_of_substance() {
    for (before, after, words) in [
        ("It takes 10 days", "It takes 15 days", "A number changed."),
        ("It is 1.200 now", "It is 1,200 now", "A number changed."),
        ("It is 5 € now", "It is 5 $ now", "A sign changed."),
        ("That is 5 more", "That is 5% more", "A sign changed."),
        ("We deliver on Monday", "We deliver on Tuesday", "A word of a date, price or promise changed."),
        ("Mitte Juni beginnt es", "Mitte Juli beginnt es", "A word of a date, price or promise changed."),
        ("with a discount for you", "with a dinner for you", "A word of a date, price or promise changed."),
        ("We can do it", "We cannot do it", "A word that negates changed."),
        ("We can do it", "We can't do it", "The wording changed."),
        ("We are not able", "We are notable", "A word that negates changed."),
        ("Das ist keine Lösung", "Das ist kleine Lösung", "A word that negates changed."),
        ("Ce n'est pas prêt", "C'est prêt", "A word that negates changed."),
        ("No es posible", "Es posible", "A word that negates changed."),
        ("Es geht ohne Risiko", "Es geht mit Risiko", "A word that negates changed."),
        (
            "see https://a.example/x",
            "see https://b.example/x",
            "A link, an address or a file's name changed.",
        ),
        ("see offer.pdf", "see order.pdf", "A link, an address or a file's name changed."),
        ("Dear Bruno,\nthanks", "Dear Anna,\nthanks", "The name in the greeting changed."),
        ("Dear Bruno,\nthanks", "Hello,\nthanks", "The name in the greeting changed."),
        ("Hello,\nthanks", "Dear Anna,\nthanks", "The name in the greeting changed."),
        ("We could help", "We would help", "The wording changed."),
        ("It is unlimited for you", "It is limited for you", "The wording changed."),
        ("Prices increase now", "Prices decrease now", "The wording changed."),
        ("We help you", "We help you gladly", "The wording changed."),
        ("We help you gladly", "We help you", "The wording changed."),
        ("You agree.", "You agree?", "A sign changed."),
        ("", "We help you", "The wording changed."),
    ] {
        check(before, after, Substantive, words);
    }
}

#[test]
fn the_weightiest_change_decides() {
    check("We recieve 10 orders", "We receive 12 orders", Substantive, "A number changed.");
}

#[test]
fn segments_show_what_was_taken_and_put() {
    let difference = difference("We can deliver in May.", "We will ship in May!");
    let seen: Vec<(Change, &str)> =
        difference.segments.iter().map(|segment| (segment.change, segment.text.as_str())).collect();
    assert_eq!(
        seen,
        [
            (Change::Same, "We "),
            (Change::Removed, "can deliver"),
            (Change::Added, "will ship"),
            (Change::Same, " in May"),
            (Change::Removed, "."),
            (Change::Added, "!"),
        ]
    );
    assert_eq!(
        serde_json::to_value(&difference).unwrap()["segments"][1],
        serde_json::json!({"change": "removed", "text": "can deliver"})
    );
}

#[test]
fn new_words_are_counted_for_the_reading_floor() {
    assert_eq!(words_new("Hello Anna, thanks.", "Hello Anna, thanks."), 0);
    assert_eq!(words_new("Hello, thanks.", "Hello Anna, many thanks!"), 2);
    assert_eq!(words_new("", "See https://a.example/x: 3 days, don't wait."), 6);
    assert_eq!(words_new("a b c", ""), 0);
}

#[test]
fn long_texts_without_anything_in_common_are_not_aligned() {
    let (old, new) = ("alpha ".repeat(3_000), "beta ".repeat(3_000));
    let difference = difference(&old, &new);
    assert_eq!(difference.segments.len(), 2);
    assert_eq!(difference.substance, Substantive);
    assert_eq!(words_new(&old, &new), 3_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn segments_join_to_both_texts(
        before in "(\\PC{0,12}|Dear Anna, |1 200|[a-z .,-]{0,8}|https://a\\.b/|\u{a0}|\n){0,8}",
        after in "(\\PC{0,12}|Hi Anna, |1 200|[a-z .,-]{0,8}|x@y\\.com|\u{200b}|\r\n){0,8}",
    ) {
        let difference = difference(&before, &after);
        let join = |without: Change| -> String {
            difference.segments.iter().filter(|segment| segment.change != without).map(|segment| segment.text.as_str()).collect()
        };
        prop_assert_eq!(join(Change::Added), before.as_str());
        prop_assert_eq!(join(Change::Removed), after.as_str());
        prop_assert_eq!(difference.substance == Same, before == after);
        prop_assert_eq!(words_new(&before, &before), 0);
        prop_assert!(words_new(&before, &after) as usize <= after.len());
    }
}
