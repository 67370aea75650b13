//! Time zones by their IANA names, from the database inside the program: the same on every machine.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::fault::Complaint;
use crate::nearest::nearest;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of this name, whatever its case.
pub(super) fn named(name: &str) -> Result<TimeZone, Complaint> {
    match ZONES.get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => Err(Complaint::new(format!("unknown time zone `{name}`"), hint(name))),
    }
}

fn hint(name: &str) -> String {
    let known: Vec<String> = ZONES.available().map(|zone| zone.to_string()).collect();
    let in_city =
        |zone: &&String| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let meant = known.iter().find(in_city).map(String::as_str);
    match meant.or_else(|| nearest(name, known.iter().map(String::as_str))) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write an IANA name, such as `Europe/Berlin`".to_owned(),
    }
}
