//! Who would get the text, and whether anything in its headers is more than it says.

use super::{FindingId, Found, Level, Place, Reading};

pub(super) fn look(reading: &Reading, found: &mut Found) {
    if reading.to.iter().all(|address| address.trim().is_empty()) {
        found.add_whole(
            FindingId::RecipientMissing,
            Level::Stop,
            Place::Recipient,
            "",
            "The text has no recipient.",
        );
    }
    let known: Vec<String> = reading.lead_addresses.iter().map(|address| bare(address)).collect();
    for address in reading.to.iter().chain(&reading.cc).filter(|address| !address.trim().is_empty()) {
        if is_injected(address) {
            let words = "The address holds a line break or more than one address.";
            found.add_whole(FindingId::HeaderInjection, Level::Stop, Place::Recipient, address, words);
        } else if !known.contains(&bare(address)) {
            let words = format!("`{}` is not an address of this lead.", address.trim());
            found.add_whole(FindingId::RecipientUnknown, Level::Stop, Place::Recipient, address, words);
        }
    }
}

/// The address in `Name <address>`, in small letters.
fn bare(address: &str) -> String {
    let address = address.trim();
    let inner =
        address.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map_or(address, |(_, inner)| inner);
    inner.trim().to_lowercase()
}

fn is_injected(address: &str) -> bool {
    let several =
        address.matches('@').count() > 1 || bare(address).contains([',', ';', ' ']) && address.contains('@');
    several || address.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}
