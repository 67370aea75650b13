//! Companies: the name without its legal form, and the registrable domain.

use super::fold;
use super::mailbox;

/// Legal forms and words that carry no identity at the end (or, for "the", the beginning) of a company's name, folded
/// with their dots removed.
const LEGAL: [&str; 75] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "llc",
    "llp",
    "lp",
    "plc",
    "ltd",
    "limited",
    "gmbh",
    "ag",
    "kg",
    "kgaa",
    "ug",
    "ohg",
    "gbr",
    "ek",
    "ev",
    "eg",
    "se",
    "sa",
    "sas",
    "sasu",
    "sarl",
    "eurl",
    "snc",
    "sci",
    "scop",
    "sl",
    "slu",
    "slne",
    "sc",
    "srl",
    "srls",
    "spa",
    "sapa",
    "sncs",
    "bv",
    "nv",
    "vof",
    "cv",
    "bvba",
    "sprl",
    "ab",
    "hb",
    "kb",
    "as",
    "asa",
    "aps",
    "oy",
    "oyj",
    "zoo",
    "oo",
    "spzoo",
    "sp",
    "spk",
    "spj",
    "spolka",
    "kft",
    "zrt",
    "doo",
    "ooo",
    "pty",
    "pte",
    "pvt",
    "holding",
    "holdings",
    "group",
    "gruppe",
    "grupo",
    "groupe",
    "gruppo",
];

/// The words between names that are written in many ways.
const AND: [&str; 6] = ["and", "und", "et", "y", "e", "en"];

/// A company's name, folded, without legal forms, conjunctions and a leading article. A name that is nothing but such
/// words is kept as it is. Empty for an empty name.
pub fn company(name: &str) -> String {
    let undotted = undot(name);
    let folded = fold::words(&undotted);
    let mut words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    while words.len() > 1 {
        let legal = words.last().is_some_and(|word| word.chars().count() == 1 || LEGAL.contains(word));
        if !legal {
            break;
        }
        words.pop();
    }
    words.retain(|word| !AND.contains(word));
    if words.is_empty() { folded } else { words.join(" ") }
}

/// "S.p.A." as "SpA": the dots of an abbreviation are removed, those between words stay.
fn undot(name: &str) -> String {
    let letters: Vec<char> = name.chars().take(fold::MAX_CHARS).collect();
    let mut undotted = String::with_capacity(name.len().min(fold::MAX_CHARS * 4));
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(2).and_then(|place| letters.get(place));
        let lone = before.is_none_or(|letter| !letter.is_alphanumeric());
        if *letter == '.' && lone && place > 0 {
            continue;
        }
        undotted.push(*letter);
    }
    undotted
}

/// The first letters of a company's words, when it has at least two: "gaines capital" is "gc".
pub fn initials(company: &str) -> Option<String> {
    let initials: String = company.split(' ').filter_map(|word| word.chars().next()).collect();
    (initials.chars().count() >= 2).then_some(initials)
}

/// The domain a company registered, from a web address, a host or a mail domain: `https://www.shop.acme.co.uk/de` is
/// `acme.co.uk`. `None` for free-mail domains, shared hosts and what is no domain.
pub fn company_domain(address: &str) -> Option<String> {
    let address = address.trim();
    if address.len() > 2_000 {
        return None;
    }
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = address.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    if host.contains(char::is_whitespace) {
        return None;
    }
    let domain = psl::domain_str(&host)?;
    let shared = mailbox::is_free_mail(domain) || SHARED_HOSTS.contains(&domain);
    (domain.contains('.') && !shared).then(|| domain.to_owned())
}

/// Sites where many companies have a page, so that a common domain says nothing.
const SHARED_HOSTS: [&str; 16] = [
    "facebook.com",
    "linkedin.com",
    "instagram.com",
    "twitter.com",
    "x.com",
    "xing.com",
    "youtube.com",
    "tiktok.com",
    "google.com",
    "wix.com",
    "etsy.com",
    "amazon.com",
    "linktr.ee",
    "medium.com",
    "github.com",
    "bit.ly",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(names: &[&str]) {
        for name in names {
            assert_eq!(company(name), company(names[0]), "{name}");
        }
    }

    #[test]
    fn legal_forms_make_no_difference() {
        same(&["Smith Energy", "Smith Energy Inc.", "SMITH ENERGY, INC", "The Smith Energy"]);
        same(&["Linke & Sons GmbH & Co. KG", "Linke and Sons", "Linke & Sons"]);
        same(&["Tamborini Capital S.p.A.", "Tamborini Capital"]);
        same(&["Pixstone Sp. z o.o.", "Pixstone", "Pixstone Sp. z o. o."]);
        same(&["Soldyne S.L.", "Soldyne SL", "Soldyne S. L."]);
    }

    #[test]
    fn a_name_of_nothing_but_legal_words_stays() {
        assert_eq!(company("Holding"), "holding");
        assert_eq!(company("The Group"), "group");
        assert_eq!(company(""), "");
        assert_eq!(company("Und"), "und");
    }

    #[test]
    fn the_registrable_domain_of_a_company() {
        assert_eq!(company_domain("https://www.shop.acme.co.uk/de?x=1").as_deref(), Some("acme.co.uk"));
        assert_eq!(company_domain("Acme.DE.").as_deref(), Some("acme.de"));
        assert_eq!(company_domain("maria@acme.de").as_deref(), Some("acme.de"));
        for nothing in ["gmail.com", "https://facebook.com/acme", "acme", "", "no site", "co.uk"] {
            assert_eq!(company_domain(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn initials_need_two_words() {
        assert_eq!(initials("gaines capital").as_deref(), Some("gc"));
        assert_eq!(initials("gaines"), None);
    }
}
