//! Links and addresses in a text: where they lead, and whether they say so.

use super::lookalike::{Likeness, likeness, registered_name, shown};
use super::sheet::Sheet;
use super::{FindingId, Found, Level, Reading};

/// A link or an e-mail address, by its bytes in the text.
#[derive(Debug, Clone)]
pub(in crate::draft) struct Link<'a> {
    pub start: usize,
    pub end: usize,
    pub kind: LinkKind,
    /// In small letters, without port; empty when there is none.
    pub host: String,
    /// The whole link or address as it stands.
    pub text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::draft) enum LinkKind {
    /// With a scheme for pages, or beginning with `www.`
    Page,
    /// A domain alone, which mail programs turn into a link.
    Bare,
    Address,
    /// A scheme that runs or opens something else than a page.
    Unsafe,
    /// Names a user before the host: `https://known.example@other.example`.
    WithUser,
}

/// Top-level domains under which a bare word with a dot is taken for a link.
const LINKED_ENDINGS: [&str; 63] = [
    "com", "net", "org", "io", "de", "at", "ch", "fr", "es", "it", "nl", "be", "pl", "pt", "se", "dk", "no",
    "fi", "eu", "uk", "co", "us", "ca", "info", "biz", "app", "dev", "ai", "cloud", "shop", "online", "site",
    "xyz", "top", "club", "me", "tv", "cz", "sk", "hu", "ro", "gr", "ie", "lu", "br", "mx", "ru", "cn", "jp",
    "in", "tr", "ua", "link", "click", "live", "store", "ly", "gl", "gg", "pro", "tech", "page", "cc",
];

/// The first link in a stretch of text without spaces, which begins at byte `at` of the text.
pub(in crate::draft) fn link_in(at: usize, chunk: &str) -> Option<Link<'_>> {
    if !chunk.contains(['.', '@', ':']) {
        return None;
    }
    with_scheme(at, chunk).or_else(|| address(at, chunk)).or_else(|| without_scheme(at, chunk))
}

/// Characters that end a link, besides spaces.
fn ends_link(c: char) -> bool {
    matches!(
        c,
        '<' | '>'
            | '"'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '['
            | ']'
            | '{'
            | '}'
            | '|'
            | '`'
            | '\\'
            | '^'
    )
}

/// The link that begins with `rest`, without the sentence's own marks after it.
fn trimmed(rest: &str) -> &str {
    let link = rest.split(ends_link).next().unwrap_or(rest);
    let mut link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '_', '…']);
    // A closing bracket belongs to the link only when it was opened in it.
    while link.ends_with(')') && link.matches('(').count() < link.matches(')').count() {
        link = link[..link.len() - 1].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    }
    link
}

fn with_scheme(at: usize, chunk: &str) -> Option<Link<'_>> {
    let colon = chunk.find(':')?;
    let before = &chunk[..colon];
    let start = before
        .rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-'))
        .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
    let scheme = before[start..].to_ascii_lowercase();
    let after = &chunk[colon + 1..];
    let kind = match scheme.as_str() {
        "javascript" | "data" | "vbscript" | "file" | "blob" if !after.is_empty() => LinkKind::Unsafe,
        "mailto" => LinkKind::Address,
        _ if after.starts_with("//") && !scheme.is_empty() => LinkKind::Page,
        _ => return None,
    };
    let text = trimmed(&chunk[start..]);
    if text.len() <= scheme.len() + 1 {
        return None;
    }
    let rest = text[scheme.len() + 1..].trim_start_matches('/');
    let (authority, kind) = match kind {
        LinkKind::Unsafe => ("", kind),
        LinkKind::Address => (rest.split('?').next().unwrap_or(rest), kind),
        _ => {
            let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
            (authority, if authority.contains('@') { LinkKind::WithUser } else { LinkKind::Page })
        }
    };
    Some(Link { start: at + start, end: at + start + text.len(), kind, host: host_of(authority), text })
}

fn address(at: usize, chunk: &str) -> Option<Link<'_>> {
    let sign = chunk.find('@')?;
    let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    let start = chunk[..sign]
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_local(*c))
        .last()
        .map(|(start, _)| start)?;
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let rest = &chunk[sign + 1..];
    let domain = &rest[..rest.find(|c| !is_domain(c)).unwrap_or(rest.len())];
    let domain = domain.trim_end_matches(['.', '-']);
    if !domain.contains('.') {
        return None;
    }
    let end = sign + 1 + domain.len();
    let text = &chunk[start..end];
    Some(Link {
        start: at + start,
        end: at + end,
        kind: LinkKind::Address,
        host: domain.to_lowercase(),
        text,
    })
}

fn without_scheme(at: usize, chunk: &str) -> Option<Link<'_>> {
    let start = chunk.find(|c: char| c.is_alphanumeric())?;
    let text = trimmed(&chunk[start..]);
    let host = text
        .split(['/', '?', '#', ':', ',', ';', '(', ')', '&', '='])
        .next()
        .unwrap_or(text)
        .trim_end_matches('.');
    let ending = host.rsplit('.').next().unwrap_or_default();
    let is_host = host
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let first = host.split('.').next().unwrap_or_default();
    let www = first.eq_ignore_ascii_case("www") && host.matches('.').count() > 1;
    // A stop without a space after it joins two words: the second then has a capital, or the first is short.
    let linked = host.contains('.')
        && (first.chars().count() > 1 || text[host.len()..].starts_with('/'))
        && LINKED_ENDINGS.contains(&ending);
    if !is_host || !(www || linked) {
        return None;
    }
    let text = if text[host.len()..].starts_with(['/', '?', '#', ':']) { text } else { host };
    let kind = if www { LinkKind::Page } else { LinkKind::Bare };
    Some(Link { start: at + start, end: at + start + text.len(), kind, host: host.to_lowercase(), text })
}

/// The host of `user@host:port`.
fn host_of(authority: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
    host.trim_end_matches('.').to_lowercase()
}

/// Judges every link against the workspace's list.
pub(in crate::draft) fn look(sheet: &Sheet, reading: &Reading, found: &mut Found) {
    let people: Vec<&str> =
        reading.lead_addresses.iter().chain(&reading.to).chain(&reading.cc).copied().collect();
    for link in &sheet.links {
        let span = (link.start, link.end);
        match link.kind {
            LinkKind::Unsafe => {
                let words = "The link does not lead to a page; it would run or open something.";
                found.add(FindingId::LinkDisguised, Level::Stop, sheet, span, words);
                continue;
            }
            LinkKind::WithUser => {
                let words = format!(
                    "The link hides where it leads: what stands before the `@` is not its domain, `{}` is.",
                    shown(&link.host)
                );
                found.add(FindingId::LinkDisguised, Level::Stop, sheet, span, words);
                continue;
            }
            LinkKind::Page | LinkKind::Bare | LinkKind::Address => {}
        }
        if let Some(pretended) = pretended_domain(sheet, link) {
            let words = format!("The link shows `{pretended}` but leads to `{}`.", shown(&link.host));
            found.add(FindingId::LinkDisguised, Level::Stop, sheet, span, words);
            continue;
        }
        // The lead's own address, or their own domain named in passing, leads them nowhere new.
        let own = link.kind != LinkKind::Page
            && people.iter().any(|person| {
                domain_of(person).is_some_and(|domain| domain == link.host) && !is_public_mailbox(&link.host)
                    || person.eq_ignore_ascii_case(link.text)
            });
        if own || is_listed(&link.host, &reading.link_domains) {
            continue;
        }
        judge(sheet, link, reading, found);
    }
}

fn judge(sheet: &Sheet, link: &Link, reading: &Reading, found: &mut Found) {
    let span = (link.start, link.end);
    let host = shown(&link.host);
    let (id, level, words) = match likeness(&link.host, &reading.link_domains) {
        Some((Likeness::Disguise, listed)) => (
            FindingId::LinkLookalike,
            Level::Stop,
            format!("`{host}` looks like `{listed}` and is another domain."),
        ),
        Some((Likeness::Relative, listed)) => (
            FindingId::LinkLookalike,
            Level::Ask,
            format!("`{host}` resembles `{listed}` and is not on the workspace's list of domains."),
        ),
        None if link.kind == LinkKind::Address => (
            FindingId::LinkUnlisted,
            Level::Ask,
            format!("The address is at `{host}`, which is not on the workspace's list of domains."),
        ),
        None => (
            FindingId::LinkUnlisted,
            Level::Ask,
            format!("The link leads to `{host}`, which is not on the workspace's list of domains."),
        ),
    };
    found.add(id, level, sheet, span, words);
}

pub(in crate::draft) fn is_listed(host: &str, listed: &[&str]) -> bool {
    listed.iter().any(|domain| {
        let domain = domain.trim().trim_end_matches('.').to_lowercase();
        !domain.is_empty()
            && (host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.')))
    })
}

/// The domain of an address, in small letters.
pub(in crate::draft) fn domain_of(address: &str) -> Option<String> {
    address.trim().trim_end_matches('>').rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

/// Providers of personal mailboxes: their domain says nothing of the person's company.
pub(in crate::draft) fn is_public_mailbox(domain: &str) -> bool {
    let name = registered_name(domain);
    matches!(
        name,
        "gmail"
            | "googlemail"
            | "outlook"
            | "hotmail"
            | "live"
            | "msn"
            | "yahoo"
            | "ymail"
            | "icloud"
            | "me"
            | "mac"
            | "aol"
            | "gmx"
            | "web"
            | "t-online"
            | "freenet"
            | "posteo"
            | "mailbox"
            | "proton"
            | "protonmail"
            | "pm"
            | "orange"
            | "free"
            | "laposte"
            | "sfr"
            | "wanadoo"
            | "libero"
            | "virgilio"
            | "tiscali"
            | "wp"
            | "onet"
            | "o2"
            | "interia"
            | "op"
            | "poczta"
            | "ziggo"
            | "kpnmail"
            | "xs4all"
            | "telenet"
            | "skynet"
            | "sapo"
            | "uol"
            | "bol"
            | "terra"
            | "telia"
            | "bluewin"
            | "yandex"
            | "mail"
            | "zoho"
            | "fastmail"
            | "hey"
    )
}

/// The domain in a link's visible text, `[known.example](https://other.example)`, when it is another than the link's.
fn pretended_domain(sheet: &Sheet, link: &Link) -> Option<String> {
    let before = sheet.text.get(..link.start)?.strip_suffix("](")?;
    let label = &before[before.rfind('[')? + 1..];
    let shown = link_in(0, label.trim()).filter(|shown| shown.kind != LinkKind::Address)?;
    let same = shown.host == link.host
        || shown.host.strip_prefix("www.") == Some(&link.host)
        || link.host.strip_prefix("www.") == Some(&shown.host);
    (!same).then_some(shown.host)
}
