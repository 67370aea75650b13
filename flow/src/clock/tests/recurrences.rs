//! Recurrence rules, most of them the examples of RFC 5545, section 3.8.5.3.

use jiff::civil::{Date, date};

use crate::clock::fault::Complaint;
use crate::clock::recurrence::{Reading, Recurrence};

fn rule(text: &str, first: &str) -> Result<Recurrence, Complaint> {
    let day = |text: &str| Date::strptime("%Y%m%d", text).map_err(|_| Complaint::new("no date", "write one"));
    Recurrence::parse(text, &Reading { first: first.parse().unwrap(), whole_days: true, until: &day })
}

/// The days a rule names from its first day until `last`, those of a month written together.
fn days(text: &str, first: &str, last: &str) -> String {
    let first: Date = first.parse().unwrap();
    let found = rule(text, &first.to_string()).unwrap().dates(first, first, last.parse().unwrap());
    let months = found.chunk_by(|a, b| a.first_of_month() == b.first_of_month());
    let month = |days: &[Date]| {
        let days_of_month: Vec<String> = days.iter().map(|day| day.day().to_string()).collect();
        format!("{} {}", days[0].strftime("%Y-%m"), days_of_month.join(" "))
    };
    months.map(month).collect::<Vec<_>>().join(", ")
}

#[test]
fn rules_name_the_days_of_the_standards_examples() {
    let check = |text, first, last, expected| assert_eq!(days(text, first, last), expected, "{text}");
    check(
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "1997-11-27",
        "1999-12-31",
        "1997-11 27, 1998-11 26, 1999-11 25",
    );
    check(
        "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
        "1997-05-26",
        "1999-12-31",
        "1997-05 26, 1998-05 25, 1999-05 31",
    );
    check("FREQ=DAILY;COUNT=10", "1997-09-02", "1999-01-01", "1997-09 2 3 4 5 6 7 8 9 10 11");
    check("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02", "1999-01-01", "1997-09 2 12 22, 1997-10 2 12");
    check(
        "FREQ=YEARLY;UNTIL=20000131;BYMONTH=1;BYDAY=SU,SA",
        "1998-01-31",
        "2001-01-01",
        "1998-01 31, 1999-01 2 3 9 10 16 17 23 24 30 31, 2000-01 1 2 8 9 15 16 22 23 29 30",
    );
    check(
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997-09-02",
        "1997-11-30",
        "1997-09 2 16 30, 1997-10 14 28, 1997-11 11 25",
    );
    check("FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", "1997-09-02", "1999-01-01", "1997-09 2 4 9 11");
    check(
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997-08-05",
        "1999-01-01",
        "1997-08 5 10 19 24",
    );
    check(
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "1997-08-05",
        "1999-01-01",
        "1997-08 5 17 19 31",
    );
    check(
        "FREQ=MONTHLY;COUNT=4;BYDAY=1FR",
        "1997-09-05",
        "1999-01-01",
        "1997-09 5, 1997-10 3, 1997-11 7, 1997-12 5",
    );
    check(
        "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU",
        "1997-09-07",
        "1999-01-01",
        "1997-09 7 28, 1997-11 2 30",
    );
    check(
        "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO",
        "1997-09-22",
        "1999-01-01",
        "1997-09 22, 1997-10 20, 1997-11 17",
    );
    check(
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "1997-09-28",
        "1998-02-28",
        "1997-09 28, 1997-10 29, 1997-11 28, 1997-12 29, 1998-01 29, 1998-02 26",
    );
    check(
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1997-09-02",
        "1999-12-31",
        "1998-02 13, 1998-03 13, 1998-11 13, 1999-08 13",
    );
    check(
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997-09-13",
        "1997-11-30",
        "1997-09 13, 1997-10 11, 1997-11 8",
    );
    check(
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        "1997-09-04",
        "1999-01-01",
        "1997-09 4, 1997-10 7, 1997-11 6",
    );
    check(
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29",
        "1997-12-31",
        "1997-09 29, 1997-10 30, 1997-11 27, 1997-12 30",
    );
    check(
        "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
        "1997-06-10",
        "2001-01-01",
        "1997-06 10, 1997-07 10, 1998-06 10, 1998-07 10",
    );
    check(
        "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200",
        "1997-01-01",
        "2009-01-01",
        "1997-01 1, 1997-04 10, 1997-07 19, 2000-01 1",
    );
    check("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1999-12-31", "1997-05 19, 1998-05 18, 1999-05 17");
    check(
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "1997-05-12",
        "1999-12-31",
        "1997-05 12, 1998-05 11, 1999-05 17",
    );
    check(
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997-03-13",
        "1998-03-31",
        "1997-03 13 20 27, 1998-03 5 12 19 26",
    );
    check(
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05",
        "2004-12-31",
        "1996-11 5, 2000-11 7, 2004-11 2",
    );
}

#[test]
fn a_day_that_does_not_exist_is_left_out() {
    assert_eq!(days("FREQ=YEARLY", "2024-02-29", "2032-12-31"), "2024-02 29, 2028-02 29, 2032-02 29");
    assert_eq!(days("FREQ=MONTHLY", "2026-01-31", "2026-06-30"), "2026-01 31, 2026-03 31, 2026-05 31");
}

#[test]
fn what_a_rule_leaves_open_is_as_on_its_first_day() {
    assert_eq!(
        days("FREQ=YEARLY;BYWEEKNO=1", "2024-12-31", "2027-01-31"),
        "2024-12 31, 2025-12 30, 2027-01 5"
    );
    assert_eq!(days("FREQ=WEEKLY", "2026-07-08", "2026-07-31"), "2026-07 8 15 22 29");
    assert_eq!(days("FREQ=YEARLY;BYMONTH=5", "2026-02-03", "2027-12-31"), "2026-05 3, 2027-05 3");
}

#[test]
fn the_weeks_of_a_year_reach_over_its_ends() {
    // The first week of 2026 begins on 29 December 2025.
    assert_eq!(days("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2025-01-01", "2026-12-31"), "2025-12 29");
    assert_eq!(
        days("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", "2026-01-01", "2028-12-31"),
        "2027-01 3, 2028-01 2, 2028-12 31"
    );
}

#[test]
fn a_rule_without_an_end_is_found_far_from_its_start() {
    let from = |text: &str, first: &str, earliest: Date| {
        rule(text, first).unwrap().dates(first.parse().unwrap(), earliest, earliest.last_of_month())
    };
    let far = date(8026, 12, 1);
    assert_eq!(from("FREQ=YEARLY", "2026-12-25", far), [date(8026, 12, 25)]);
    assert_eq!(from("FREQ=YEARLY;INTERVAL=7", "2026-12-25", far), []);
    // The last week of 9998 ends on 3 January.
    assert_eq!(from("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", "2026-12-27", date(9999, 1, 1)), [date(9999, 1, 3)]);
    assert_eq!(from("FREQ=MONTHLY;INTERVAL=3", "2026-12-25", far), [date(8026, 12, 25)]);
    assert_eq!(from("FREQ=WEEKLY;INTERVAL=2", "2026-12-25", far).len(), 2);
    assert_eq!(from("FREQ=DAILY;INTERVAL=2", "2026-12-25", date(9999, 12, 1)).len(), 16);
}

#[test]
fn the_first_day_is_the_first_of_the_count_and_the_end_may_be_a_day() {
    assert_eq!(days("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-07-08", "2026-12-31"), "2026-07 13 20");
    assert_eq!(days("FREQ=DAILY;COUNT=1", "2026-07-08", "2026-12-31"), "2026-07 8");
    assert_eq!(days("FREQ=DAILY;UNTIL=20260710", "2026-07-08", "2026-12-31"), "2026-07 8 9 10");
    assert_eq!(days("FREQ=DAILY;UNTIL=20260707", "2026-07-08", "2026-12-31"), "");
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    let refused = |text: &str| {
        let complaint = rule(text, "2026-07-08").unwrap_err();
        format!("{}; {}", complaint.message, complaint.hint)
    };
    let check = |text, expected| assert_eq!(refused(text), expected, "{text}");
    check("BYDAY=MO", "the rule has no FREQ; start it with `FREQ=YEARLY`");
    check("FREQ=HOURLY", "a holiday cannot repeat `HOURLY`; use DAILY, WEEKLY, MONTHLY or YEARLY");
    check("FREQ=YEARLY;BYMNTH=1", "unknown part `BYMNTH` in the rule; did you mean `BYMONTH`?");
    check("FREQ=YEARLY;FREQ=DAILY", "the rule has `FREQ` twice; keep one of them");
    check("FREQ=YEARLY;COUNT", "`COUNT` is not a part of a rule; write `NAME=value`");
    check("FREQ=YEARLY;INTERVAL=0", "`0` is no number for INTERVAL; write 1 to 10000");
    check("FREQ=YEARLY;COUNT=99999999", "`99999999` is no number for COUNT; write 1 to 20000");
    check("FREQ=YEARLY;BYMONTH=13", "`13` is no number for BYMONTH; write 1 to 12");
    check("FREQ=YEARLY;BYMONTH=-1", "`-1` is no number for BYMONTH; write 1 to 12");
    check("FREQ=YEARLY;BYMONTHDAY=0", "`0` is no number for BYMONTHDAY; write 1 to 31 or -31 to -1");
    check("FREQ=YEARLY;BYDAY=XX", "unknown weekday `XX`; write MO, TU, WE, TH, FR, SA or SU");
    check("FREQ=YEARLY;BYDAY=é", "unknown weekday `é`; write MO, TU, WE, TH, FR, SA or SU");
    check(
        "FREQ=MONTHLY;BYDAY=60MO",
        "`60MO` is no number for BYDAY; write a weekday, or one with a number, such as `4TH` or `-1MO`",
    );
    check("FREQ=DAILY;UNTIL=20270101;COUNT=3", "the rule has both UNTIL and COUNT; keep one of them");
    check(
        "FREQ=WEEKLY;BYDAY=1MO",
        "the rule has a numbered BYDAY; use it with `FREQ=MONTHLY` or `FREQ=YEARLY` only",
    );
    check(
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "the rule has a BYMONTHDAY with `FREQ=WEEKLY`; use `FREQ=MONTHLY` or BYDAY",
    );
    check("FREQ=MONTHLY;BYWEEKNO=1", "the rule has a BYWEEKNO; use it with `FREQ=YEARLY` only");
    check("FREQ=MONTHLY;BYYEARDAY=1", "the rule has a BYYEARDAY; use it with `FREQ=YEARLY` only");
    check(
        "FREQ=YEARLY;BYSETPOS=1",
        "the rule has a BYSETPOS alone; add the BYDAY or BYMONTHDAY it chooses from",
    );
    check(
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "the rule comes less than 2 times in 100 years; lower its COUNT, or drop it to repeat for ever",
    );
}
