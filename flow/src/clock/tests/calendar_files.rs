//! Calendars as they are written, right and wrong.

use super::{calendar, calendar_with, faults};

fn wrong(text: &str) -> String {
    faults(text, &[])
}

#[test]
fn the_example_of_the_documentation_is_right() {
    let holidays = "BEGIN:VCALENDAR\nEND:VCALENDAR\n";
    let calendar = calendar_with(
        r#"
        zone = "Europe/Berlin"
        holidays = ["2026-12-25", 2026-12-26]
        holiday_files = ["de-by.ics"]
        open = ["2026-12-27"]
        [hours]
        mon = ["09:00-12:30", "13:30-18:00"]
        fri = ["09:00-16:00", "22:00-02:00"]
        extra = ["10:00-14:00"]
        "#,
        &[("de-by.ics", holidays)],
    );
    assert_eq!(calendar.zone().iana_name(), Some("Europe/Berlin"));
}

#[test]
fn calendars_that_say_the_same_are_equal() {
    let text = "zone = \"UTC\"\n[hours]\nmon = [\"09:00-17:00\"]\n";
    assert_eq!(calendar(text), calendar(&text.replace("UTC\"", "utc\" # as ever")));
    assert_ne!(calendar(text), calendar(&text.replace("09", "08")));
}

#[test]
fn everything_wrong_is_told_at_once_with_line_and_column() {
    let text = r#"zone = "Europe/Berln"
holiday = ["2026-12-25"]
holidays = ["2026-02-30", "25.12.2026", 7]
holiday_files = ["missing.ics"]
open = "2026-12-27"
[hours]
mon = ["9:00-17:00", "09:00-17:60", "24:00-24:00", "10:00"]
tue = ["09:00-24:01", "09:00-09:00"]
tues = ["09:00-17:00"]
"#;
    assert_eq!(
        wrong(text),
        "calendar.toml:1:8: unknown time zone `Europe/Berln`; did you mean `Europe/Berlin`?\n\
         calendar.toml:2:1: unknown key `holiday`; did you mean `holidays`?\n\
         calendar.toml:3:13: `2026-02-30` is not a date; write a day that exists as year, month, day: `2026-12-25`\n\
         calendar.toml:3:27: `25.12.2026` is not a date; write a day that exists as year, month, day: `2026-12-25`\n\
         calendar.toml:3:41: `holidays` is a list of dates, and this is integer; write it as `[\"2026-12-25\"]`\n\
         calendar.toml:4:18: the holiday file `missing.ics` cannot be read: no such file; \
         check its name; it is looked for beside the calendar\n\
         calendar.toml:5:8: `open` is a list, and this is string; write it as `[\"…\"]`\n\
         calendar.toml:7:8: `9:00` is not a time of day; \
         write two digits each for hours and minutes, such as `09:00`\n\
         calendar.toml:7:22: `17:60` has 60 minutes; an hour has minutes `00` to `59`\n\
         calendar.toml:7:37: `24:00-24:00` starts at the end of its day; start at `00:00` on the next weekday\n\
         calendar.toml:7:52: `10:00` is not an interval; \
         write the opening and the closing time, such as `09:00-17:30`\n\
         calendar.toml:8:8: `24:01` is after the end of the day; \
         a day ends at `24:00`; past midnight write the time of the next day, such as `22:00-02:00`\n\
         calendar.toml:8:23: `09:00-09:00` ends where it starts; \
         write `00:00-24:00` for a whole day, or drop the interval\n\
         calendar.toml:9:1: unknown key `tues`; did you mean `tue`?\n"
    );
}

#[test]
fn faults_of_the_calendar_come_before_those_of_its_holiday_files() {
    let text = "zone = \"Nowhere\"\nholiday_files = [\"a.ics\"]\n[hours]\nmon = [\"09:00-17:00\"]";
    let found = faults(text, &[("a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR")]);
    assert_eq!(
        found,
        "calendar.toml:1:8: unknown time zone `Nowhere`; write an IANA name, such as `Europe/Berlin`\n\
         a.ics:2:7: the event has no DTSTART; add the day it starts on\n"
    );
}

#[test]
fn a_zone_may_be_meant_by_its_city() {
    let hint = |zone: &str| wrong(&format!("zone = \"{zone}\"\n[hours]\nmon = [\"09:00-17:00\"]"));
    assert!(hint("Kathmandu").contains("did you mean `Asia/Kathmandu`?"));
    assert!(hint("Etc/Unknown").contains("unknown time zone `Etc/Unknown`"));
    assert!(hint("+02:00").contains("unknown time zone"));
    assert!(hint("").contains("write an IANA name"));
}

#[test]
fn what_is_not_toml_is_told_where() {
    let found = wrong("zone = \"UTC\"\nholidays = [\n[hours\nmon = \n");
    assert!(found.lines().count() >= 2, "{found}");
    assert!(found.starts_with("calendar.toml:3:"), "{found}");
    assert!(wrong("zone = \"UTC\"\nzone = \"UTC\"").contains(":2:1: duplicate key"));
}

#[test]
fn a_calendar_that_opens_never_or_on_a_day_without_hours_is_wrong() {
    assert_eq!(
        wrong("zone = \"UTC\""),
        "calendar.toml:1:1: the calendar never opens; \
         give at least one weekday hours, such as `mon = [\"09:00-17:00\"]` under `[hours]`\n"
    );
    assert!(wrong("zone = \"UTC\"\n[hours]\nmon = []\nextra = [\"09:00-10:00\"]").contains("never opens"));
    assert_eq!(
        wrong("zone = \"UTC\"\nopen = [\"2026-07-06\", \"2026-07-07\"]\n[hours]\nmon = [\"09:00-17:00\"]"),
        "calendar.toml:2:23: `2026-07-07` has no hours to open: neither `hours.tue` nor `hours.extra` is set; \
         add `extra = [\"10:00-14:00\"]` under `[hours]`\n"
    );
    // Hours that cannot be read are told alone.
    assert_eq!(wrong("zone = \"UTC\"\n[hours]\nmon = [\"x\"]").lines().count(), 1);
}

#[test]
fn a_calendar_without_a_zone_is_wrong() {
    assert!(
        wrong("[hours]\nmon = [\"09:00-17:00\"]").starts_with("calendar.toml:1:1: the calendar has no zone")
    );
    assert!(
        wrong("zone = 1\n[hours]\nmon = [\"09:00-17:00\"]").contains("`zone` is a text, and this is integer")
    );
    assert!(wrong("zone = \"UTC\"\nhours = 1").contains("`hours` is a table, and this is integer"));
}

#[test]
fn columns_count_letters() {
    assert!(
        wrong("zone = \"UTC\"\nhours = { mon = [\"ä\", \"é\"] }").contains(":2:23: `é` is not an interval")
    );
}

#[test]
fn a_calendar_is_bounded() {
    let hours = "\"09:00-17:00\", ".repeat(49);
    assert!(
        wrong(&format!("zone = \"UTC\"\n[hours]\nmon = [{hours}]"))
            .contains("`mon` lists 49; it may list 48")
    );
    let files = "\"a.ics\", ".repeat(21);
    assert!(
        wrong(&format!("zone = \"UTC\"\nholiday_files = [{files}]\n[hours]\nmon = [\"09:00-17:00\"]"))
            .contains("20")
    );
    assert!(wrong(&" ".repeat((1 << 20) + 1)).contains("a calendar has at most 1048576"));
}
