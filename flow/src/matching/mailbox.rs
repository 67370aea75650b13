//! E-mail addresses: which mailbox an address is delivered to, whose it is (a person's, a role's), and whether its
//! domain says anything about an employer.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold;

/// Longest address looked at, in bytes (RFC 5321, 4.5.3.1.3 allows 254 in a path).
pub const MAX_BYTES: usize = 254;

/// What kind of mailbox an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailboxKind {
    /// A person's, at a provider anybody may use.
    FreeMail,
    /// A person's, at a company's or an own domain.
    Work,
    /// A function's ("info", "sales"): many people write from it.
    Role,
}

/// A mailbox in the form that tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// `local@domain` as the provider delivers it: lower case, tags and dots removed where the provider ignores them.
    pub key: Box<str>,
    /// The letters of the part before the `@`, folded as names are, to look for names in.
    pub letters: Box<str>,
    /// Where the domain begins in `key`.
    at: u16,
    /// Whose mailbox it is.
    pub kind: MailboxKind,
}

impl Mailbox {
    /// Reads an address; `None` when it is not one. A display name and angle brackets around it are dropped, the
    /// usual misspellings of the great providers ("gmial.com") are put right.
    pub fn read(address: &str) -> Option<Mailbox> {
        let address = address.trim();
        let address = address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>'));
        let address = address.strip_prefix("mailto:").unwrap_or(address);
        if address.len() > MAX_BYTES || address.contains(char::is_whitespace) {
            return None;
        }
        let address = address.to_lowercase();
        let (local, domain) = address.rsplit_once('@')?;
        let domain = canonical_domain(domain.trim_end_matches('.'));
        if local.is_empty() || !domain.contains('.') || domain.starts_with('.') {
            return None;
        }
        let provider = provider(domain);
        let mut local = local.trim_matches('"').to_owned();
        if let Some(Rules { tag: Some(tag), .. }) = provider.map(|provider| provider.rules)
            && let Some((head, _)) = local.split_once(tag)
            && !head.is_empty()
        {
            local.truncate(head.len());
        }
        if provider.is_some_and(|provider| provider.rules.dots_ignored) {
            local.retain(|letter| letter != '.');
        }
        if local.is_empty() {
            return None;
        }
        let kind = if is_role(&local) {
            MailboxKind::Role
        } else if provider.is_some() || FREE_MAIL.contains(domain) {
            MailboxKind::FreeMail
        } else {
            MailboxKind::Work
        };
        let domain = provider.map_or(domain, |provider| provider.same_as);
        let at = u16::try_from(local.len()).ok()?;
        let letters = local.chars().filter(|letter| letter.is_alphabetic()).collect::<String>();
        let letters = fold::run(&letters).into();
        Some(Mailbox { key: format!("{local}@{domain}").into(), letters, at, kind })
    }

    /// The part before the `@`, as the provider reads it.
    pub fn local(&self) -> &str {
        self.key.get(..usize::from(self.at)).unwrap_or_default()
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.key.get(usize::from(self.at) + 1..).unwrap_or_default()
    }

    /// Of one person rather than of a function.
    pub fn is_personal(&self) -> bool {
        self.kind != MailboxKind::Role
    }
}

/// How a provider reads the part before the `@`.
#[derive(Debug, Clone, Copy)]
struct Rules {
    /// Everything from this sign on is the user's own remark.
    tag: Option<char>,
    /// Dots make no difference.
    dots_ignored: bool,
}

#[derive(Debug, Clone, Copy)]
struct Provider {
    /// The domain that stands for all of this provider's interchangeable ones.
    same_as: &'static str,
    rules: Rules,
}

/// Providers whose documentation says how they treat dots and tags. Everybody else's addresses are compared letter by
/// letter, because a rule that holds for one provider merges two people at another.
fn provider(domain: &str) -> Option<Provider> {
    let plus = Rules { tag: Some('+'), dots_ignored: false };
    let (same_as, rules) = match domain {
        "gmail.com" | "googlemail.com" => ("gmail.com", Rules { tag: Some('+'), dots_ignored: true }),
        "outlook.com" => ("outlook.com", plus),
        "hotmail.com" => ("hotmail.com", plus),
        "live.com" => ("live.com", plus),
        "icloud.com" | "me.com" | "mac.com" => ("icloud.com", plus),
        "proton.me" | "protonmail.com" | "pm.me" => ("proton.me", plus),
        "fastmail.com" => ("fastmail.com", plus),
        "yandex.ru" | "yandex.com" | "ya.ru" => ("yandex.ru", plus),
        _ => return None,
    };
    Some(Provider { same_as, rules })
}

/// Puts right the misspellings of the largest providers' domains that nobody owns a mailbox at.
fn canonical_domain(domain: &str) -> &str {
    match domain {
        "gmial.com" | "gamil.com" | "gmai.com" | "gmal.com" | "gmail.con" | "gmail.co" | "gmail.cm"
        | "gnail.com" | "gmaill.com" | "gmail.om" | "gmil.com" | "gmali.com" | "gmail.comm" => "gmail.com",
        "yaho.com" | "yahooo.com" | "yhoo.com" | "yahoo.con" | "yahoo.co" | "yahoo.cm" | "yaoo.com" => {
            "yahoo.com"
        }
        "hotmial.com" | "hotmai.com" | "hotmal.com" | "hotmil.com" | "hotmail.con" | "hotmail.co"
        | "hotamil.com" => "hotmail.com",
        "outlok.com" | "outloo.com" | "outlook.con" | "outlook.co" | "oultook.com" => "outlook.com",
        "iclod.com" | "icloud.con" | "iclould.com" | "icoud.com" => "icloud.com",
        "aol.con" | "aol.co" => "aol.com",
        other => other,
    }
}

/// A role's name followed by more must have this many letters: "it.jones" and "dev.patel" are people.
const MIN_ROLE_PREFIX: usize = 4;

/// Whether a mailbox of this name belongs to a function. A number or a word after it changes nothing: "sales2",
/// "info.de", "support-eu".
fn is_role(local: &str) -> bool {
    let head = local.split(['.', '-', '_', '+']).next().unwrap_or(local);
    let head = head.trim_end_matches(|letter: char| letter.is_ascii_digit());
    ROLES.contains(local) || (head.len() >= MIN_ROLE_PREFIX && ROLES.contains(head))
}

/// Whether anybody may have a mailbox at this domain, so that sharing it says nothing about an employer.
pub fn is_free_mail(domain: &str) -> bool {
    let domain = canonical_domain(domain);
    provider(domain).is_some() || FREE_MAIL.contains(domain)
}

fn table(text: &'static str) -> HashSet<&'static str> {
    text.split_ascii_whitespace().collect()
}

static ROLES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| table(include_str!("roles.txt")));
static FREE_MAIL: LazyLock<HashSet<&'static str>> = LazyLock::new(|| table(include_str!("free_mail.txt")));

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn key(address: &str) -> String {
        Mailbox::read(address).unwrap().key.into()
    }

    #[test]
    fn an_address_is_read_as_its_provider_reads_it() {
        assert_eq!(key("Wendy.McCarthy+news@GoogleMail.com"), "wendymccarthy@gmail.com");
        assert_eq!(key("a.b+c@outlook.com"), "a.b@outlook.com", "dots count at Outlook");
        assert_eq!(key("a.b+c@example.org"), "a.b+c@example.org", "no rule for a domain that states none");
        assert_eq!(key("x@me.com"), "x@icloud.com");
        assert_eq!(key("adam@gmail.con"), "adam@gmail.com");
        assert_eq!(key("Adam Fischer <adam@yahoo.de>"), "adam@yahoo.de");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "adam", "@gmail.com", "adam@", "adam@localhost", "a b@c.de", "n/a", "+@gmail.com@"] {
            assert_eq!(Mailbox::read(text), None, "{text}");
        }
        assert_eq!(Mailbox::read(&format!("{}@example.org", "x".repeat(10_000))), None);
    }

    #[test]
    fn role_free_and_work_mailboxes_are_told_apart() {
        let kind = |address| Mailbox::read(address).unwrap().kind;
        assert_eq!(kind("info@firma.de"), MailboxKind::Role);
        assert_eq!(kind("sales2@firma.de"), MailboxKind::Role);
        assert_eq!(kind("support-eu@firma.de"), MailboxKind::Role);
        assert_eq!(kind("kontakt@gmail.com"), MailboxKind::Role);
        assert_eq!(kind("maria@web.de"), MailboxKind::FreeMail);
        assert_eq!(kind("maria@firma.de"), MailboxKind::Work);
        assert_eq!(kind("sally@firma.de"), MailboxKind::Work);
        assert_eq!(kind("dev.patel@firma.de"), MailboxKind::Work);
    }
}
