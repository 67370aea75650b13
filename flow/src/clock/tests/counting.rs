//! Adding and subtracting business time.

use super::{at, calendar, due, elapsed, pause};
use crate::clock::{Calendar, ClockError, Pause};

fn assert_shared_between_threads<T: Send + Sync>(_: &T) {}

fn office() -> Calendar {
    calendar(
        r#"
        zone = "Europe/Berlin"
        holidays = ["2026-05-01", "2026-12-25"]
        open = ["2026-05-02"]
        [hours]
        mon = ["09:00-12:30", "13:30-18:00"]
        tue = ["09:00-12:30", "13:30-18:00"]
        wed = ["09:00-12:30", "13:30-18:00"]
        thu = ["09:00-12:30", "13:30-18:00"]
        fri = ["09:00-16:00"]
        extra = ["10:00-14:00"]
        "#,
    )
}

/// Open every day at the same hours.
fn daily(zone: &str, hours: &str) -> Calendar {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| format!("{day} = [{hours}]\n"));
    calendar(&format!("zone = \"{zone}\"\n[hours]\n{}", days.concat()))
}

#[test]
fn an_amount_is_used_up_in_open_hours_only() {
    let office = office();
    assert_shared_between_threads(&office);
    // Monday 11:30 in Berlin; an hour until lunch, the second one after it.
    assert_eq!(due(&office, "2026-07-06T09:30:00Z", "PT2H", &[]), "2026-07-06T12:30:00Z");
    // Friday 15:00; an hour is left, the rest is on Monday.
    assert_eq!(due(&office, "2026-07-03T13:00:00Z", "PT90M", &[]), "2026-07-06T07:30:00Z");
}

#[test]
fn a_start_outside_hours_counts_from_the_next_opening() {
    assert_eq!(due(&office(), "2026-07-04T03:00:00Z", "PT1H", &[]), "2026-07-06T08:00:00Z");
}

#[test]
fn an_amount_used_up_at_closing_time_is_due_at_closing_time() {
    let office = office();
    assert_eq!(due(&office, "2026-07-06T07:00:00Z", "PT3H30M", &[]), "2026-07-06T10:30:00Z");
    assert_eq!(due(&office, "2026-07-06T07:00:00Z", "PT3H30M0.000001S", &[]), "2026-07-06T11:30:00.000001Z");
}

#[test]
fn no_time_at_all_is_due_at_the_first_open_unpaused_instant() {
    let office = office();
    assert_eq!(due(&office, "2026-07-06T08:00:00Z", "PT0S", &[]), "2026-07-06T08:00:00Z");
    assert_eq!(due(&office, "2026-07-04T03:00:00Z", "PT0S", &[]), "2026-07-06T07:00:00Z");
    // Closing time is no longer open.
    assert_eq!(due(&office, "2026-07-06T10:30:00Z", "PT0S", &[]), "2026-07-06T11:30:00Z");
    let until_nine = [pause("2026-07-06T06:00:00Z", "2026-07-06T07:15:00Z")];
    assert_eq!(due(&office, "2026-07-04T03:00:00Z", "PT0S", &until_nine), "2026-07-06T07:15:00Z");
}

#[test]
fn a_holiday_is_closed_and_an_extra_day_opens() {
    let office = office();
    // Thursday before 1 May at 17:30, and then Saturday the 2nd with the extra hours.
    assert_eq!(due(&office, "2026-04-30T15:30:00Z", "PT1H", &[]), "2026-05-02T08:30:00Z");
    assert_eq!(elapsed(&office, "2026-05-01T00:00:00Z", "2026-05-04T00:00:00Z", &[]), "PT4H");
}

#[test]
fn an_extra_day_wins_over_a_holiday_with_its_weekdays_hours() {
    let text = |open: &str| {
        format!(
            "zone = \"UTC\"\nholidays = [\"2026-07-06\"]\nopen = [{open}]\n\
             [hours]\nmon = [\"09:00-17:00\"]\nextra = [\"10:00-14:00\"]"
        )
    };
    let (from, to) = ("2026-07-06T00:00:00Z", "2026-07-08T00:00:00Z");
    assert_eq!(elapsed(&calendar(&text("")), from, to, &[]), "PT0S");
    assert_eq!(elapsed(&calendar(&text("\"2026-07-06\"")), from, to, &[]), "PT8H");
    assert_eq!(elapsed(&calendar(&text("\"2026-07-07\"")), from, to, &[]), "PT4H");
}

#[test]
fn a_holiday_removes_the_night_that_starts_on_it_and_no_other() {
    let nights = "\"22:00-06:00\"";
    let mut text =
        format!("zone = \"UTC\"\nholidays = [\"2026-07-07\"]\n[hours]\nmon = [{nights}]\ntue = [{nights}]");
    let (from, to) = ("2026-07-06T00:00:00Z", "2026-07-09T00:00:00Z");
    assert_eq!(due(&calendar(&text), "2026-07-07T00:00:00Z", "PT6H", &[]), "2026-07-07T06:00:00Z");
    assert_eq!(elapsed(&calendar(&text), from, to, &[]), "PT8H");
    text = text.replace("2026-07-07", "2026-07-06");
    assert_eq!(due(&calendar(&text), "2026-07-06T00:00:00Z", "PT1S", &[]), "2026-07-07T22:00:01Z");
}

#[test]
fn hours_that_overlap_or_touch_count_once() {
    let days = calendar(
        "zone = \"UTC\"\n[hours]\nmon = [\"12:00-15:00\", \"09:00-12:00\", \"10:00-13:00\", \"23:00-24:00\"]\n\
         tue = [\"00:00-01:00\"]",
    );
    assert_eq!(elapsed(&days, "2026-07-06T00:00:00Z", "2026-07-08T00:00:00Z", &[]), "PT8H");
    let spans = days.spans(at("2026-07-06T09:30:00Z"), at("2026-07-08T00:00:00Z")).unwrap();
    let shown: Vec<String> = spans.iter().map(|span| format!("{} {}", span.open, span.close)).collect();
    assert_eq!(
        shown,
        ["2026-07-06T09:30:00Z 2026-07-06T15:00:00Z", "2026-07-06T23:00:00Z 2026-07-07T01:00:00Z"]
    );
}

#[test]
fn a_span_goes_on_over_the_seam_between_pages() {
    let always = daily("UTC", "\"00:00-24:00\"");
    let (from, to) = (at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    assert_eq!(always.spans(from, to).unwrap().len(), 1);
    let (from, to) = ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        assert_eq!(elapsed(&daily(zone, "\"00:00-24:00\""), from, to, &[]), "PT87672H");
        // Closed for a minute on each of the 3653 days.
        assert_eq!(elapsed(&daily(zone, "\"12:00-11:59\""), from, to, &[]), "PT87611H7M");
    }
}

#[test]
fn in_a_gap_hours_start_and_end_when_the_clocks_change() {
    // On 29 March 2026 Berlin's clocks go from 02:00 to 03:00, at 01:00 UTC.
    let (from, to) = ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    let open = |hours| elapsed(&daily("Europe/Berlin", hours), from, to, &[]);
    assert_eq!(open("\"02:15-02:45\""), "PT0S");
    assert_eq!(open("\"01:30-02:30\""), "PT30M");
    assert_eq!(open("\"02:30-03:30\""), "PT30M");
    assert_eq!(open("\"01:00-04:00\""), "PT2H");
    assert_eq!(open("\"00:00-24:00\""), "PT23H");
}

#[test]
fn in_an_overlap_hours_start_early_and_end_late() {
    // On 25 October 2026 Berlin's clocks go from 03:00 back to 02:00, at 01:00 UTC.
    let (from, to) = ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    let open = |hours| elapsed(&daily("Europe/Berlin", hours), from, to, &[]);
    assert_eq!(open("\"02:15-02:45\""), "PT1H30M");
    assert_eq!(open("\"01:30-02:00\""), "PT1H30M");
    assert_eq!(open("\"01:30-02:30\""), "PT2H");
    assert_eq!(open("\"02:30-03:30\""), "PT2H");
    assert_eq!(open("\"03:00-04:00\""), "PT1H");
    assert_eq!(open("\"00:00-24:00\""), "PT25H");
}

#[test]
fn midnight_itself_may_be_skipped_or_shown_twice() {
    // Santiago springs from 24:00 to 01:00 on 6 September 2026 and falls from 24:00 to 23:00 on 4 April.
    let santiago = daily("America/Santiago", "\"00:00-24:00\"");
    assert_eq!(elapsed(&santiago, "2026-09-05T04:00:00Z", "2026-09-07T03:00:00Z", &[]), "PT47H");
    let evenings = daily("America/Santiago", "\"23:30-00:30\"");
    assert_eq!(elapsed(&evenings, "2026-04-04T18:00:00Z", "2026-04-05T18:00:00Z", &[]), "PT2H");
    assert_eq!(elapsed(&evenings, "2026-09-05T18:00:00Z", "2026-09-06T18:00:00Z", &[]), "PT30M");
    // Havana falls from 01:00 to 00:00, so midnight came twice on 3 November 2024: the day ends at the later.
    let havana = daily("America/Havana", "\"22:00-24:00\"");
    assert_eq!(elapsed(&havana, "2024-11-02T18:00:00Z", "2024-11-03T18:00:00Z", &[]), "PT3H");
}

#[test]
fn a_day_the_clocks_skip_has_no_hours() {
    // Samoa went from 29 to 31 December 2011.
    let (from, to) = ("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z");
    let open = |hours| elapsed(&daily("Pacific/Apia", hours), from, to, &[]);
    assert_eq!(open("\"00:00-24:00\""), "PT48H");
    assert_eq!(open("\"09:00-17:00\""), "PT16H");
    // The skipped day's night starts and the day before's ends at the change; two hours of it are left.
    assert_eq!(open("\"22:00-02:00\""), "PT8H");
}

#[test]
fn pauses_come_in_any_order_and_overlap() {
    let office = office();
    let mut pauses = [
        pause("2026-07-06T11:00:00Z", "2026-07-06T12:00:00Z"),
        pause("2026-07-06T07:30:00Z", "2026-07-06T08:00:00Z"),
        pause("2026-07-06T07:45:00Z", "2026-07-06T08:30:00Z"),
        pause("2026-07-06T07:50:00Z", "2026-07-06T07:55:00Z"),
        pause("2026-07-06T09:00:00Z", "2026-07-06T09:00:00Z"),
        pause("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"),
        pause("2026-07-09T00:00:00Z", "2026-07-10T00:00:00Z"),
    ];
    for _ in 0..pauses.len() {
        pauses.rotate_left(1);
        assert_eq!(due(&office, "2026-07-06T07:00:00Z", "PT3H", &pauses), "2026-07-06T12:30:00Z");
        assert_eq!(elapsed(&office, "2026-07-06T07:00:00Z", "2026-07-06T12:30:00Z", &pauses), "PT3H");
        assert_eq!(elapsed(&office, "2026-07-06T07:40:00Z", "2026-07-06T07:50:00Z", &pauses), "PT0S");
    }
}

#[test]
fn an_amount_used_up_when_a_pause_begins_is_due_there() {
    let stop = [pause("2026-07-06T08:00:00Z", "2026-07-07T08:00:00Z")];
    assert_eq!(due(&office(), "2026-07-06T07:00:00Z", "PT1H", &stop), "2026-07-06T08:00:00Z");
    assert_eq!(due(&office(), "2026-07-06T07:00:00Z", "PT1H1S", &stop), "2026-07-07T08:00:01Z");
}

#[test]
fn an_open_pause_hides_a_deadline_not_yet_reached() {
    let office = office();
    let open = [Pause { from: at("2026-07-06T08:00:00Z"), to: None }];
    assert_eq!(due(&office, "2026-07-06T07:00:00Z", "PT2H", &open), "hidden");
    assert_eq!(due(&office, "2026-07-06T09:00:00Z", "PT0S", &open), "hidden");
    assert_eq!(due(&office, "2026-07-06T07:00:00Z", "PT1H", &open), "2026-07-06T08:00:00Z");
    assert_eq!(elapsed(&office, "2026-07-06T07:00:00Z", "2026-07-08T07:00:00Z", &open), "PT1H");
    // Resumed, it is computed again.
    let closed = [pause("2026-07-06T08:00:00Z", "2026-07-06T09:00:00Z")];
    assert_eq!(due(&office, "2026-07-06T07:00:00Z", "PT2H", &closed), "2026-07-06T10:00:00Z");
}

#[test]
fn what_ends_before_it_begins_is_an_error() {
    let backwards = [pause("2026-07-06T09:00:00Z", "2026-07-06T08:00:00Z")];
    let message = "the pause from `2026-07-06T09:00:00Z` ends before it begins, at `2026-07-06T08:00:00Z`; \
                   swap its ends or drop it";
    assert_eq!(due(&office(), "2026-07-06T07:00:00Z", "PT1H", &backwards), message);
    assert_eq!(elapsed(&office(), "2026-07-06T07:00:00Z", "2026-07-06T08:00:00Z", &backwards), message);
    assert_eq!(
        elapsed(&office(), "2026-07-06T08:00:00Z", "2026-07-06T07:00:00Z", &[]),
        "`2026-07-06T07:00:00Z` is before `2026-07-06T08:00:00Z`; swap them"
    );
}

#[test]
fn a_search_ends_after_50_years() {
    let once = calendar("zone = \"UTC\"\nopen = [\"2026-07-06\"]\n[hours]\nextra = [\"09:00-10:00\"]");
    assert_eq!(due(&once, "1990-01-01T00:00:00Z", "PT1H", &[]), "2026-07-06T10:00:00Z");
    let too_far = due(&once, "2026-01-01T00:00:00Z", "PT1H1S", &[]);
    assert_eq!(
        too_far,
        "`PT1H1S` from `2026-01-01T00:00:00Z` is not used up within 50 years; \
         ask for less, or open the calendar more"
    );
    assert!(due(&once, "1970-01-01T00:00:00Z", "PT1H", &[]).contains("not used up"));
    let in_a_century = [Pause { from: at("2126-01-01T00:00:00Z"), to: None }];
    assert!(due(&once, "2026-01-01T00:00:00Z", "PT2H", &in_a_century).contains("not used up"));
    let always = daily("UTC", "\"00:00-24:00\"");
    assert_eq!(due(&always, "2026-01-01T00:00:00Z", "PT438000H", &[]), "2075-12-20T00:00:00Z");
    assert!(due(&always, "2026-01-01T00:00:00Z", "PT439201H", &[]).contains("not used up"));
    assert!(
        elapsed(&always, "0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z", &[]).contains("more than 50 years")
    );
    assert!(due(&always, "2026-01-01T00:00:00Z", "PT2562047788H", &[]).contains("not used up"));
    let long_pause = [pause("2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z")];
    assert!(due(&always, "2026-01-01T00:00:00Z", "PT1S", &long_pause).contains("not used up"));
}

#[test]
fn times_far_from_today_are_counted_too() {
    let always = daily("Europe/Berlin", "\"09:00-17:00\"");
    // Before 1893 Berlin kept its own time, 53 minutes and 28 seconds ahead of Greenwich.
    assert_eq!(due(&always, "1850-06-03T00:00:00Z", "PT8H", &[]), "1850-06-03T16:06:32Z");
    assert_eq!(due(&always, "8026-01-05T00:00:00Z", "PT8H", &[]), "8026-01-05T16:00:00Z");
    assert!(due(&always, "9999-12-30T00:00:00Z", "PT80H", &[]).contains("not used up"));
    assert_eq!(due(&always, "-009999-01-03T00:00:00Z", "PT8H", &[]), "-009999-01-03T16:06:32Z");
}

#[test]
fn an_instant_belongs_to_the_microsecond_it_lies_in() {
    let always = daily("UTC", "\"00:00-24:00\"");
    assert_eq!(
        due(&always, "2026-01-01T00:00:00.000000999Z", "PT0.000001999S", &[]),
        "2026-01-01T00:00:00.000001Z"
    );
    assert_eq!(due(&always, "1960-01-01T00:00:00.000000999Z", "PT1S", &[]), "1960-01-01T00:00:01Z");
    assert_eq!(
        elapsed(&always, "1969-12-31T23:59:59.9999999Z", "1970-01-01T00:00:00.0000009Z", &[]),
        "PT0.000001S"
    );
}

#[test]
fn closing_time_is_no_longer_open() {
    let office = office();
    assert!(office.is_open(at("2026-07-06T07:00:00Z")));
    assert!(office.is_open(at("2026-07-06T10:29:59.999999Z")));
    assert!(!office.is_open(at("2026-07-06T10:30:00Z")));
    assert!(!office.is_open(at("2026-07-06T06:59:59.999999Z")));
}

#[test]
fn a_calendar_must_open_within_366_days() {
    let once = calendar("zone = \"UTC\"\nopen = [\"2026-07-06\"]\n[hours]\nextra = [\"09:00-10:00\"]");
    assert_eq!(once.check_opens(at("2026-07-06T00:00:00Z")), Ok(()));
    assert_eq!(once.check_opens(at("2025-07-05T09:00:00Z")), Ok(()));
    let too_early = at("2025-07-05T08:59:59Z");
    assert_eq!(once.check_opens(too_early), Err(ClockError::NeverOpens { from: too_early }));
    assert!(once.check_opens(at("2026-07-06T10:00:00Z")).is_err());
}

#[test]
fn changed_hours_keep_what_was_used() {
    let (old, new) = (daily("UTC", "\"09:00-17:00\""), daily("UTC", "\"10:00-12:00\""));
    let (start, change, target) =
        (at("2026-07-06T09:00:00Z"), at("2026-07-06T16:00:00Z"), super::amount("PT8H"));
    let used = old.elapsed(start, change, &[]).unwrap();
    let due = new.due(change, target.less(used), &[]).unwrap();
    assert_eq!(due, Some(at("2026-07-07T11:00:00Z")));
}
