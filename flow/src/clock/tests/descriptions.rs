//! Calendars in words.

use super::{calendar, calendar_with};

#[test]
fn a_calendar_is_told_in_words() {
    let file = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY\n\
                SUMMARY:Christmas Day\nEND:VEVENT\nEND:VCALENDAR\n";
    let calendar = calendar_with(
        r#"
        zone = "Europe/Berlin"
        holidays = ["2026-12-24", "2026-12-25", "2027-12-01"]
        holiday_files = ["de.ics"]
        open = ["2026-12-27", "2026-01-02"]
        [hours]
        mon = ["09:00-12:30", "13:30-18:00"]
        tue = ["09:00-12:30", "13:30-18:00"]
        wed = ["09:00-12:30", "13:30-18:00"]
        thu = ["00:00-24:00"]
        fri = ["06:00-07:00", "09:00-16:00", "22:00-02:00"]
        extra = ["10:00-14:00"]
        "#,
        &[("de.ics", file)],
    );
    let description = calendar.describe("2026-11-30".parse().unwrap());
    assert_eq!(
        description.to_string(),
        "Times of Europe/Berlin\n\
         Monday to Wednesday: 09:00–12:30 and 13:30–18:00\n\
         Thursday: all day\n\
         Friday: 06:00–07:00, 09:00–16:00 and 22:00–02:00 the next day\n\
         Saturday and Sunday: closed\n\
         Thursday 2026-12-24: closed\n\
         Friday 2026-12-25: closed (Christmas Day)\n\
         Sunday 2026-12-27: open 10:00–14:00\n"
    );
}

#[test]
fn a_week_that_is_always_the_same_is_every_day() {
    let hours =
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| format!("{day} = [\"22:00-00:00\"]\n"));
    let calendar = calendar(&format!("zone = \"UTC\"\n[hours]\n{}", hours.concat()));
    let week = calendar.describe("2026-01-01".parse().unwrap()).week;
    assert_eq!(week.len(), 1);
    assert_eq!((week[0].days.as_str(), week[0].hours.as_str()), ("Every day", "22:00–24:00"));
}
