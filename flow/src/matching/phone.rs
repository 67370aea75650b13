//! Telephone numbers: one number however it is written, and whether it is a mobile.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType, Region};

/// Longest text read as a number, in bytes.
pub const MAX_BYTES: usize = 60;
/// Fewer digits than this are no subscriber's number.
const MIN_DIGITS: usize = 6;
/// How many of the last digits identify a subscriber whatever the prefix.
const TAIL_MODULUS: u64 = 1_000_000_000;

/// A telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Phone {
    /// Country calling code and national number as digits (E.164 without the `+`), when both are known.
    pub e164: Option<u64>,
    /// The last nine digits of the national number, leading zeros removed: they survive a missing or wrong country.
    pub tail: u32,
    /// The numbering plan says that it is a mobile (North America does not tell).
    pub mobile: bool,
}

impl Phone {
    /// Reads a number. `regions` are the countries to try for one written without a country code, most likely first
    /// (ISO 3166 two-letter codes). A number that no plan accepts still gives its last nine digits. `None` for fewer
    /// than six digits or for something too long to be a number.
    pub fn read(text: &str, regions: &[&str]) -> Option<Phone> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return None;
        }
        let plain = dialled(text)?;
        if plain.starts_with('+') {
            return Some(parse(&plain, None).unwrap_or_else(|| bare(&plain)));
        }
        let accepted = regions
            .iter()
            .filter_map(|region| Region::try_from(*region).ok())
            .find_map(|region| parse(&plain, Some(region)));
        Some(accepted.unwrap_or_else(|| bare(&plain)))
    }
}

impl Phone {
    /// A number of the North American plan, which does not tell mobiles from landlines.
    pub fn is_north_american(self) -> bool {
        self.e164.is_some_and(|number| (10_000_000_000..20_000_000_000).contains(&number))
    }
}

/// The digits to dial: no spacing, no "(0)", no extension; "00" as "+".
fn dialled(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let number = ["ext", "durchwahl", "poste", "x", ";", "#"].iter().fold(lower.as_str(), |number, mark| {
        number
            .split_once(mark)
            .map_or(number, |(head, _)| if digits(head) >= MIN_DIGITS { head } else { number })
    });
    let international = number.trim_start().starts_with('+') || number.trim_start().starts_with("(+");
    let number = if international || number.trim_start().starts_with("00") {
        number.replacen("(0)", "", 1)
    } else {
        number.to_owned()
    };
    let plain: String = number
        .chars()
        .filter_map(|letter| letter.to_digit(10))
        .filter_map(|digit| char::from_digit(digit, 10))
        .collect();
    if plain.len() < MIN_DIGITS {
        return None;
    }
    if international {
        return Some(format!("+{plain}"));
    }
    Some(plain.strip_prefix("00").map_or_else(|| plain.clone(), |rest| format!("+{rest}")))
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn parse(plain: &str, region: Option<Region>) -> Option<Phone> {
    let number: PhoneNumber = PHONE_NUMBER_UTIL.parse(plain, region).ok()?;
    let kind = PHONE_NUMBER_UTIL.get_number_type(&number);
    if kind == PhoneNumberType::Unknown {
        return None;
    }
    let national = number.national_number;
    let code = u64::try_from(number.country_code).ok()?;
    let shift = 10u64.checked_pow(national.checked_ilog10()? + 1)?;
    Some(Phone {
        e164: code.checked_mul(shift)?.checked_add(national),
        tail: tail(national),
        mobile: kind == PhoneNumberType::Mobile,
    })
}

/// What is left when no numbering plan accepts the digits: their end.
fn bare(plain: &str) -> Phone {
    let national = plain
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    Phone { e164: None, tail: tail(national), mobile: false }
}

fn tail(national: u64) -> u32 {
    u32::try_from(national % TAIL_MODULUS).unwrap_or(u32::MAX)
}

/// The country that an address's or a site's last label stands for, where it stands for one.
pub fn region_of_domain(domain: &str) -> Option<&'static str> {
    let label = domain.rsplit('.').next()?;
    Some(match label {
        "de" => "DE",
        "uk" => "GB",
        "us" => "US",
        "fr" => "FR",
        "es" => "ES",
        "it" => "IT",
        "nl" => "NL",
        "se" => "SE",
        "pl" => "PL",
        "at" => "AT",
        "ch" => "CH",
        "be" => "BE",
        "dk" => "DK",
        "no" => "NO",
        "fi" => "FI",
        "ie" => "IE",
        "pt" => "PT",
        "cz" => "CZ",
        "hu" => "HU",
        "ro" => "RO",
        "gr" => "GR",
        "br" => "BR",
        "mx" => "MX",
        "ar" => "AR",
        "au" => "AU",
        "nz" => "NZ",
        "ca" => "CA",
        "in" => "IN",
        "jp" => "JP",
        "cn" => "CN",
        "kr" => "KR",
        "za" => "ZA",
        "tr" => "TR",
        "ru" => "RU",
        "ua" => "UA",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(region: &str, spellings: &[&str]) {
        let numbers: Vec<_> = spellings.iter().map(|text| Phone::read(text, &[region]).unwrap()).collect();
        for (number, text) in numbers.iter().zip(spellings) {
            assert_eq!(number, &numbers[0], "{text}");
        }
        assert!(numbers[0].e164.is_some(), "{spellings:?}");
    }

    #[test]
    fn one_number_however_it_is_written() {
        same(
            "GB",
            &["+447822292978", "07822 292978", "+44 (0)7822292978", "0044 7822 292978", "(07822) 292-978"],
        );
        same("US", &["(415) 902-2256", "415.902.2256", "1-415-902-2256", "+1 415 902 2256 ext 142"]);
        same("DE", &["+49 (0)17631487836", "0176/31487836", "+49 176 314 878 36"]);
        same("IT", &["+39 06 6982 0448", "06 69820448"]);
        same("FR", &["0656150179", "0033656150179", "06.56.15.01.79"]);
    }

    #[test]
    fn a_wrong_country_leaves_the_last_nine_digits() {
        let right = Phone::read("+44 20 8765 4321", &[]).unwrap();
        let wrong = Phone::read("020 8765 4321", &["US"]).unwrap();
        assert_eq!((wrong.e164, wrong.tail), (None, right.tail));
    }

    #[test]
    fn mobiles_are_told_from_landlines() {
        assert!(Phone::read("+49 176 31487836", &[]).unwrap().mobile);
        assert!(!Phone::read("+49 30 8524719", &[]).unwrap().mobile);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "n/a", "12345", "+", "ext 5"] {
            assert_eq!(Phone::read(text, &["DE"]), None, "{text}");
        }
        assert_eq!(Phone::read(&"1".repeat(10_000), &["DE"]), None);
        assert!(Phone::read(&"9".repeat(60), &["DE"]).is_some(), "bounded, not a panic");
    }
}
