//! Holidays from iCalendar files.

use jiff::civil::Date;

use super::{calendar_with, due, faults};
use crate::clock::Calendar;

const DAYS: &str = "mon = H\ntue = H\nwed = H\nthu = H\nfri = H\nsat = H\nsun = H\n";

fn with_zone(zone: &str) -> String {
    let hours = DAYS.replace('H', "[\"09:00-17:00\"]");
    format!("zone = \"{zone}\"\nholiday_files = [\"holidays.ics\"]\n[hours]\n{hours}")
}

/// An iCalendar file around the lines of its events, each event ending with an empty line.
fn file(events: &str) -> String {
    let events: Vec<String> = events
        .split("\n\n")
        .map(|event| {
            event.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\r\n")
        })
        .map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n"))
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat())
}

fn opened_in(zone: &str, events: &str) -> Calendar {
    calendar_with(&with_zone(zone), &[("holidays.ics", &file(events))])
}

/// The holidays of the year from `from` on, without their year where it is that of `from`.
fn holidays_in(zone: &str, events: &str, from: &str) -> String {
    let from: Date = from.parse().unwrap();
    let days = opened_in(zone, events).describe(from).special_days;
    let year = format!("{}-", from.year());
    days.iter().map(|day| day.date.to_string().replace(&year, "")).collect::<Vec<_>>().join(" ")
}

fn holidays(events: &str, from: &str) -> String {
    holidays_in("Europe/Berlin", events, from)
}

fn wrong(events: &str) -> String {
    faults(&with_zone("Europe/Berlin"), &[("holidays.ics", &file(events))])
}

#[test]
fn a_holiday_from_a_file_is_closed() {
    let calendar = opened_in("Europe/Berlin", "DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY");
    for year in [2026, 2027, 2055, 3000] {
        let start = format!("{year}-12-24T15:00:00Z");
        assert_eq!(due(&calendar, &start, "PT2H", &[]), format!("{year}-12-26T09:00:00Z"));
    }
    assert_eq!(due(&calendar, "2025-12-24T15:00:00Z", "PT2H", &[]), "2025-12-25T09:00:00Z");
}

#[test]
fn an_event_lasts_until_its_end_or_for_its_duration() {
    assert_eq!(
        holidays("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261228", "2026-01-01"),
        "12-25 12-26 12-27"
    );
    assert_eq!(holidays("DTSTART;VALUE=DATE:20261225\nDURATION:P2D", "2026-01-01"), "12-25 12-26");
    assert_eq!(holidays("DTSTART;VALUE=DATE:20260713\nDURATION:P1W", "2026-01-01").split(' ').count(), 7);
    assert_eq!(holidays("DTSTART;VALUE=DATE:20261225", "2026-01-01"), "12-25");
    let yearly = "DTSTART;VALUE=DATE:20201224\nDTEND;VALUE=DATE:20201227\nRRULE:FREQ=YEARLY";
    assert_eq!(holidays(yearly, "2026-12-26"), "12-26 2027-12-24 2027-12-25 2027-12-26");
    // As some programs write a single day.
    assert_eq!(holidays("DTSTART:20261225\nDTEND:20261225", "2026-01-01"), "12-25");
}

#[test]
fn an_event_with_times_takes_the_whole_days_it_touches_in_the_calendars_zone() {
    let evening = "DTSTART:20261224T230000Z\nDTEND:20261225T230000Z";
    assert_eq!(holidays_in("Europe/Berlin", evening, "2026-01-01"), "12-25");
    assert_eq!(holidays_in("UTC", evening, "2026-01-01"), "12-24 12-25");
    assert_eq!(holidays_in("America/New_York", evening, "2026-01-01"), "12-24 12-25");
    assert_eq!(holidays_in("Pacific/Auckland", evening, "2026-01-01"), "12-25 12-26");
    let in_tokyo = "DTSTART;TZID=Asia/Tokyo:20260101T030000\nDURATION:PT1H";
    assert_eq!(holidays_in("Europe/Berlin", in_tokyo, "2025-12-01"), "12-31");
    let moment_without_zone = "DTSTART:20260101T000000";
    assert_eq!(holidays_in("Asia/Tokyo", moment_without_zone, "2025-12-01"), "2026-01-01");
    let days_and_hours = "DTSTART:20260101T200000\nDURATION:P1DT5H";
    assert_eq!(holidays(days_and_hours, "2025-12-01"), "2026-01-01 2026-01-02 2026-01-03");
}

#[test]
fn a_repeating_event_keeps_its_own_clock() {
    // Half past eleven at night in Berlin is the next day in Kyiv, in summer as in winter.
    let late = "DTSTART;TZID=Europe/Berlin:20260115T233000\nDURATION:PT10M\nRRULE:FREQ=MONTHLY;INTERVAL=6";
    assert_eq!(holidays_in("Europe/Kyiv", late, "2026-01-01"), "01-16 07-16");
    // Midnight on Kiritimati is the evening two days before on Pago Pago.
    let far_east = "DTSTART;TZID=Pacific/Kiritimati:20260103T000000\nRRULE:FREQ=DAILY;INTERVAL=365";
    assert_eq!(holidays_in("Pacific/Pago_Pago", far_east, "2026-01-01"), "01-01 2027-01-01");
    let in_utc = "DTSTART:20260115T223000Z\nDURATION:PT10M\nRRULE:FREQ=MONTHLY;INTERVAL=6";
    assert_eq!(holidays_in("Europe/Berlin", in_utc, "2026-01-01"), "01-15 07-16");
}

#[test]
fn exceptions_are_open_and_listed_dates_are_closed() {
    let events = "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=MONTHLY;COUNT=6\n\
                  EXDATE;VALUE=DATE:20260201,20260301\nEXDATE;VALUE=DATE:20260101\n\
                  RDATE;VALUE=DATE:20260704,20260501";
    assert_eq!(holidays(events, "2026-01-01"), "04-01 05-01 06-01 07-04");
    let timed = "DTSTART;TZID=Asia/Tokyo:20260101T030000\nDTEND;TZID=Asia/Tokyo:20260101T040000\nRRULE:FREQ=DAILY;COUNT=4\n\
                 EXDATE;TZID=Asia/Tokyo:20260102T030000\nEXDATE:20260102T180000Z";
    assert_eq!(holidays_in("Asia/Tokyo", timed, "2026-01-01"), "01-01 01-04");
    let periods = "DTSTART:20260101T090000Z\nDURATION:PT1H\n\
                   RDATE;VALUE=PERIOD:20260110T090000Z/P2D,20260120T090000Z/20260121T090000Z";
    assert_eq!(holidays_in("UTC", periods, "2026-01-01"), "01-01 01-10 01-11 01-12 01-20 01-21");
}

#[test]
fn a_rules_end_counts_by_the_events_clock() {
    let until = |until: &str| {
        let events =
            format!("DTSTART;TZID=Asia/Tokyo:20260101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL={until}");
        holidays_in("Asia/Tokyo", &events, "2026-01-01")
    };
    assert_eq!(until("20260103T000000Z"), "01-01 01-02 01-03");
    assert_eq!(until("20260102T235959Z"), "01-01 01-02");
    assert_eq!(until("20260103"), "01-01 01-02 01-03");
}

#[test]
fn a_moved_occasion_takes_the_place_of_its_own() {
    let events = "UID:summer\nDTSTART;VALUE=DATE:20260601\nRRULE:FREQ=MONTHLY;COUNT=3\n\n\
                  UID:summer\nRECURRENCE-ID;VALUE=DATE:20260701\nDTSTART;VALUE=DATE:20260703\n\n\
                  UID:summer\nRECURRENCE-ID;VALUE=DATE:20260801\nDTSTART;VALUE=DATE:20260801\nSTATUS:CANCELLED\n\n\
                  UID:other\nDTSTART;VALUE=DATE:20260901\n\n\
                  UID:gone\nDTSTART;VALUE=DATE:20260902\nSTATUS:CANCELLED";
    assert_eq!(holidays(events, "2026-01-01"), "06-01 07-03 09-01");
    let stays = "UID:a\nDTSTART;VALUE=DATE:20260601\nRRULE:FREQ=MONTHLY;COUNT=2\n\n\
                 UID:a\nRECURRENCE-ID;VALUE=DATE:20260701\nDTSTART;VALUE=DATE:20260701\nSUMMARY:Renamed";
    assert_eq!(holidays(stays, "2026-01-01"), "06-01 07-01");
}

#[test]
fn lines_may_be_folded_and_other_parts_of_the_file_do_not_matter() {
    let text = "\u{feff}begin:vcalendar\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19961027T030000\n\
                RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\n\
                DTSTART;X-NOTE=\"a:b;c\";VALUE=DA\n TE:2026\n\t1003\nSUMMARY;LANGUAGE=de:Tag der\\, nun\\nja\\; Einheit\n\
                BEGIN:VALARM\nDURATION:PT5M\nTRIGGER:-P1D\nEND:VALARM\nTRANSP:TRANSPARENT\nEND:VEVENT\n\nEND:VCALENDAR";
    let calendar = calendar_with(&with_zone("Europe/Berlin"), &[("holidays.ics", text)]);
    let days = calendar.describe("2026-01-01".parse().unwrap()).special_days;
    assert_eq!(days.len(), 1);
    assert_eq!(days[0].date, "2026-10-03".parse().unwrap());
    assert_eq!(days[0].name.as_deref(), Some("Tag der, nun ja; Einheit"));
}

#[test]
fn everything_wrong_in_a_file_is_told_with_its_line() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:No start\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:2026-12-25\nEND:VEVENT\n\
                nonsense\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=\n YEARLY;COUNT=0\nEND:VEVENT\nEND:VTODO\nBEGIN:VEVENT\n";
    assert_eq!(
        faults(&with_zone("Europe/Berlin"), &[("holidays.ics", text)]),
        "holidays.ics:2:7: the event has no DTSTART; add the day it starts on\n\
         holidays.ics:6:9: `2026-12-25` is not a time; \
         write a day as `20261225`, or a time as `20261225T090000` or `20261225T080000Z`\n\
         holidays.ics:8:1: `nonsense` is not an iCalendar line; write `NAME:value`; a line that goes on starts with a space\n\
         holidays.ics:11:7: `0` is no number for COUNT; write 1 to 20000\n\
         holidays.ics:14:5: `END:VTODO` ends the `BEGIN:VCALENDAR` of line 1; let every BEGIN have its own END\n\
         holidays.ics:15:7: `BEGIN:VEVENT` has no end; add `END:VEVENT`\n\
         holidays.ics:15:7: the event has no DTSTART; add the day it starts on\n"
    );
}

#[test]
fn an_event_that_makes_no_sense_is_refused() {
    let check = |event: &str, expected: &str| {
        let found = wrong(event);
        assert!(found.contains(expected) && found.lines().count() == 1, "{event}\n{found}");
    };
    check("DTSTART:20261225\nDTEND:20261224", "ends before it starts");
    check("DTSTART:20261225T090000\nDTEND:20261225T080000", "ends before it starts");
    check("DTSTART:20261225\nDTEND:20261225T080000Z", "starts on a day and ends at a time");
    check("DTSTART:20261225\nDTEND:20261226\nDURATION:P1D", "both DTEND and DURATION");
    check("DTSTART:20261225\nDTSTART:20261226", ":5:9: the event has DTSTART twice");
    check("DTSTART:20260101\nDTEND:20280101", "the event lasts 730 days; a holiday lasts at most 366");
    check("DTSTART:20260101\nDURATION:PT8H", "an event of whole days lasts whole days");
    check("DTSTART:20260101\nDURATION:-P1D", "`-P1D` is not a length");
    check("DTSTART:20260101\nDURATION:P1M", "`P1M` is not a length");
    check("DTSTART;VALUE=DATE:20260101T000000", "VALUE=DATE says it is a day");
    check("DTSTART:20260230", "`20260230` is not a time");
    check("DTSTART:20260101T250000", "`20260101T250000` is not a time");
    check("DTSTART;TZID=Europe/Berln:20260101T000000", "did you mean `Europe/Berlin`?");
    check("DTSTART:20260101\nRDATE:20260102T000000Z", "another kind than DTSTART");
    check("DTSTART:20260101\nEXRULE:FREQ=YEARLY", "list the days with EXDATE");
    check(
        "UID:a\nDTSTART:20260101\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260101",
        "a change of all later times",
    );
    check("DTSTART:20260101T000000\nRRULE:FREQ=DAILY;BYHOUR=9", "a `BYHOUR`, and a holiday comes once a day");
    assert_eq!(holidays("DTSTART:20260101\nRRULE:FREQ=YEARLY;BYHOUR=0", "2026-01-01"), "01-01 2027-01-01");
}

#[test]
fn a_file_is_bounded() {
    let year = "DTSTART:20260101\nDURATION:P366D\n\n".repeat(60);
    assert!(wrong(year.trim()).contains("more than 20000 days of holidays"));
    let rules = "DTSTART:20260101\nRRULE:FREQ=YEARLY\n\n".repeat(501);
    assert!(wrong(rules.trim()).contains("more than 500 repeating events"));
    let nonsense = "DTSTART:never\n\n".repeat(10_000);
    assert_eq!(wrong(nonsense.trim()).lines().count(), 200);
    let huge = " ".repeat((4 << 20) + 1);
    assert!(
        faults(&with_zone("UTC"), &[("holidays.ics", &huge)]).contains("a holiday file has at most 4194304")
    );
    assert!(
        faults(&with_zone("UTC"), &[("holidays.ics", "<html>")]).contains("this is not an iCalendar file")
    );
    assert!(faults(&with_zone("UTC"), &[("holidays.ics", "")]).contains("this is not an iCalendar file"));
}
