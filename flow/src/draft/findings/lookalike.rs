//! Domains made to be taken for another: the same to the eye, one letter off, or wearing a known name.

use unicode_normalization::UnicodeNormalization;

use crate::draft::letters::{distance, fold_into};

/// How a domain is like a listed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Made to be taken for it: the same to the eye, a slip away, or the listed domain in front of another.
    Disguise,
    /// Uses its name openly: another ending, or the name with an addition.
    Relative,
}

/// The listed domain that `host` resembles, if any, the more alarming likeness first. `host` itself is not listed.
pub(super) fn likeness<'a>(host: &str, listed: &[&'a str]) -> Option<(Likeness, &'a str)> {
    let host = shown(host);
    let skeleton_of_host = skeleton(registrable(&host));
    let mut relative = None;
    for candidate in listed {
        let domain = candidate.trim().to_lowercase();
        let (name, host_name) = (registered_name(&domain), registered_name(&host));
        if name.is_empty() || registrable(&host) == registrable(&domain) {
            continue;
        }
        let same_to_the_eye = skeleton_of_host == skeleton(registrable(&domain));
        let wears = host.starts_with(&format!("{domain}.")) || host.contains(&format!(".{domain}."));
        if same_to_the_eye || wears || is_slip(name, host_name) {
            return Some((Likeness::Disguise, candidate));
        }
        let with_addition = name.len() >= 4 && host_name.split('-').any(|part| part == name);
        if relative.is_none() && (name == host_name || with_addition) {
            relative = Some((Likeness::Relative, *candidate));
        }
    }
    relative
}

/// A name one slip away, or two when it is long. Short names are too often near each other by chance.
fn is_slip(name: &str, other: &str) -> bool {
    let limit = match name.chars().count() {
        0..=4 => return false,
        5..=9 => 1,
        _ => 2,
    };
    name != other && distance(name, other, limit).is_some()
}

/// The part of a domain that someone registered: `example.co.uk` of `www.example.co.uk`.
fn registrable(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

/// The registered name without its ending: `example`.
pub(super) fn registered_name(host: &str) -> &str {
    registrable(host).split('.').next().unwrap_or_default()
}

/// A host as its owner means it to be read: labels in Punycode (RFC 3492) decoded, where they can be.
pub(super) fn shown(host: &str) -> String {
    let labels: Vec<String> = host
        .split('.')
        .map(|label| match label.strip_prefix("xn--") {
            Some(encoded) => decode_punycode(encoded).unwrap_or_else(|| label.to_owned()),
            None => label.to_owned(),
        })
        .collect();
    labels.join(".")
}

/// What a domain looks like: letters that are taken for one another become the same. After the idea of the skeleton
/// in Unicode Technical Standard 39, with the few letters that occur in domain names.
fn skeleton(domain: &str) -> String {
    let mut latin = String::with_capacity(domain.len());
    for c in domain.nfkc() {
        match latin_twin(c) {
            Some(twin) => latin.push(twin),
            None => fold_into(c.encode_utf8(&mut [0; 4]), &mut latin),
        }
    }
    let joined = latin.replace("rn", "m").replace("vv", "w").replace("cl", "d");
    joined
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' | '|' => 'l',
            '5' => 's',
            '3' => 'e',
            c => c,
        })
        .collect()
}

/// The Latin letter that a letter of another alphabet is taken for.
pub(super) fn latin_twin(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' | 'ɑ' | 'А' | 'Α' => 'a',
        'в' | 'В' | 'β' | 'Β' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'ε' | 'Ε' => 'e',
        'ɡ' => 'g',
        'н' | 'Н' | 'һ' | 'Η' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' => 'i',
        'ј' | 'Ј' => 'j',
        'к' | 'К' | 'κ' | 'Κ' => 'k',
        'ӏ' => 'l',
        'м' | 'М' | 'Μ' => 'm',
        'η' | 'Ν' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'σ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' | 'Ѕ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' => 'y',
        'Ζ' => 'z',
        _ => return None,
    })
}

/// Decodes one label (RFC 3492, section 6.2); None when it is not valid.
fn decode_punycode(encoded: &str) -> Option<String> {
    const BASE: u32 = 36;
    let (basic, extended) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    if encoded.len() > 63 || !encoded.is_ascii() {
        return None;
    }
    let mut output: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = extended.chars();
    while !digits.as_str().is_empty() {
        let start = at;
        let mut weight = 1_u32;
        let mut k = BASE;
        loop {
            let digit = match digits.next()? {
                c @ 'a'..='z' => u32::from(c) - u32::from('a'),
                c @ '0'..='9' => u32::from(c) - u32::from('0') + 26,
                _ => return None,
            };
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let length = u32::try_from(output.len()).ok()? + 1;
        bias = adapted_bias(at - start, length, start == 0);
        code = code.checked_add(at / length)?;
        at %= length;
        output.insert(usize::try_from(at).ok()?, char::from_u32(code)?);
        at += 1;
    }
    Some(output.into_iter().collect())
}

/// RFC 3492, section 6.1.
fn adapted_bias(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punycode_is_decoded() {
        // RFC 3492, section 7.1, and domains in use.
        for (encoded, decoded) in [
            ("mnchen-3ya", Some("münchen")),
            ("ihqwcrb4cv8a8dqg056pqjye", Some("他们为什么不说中文")),
            ("pple-43d", Some("аpple")),
            ("99999999", None),
            ("a-ÿ", None),
            ("", Some("")),
        ] {
            assert_eq!(decode_punycode(encoded).as_deref(), decoded, "{encoded}");
        }
    }

    #[test]
    fn likeness_tells_disguise_from_family() {
        use Likeness::{Disguise, Relative};
        let listed = ["example.com", "lockkeeper.io", "acme.de"];
        for (host, expected) in [
            ("examp1e.com", Some(Disguise)),
            ("exarnple.com", Some(Disguise)),
            ("ехample.com", Some(Disguise)),
            ("xn--xample-9uf.com", Some(Disguise)),
            ("exampel.com", Some(Disguise)),
            ("lockkeper.io", Some(Disguise)),
            ("example.com.evil.net", Some(Disguise)),
            ("login.example.com.evil.net", Some(Disguise)),
            ("example.org", Some(Relative)),
            ("acme.com", Some(Relative)),
            ("acme-login.com", Some(Relative)),
            ("acne.de", None),
            ("unrelated.com", None),
            ("192.168.0.1", None),
        ] {
            assert_eq!(likeness(host, &listed).map(|(likeness, _)| likeness), expected, "{host}");
        }
    }
}
