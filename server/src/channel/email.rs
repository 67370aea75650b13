//! E-mail as it comes in: read from a folder of `.eml` files.

use std::fs;
use std::path::{Path, PathBuf};

use std::time::Duration;

use flow::capture::{ATTACHMENTS, Automatic, Enquiry, Inbound, Source, TEXT_CHARS};
use flow::terms::{Actor, Attachment, Person};
use jiff::Timestamp;
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use sha2::{Digest, Sha256};
use store::{Answer, Question};
use tokio::sync::watch;

use crate::app::App;
use crate::engine::{Captured, EngineError, Extras};
use crate::playbook::hex;

/// Largest mail that is read, in bytes.
pub const MAIL_LIMIT: u64 = 25 * 1024 * 1024;
/// How often a watched folder is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A mail as read, with the bytes of its attachments.
#[derive(Debug, Clone)]
pub struct Mail {
    /// What it says and who says it.
    pub enquiry: Enquiry,
    /// Attachments' bytes by hex digest.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Why a mail cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It has no structure at all.
    #[error("this is not a mail: it has no headers that can be read")]
    NotAMail,
    /// Nobody is named as its sender.
    #[error("the mail names no sender in `From`")]
    NoSender,
    /// It is larger than is taken.
    #[error("the mail is larger than 25 MiB")]
    TooLarge,
}

/// Reads a mail. Charsets, encodings and nesting are resolved; the new text is told apart from quotes and signature.
///
/// # Errors
/// When nothing of a mail can be made out.
pub fn read(raw: &[u8], origin: &str, now: Timestamp) -> Result<Mail, MailError> {
    if raw.len() as u64 > MAIL_LIMIT {
        return Err(MailError::TooLarge);
    }
    let message = MessageParser::default().parse(raw).ok_or(MailError::NotAMail)?;
    let sender =
        message.reply_to().and_then(|to| to.first()).or_else(|| message.from().and_then(|from| from.first()));
    let sender = sender.ok_or(MailError::NoSender)?;
    let address = sender.address().ok_or(MailError::NoSender)?.trim().to_owned();
    let named =
        message.from().and_then(|from| from.first()).and_then(|from| from.name()).or_else(|| sender.name());

    let text = body(&message);
    let received_at = message
        .date()
        .and_then(|date| Timestamp::from_second(date.to_timestamp()).ok())
        .filter(|date| *date <= now)
        .unwrap_or(now);
    let mut files = Vec::new();
    let mut attachments = Vec::new();
    for part in message.attachments().take(ATTACHMENTS) {
        let bytes = part.contents().to_vec();
        let sha256 = hex(&Sha256::digest(&bytes));
        let name = one_line(part.attachment_name().unwrap_or("attachment"));
        let name = name.rsplit(['/', '\\']).next().unwrap_or("attachment").to_owned();
        let kind = part.content_type().map_or("application/octet-stream".into(), |kind| {
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream"))
        });
        attachments.push(Attachment { name, media_type: one_line(&kind), sha256: sha256.clone() });
        files.push((sha256, bytes));
    }
    let external_id = message.message_id().map(str::to_owned);
    let inbound = Inbound {
        channel: Source::Email,
        from: address.clone(),
        subject: one_line(message.subject().unwrap_or_default()),
        text: cut(new_text(&text)),
        external_id: external_id.clone(),
        answers: answers(&message),
        attachments,
        automatic: automatic(&message),
        received_at,
    };
    let language = guess_language(&inbound.text);
    let person =
        Person { name: one_line(named.unwrap_or_default()), email: address, language, ..Person::default() };
    // Two deliveries of one mail carry one Message-ID; without one, the bytes themselves must do.
    let delivery = external_id.unwrap_or_else(|| hex(&Sha256::digest(raw)));
    let enquiry = Enquiry {
        source: Source::Email,
        origin: origin.to_owned(),
        person,
        fields: Default::default(),
        message: Some(inbound),
        delivery,
        received_at: now,
    };
    Ok(Mail { enquiry, files })
}

fn body(message: &mail_parser::Message<'_>) -> String {
    // `body_text` makes text of HTML where there is no plain part.
    let parts: Vec<String> = (0..message.text_body.len().min(20))
        .filter_map(|at| message.body_text(at))
        .map(|text| text.into_owned())
        .collect();
    parts
        .join("\n")
        .replace("\r\n", "\n")
        .chars()
        .filter(|c| !c.is_control() || "\n\t".contains(*c))
        .collect()
}

fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(1_000).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}

/// The Message-IDs that a mail answers, the nearest first.
fn answers(message: &mail_parser::Message<'_>) -> Vec<String> {
    let ids = |value: &HeaderValue<'_>| -> Vec<String> {
        match value {
            HeaderValue::Text(id) => vec![id.to_string()],
            HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    };
    let mut all = ids(message.in_reply_to());
    let mut references = ids(message.references());
    references.reverse();
    all.extend(references);
    let mut seen = std::collections::HashSet::new();
    all.retain(|id| !id.is_empty() && seen.insert(id.clone()));
    all.truncate(20);
    all
}

/// Whether a person wrote it, by the headers that say otherwise (RFC 3834, RFC 3464, RFC 2919).
fn automatic(message: &mail_parser::Message<'_>) -> Automatic {
    let header =
        |name: &str| message.header_raw(name).map(|value| value.trim().to_lowercase()).unwrap_or_default();
    let kind = message
        .content_type()
        .map(|kind| (kind.ctype().to_lowercase(), kind.subtype().unwrap_or("").to_lowercase()));
    if kind.is_some_and(|(kind, subtype)| kind == "multipart" && subtype == "report")
        || header("return-path") == "<>" && header("from").contains("mailer-daemon")
    {
        return Automatic::Bounce;
    }
    let auto_submitted = header("auto-submitted");
    let answered_by_itself = auto_submitted.starts_with("auto-replied") || !header("x-autoreply").is_empty();
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let away = [
        "out of office",
        "automatic reply",
        "abwesenheit",
        "automatische antwort",
        "absence du bureau",
        "réponse automatique",
        "fuera de la oficina",
        "respuesta automática",
    ];
    if answered_by_itself || away.iter().any(|words| subject.starts_with(words)) {
        return Automatic::OutOfOffice;
    }
    let bulk = ["bulk", "list", "junk"].contains(&header("precedence").as_str());
    if bulk || !header("list-id").is_empty() || (!auto_submitted.is_empty() && auto_submitted != "no") {
        return Automatic::Bulk;
    }
    Automatic::No
}

/// The text above the first quoted block and above the signature mark.
fn new_text(text: &str) -> &str {
    let mut end = text.len();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let quotes = bare.starts_with('>')
            || bare.starts_with("-----Original Message")
            || bare.starts_with("-----Ursprüngliche");
        let announces = bare.ends_with(':')
            && ["On ", "Am ", "Le ", "El "].iter().any(|word| bare.starts_with(word))
            && ["wrote", "schrieb", "écrit", "escribió"].iter().any(|word| bare.contains(word));
        if quotes || announces || bare == "--" || line.trim_end_matches(['\r', '\n']) == "-- " {
            end = at;
            break;
        }
        at += line.len();
    }
    let new = text[..end].trim();
    // A mail that is nothing but a quote keeps it: better too much than nothing.
    if new.is_empty() { text.trim() } else { new }
}

/// A language guessed from a text's commonest words; empty when it cannot be told.
fn guess_language(text: &str) -> String {
    flow::draft::language_of(text).unwrap_or_default().to_owned()
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A lead was made, or one heard more.
    In,
    /// It was taken in before.
    Before,
    /// It is kept aside, with the reason.
    Aside(String),
}

/// Takes one mail in: onto the lead it answers, else as an enquiry.
///
/// # Errors
/// What the engine says; the mail should then be tried again later.
pub async fn take_in(app: &App, raw: &[u8], origin: &str) -> Result<Taken, EngineError> {
    let mail = match read(raw, origin, app.now()) {
        Ok(mail) => mail,
        Err(error) => return Ok(Taken::Aside(error.to_string())),
    };
    let answered = answered_lead(app, &mail.enquiry).await?;
    let captured = match answered {
        Some(lead) => {
            let once = (
                format!("delivery/email/{origin}/{}", mail.enquiry.delivery),
                Sha256::digest(mail.enquiry.delivery.as_bytes()).into(),
            );
            let extras = Extras { once: Some(once), files: mail.files, ..Extras::default() };
            let Some(inbound) = mail.enquiry.message else {
                return Ok(Taken::Aside("it says nothing".into()));
            };
            let command = flow::lead::Command::Receive(inbound);
            app.engine().obey_with(&Actor::CHANNEL, lead, command, extras, &|_| Vec::new()).await?
        }
        None => {
            let files = mail.files;
            match app.engine().capture_with_files(&Actor::CHANNEL, mail.enquiry, files).await {
                Err(EngineError::Capture(errors)) => {
                    let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
                    return Ok(Taken::Aside(words.join("; ")));
                }
                other => other?,
            }
        }
    };
    Ok(match captured {
        Captured::Now(_) => Taken::In,
        Captured::Before(_) | Captured::OtherBefore => Taken::Before,
        Captured::SetAside(why) => Taken::Aside(why.to_owned()),
    })
}

/// The lead whose message this one answers. A stranger who quotes an id of ours is not let onto somebody's lead: the
/// sender must have been in the conversation.
async fn answered_lead(app: &App, enquiry: &Enquiry) -> Result<Option<flow::ids::LeadId>, EngineError> {
    let Some(message) = &enquiry.message else { return Ok(None) };
    for id in &message.answers {
        let Answer::MessageByExternalId(found) = app.ask(Question::MessageByExternalId(id.clone())).await?
        else {
            continue;
        };
        let Some((lead, _)) = found else { continue };
        let Some(held) = app.store().lead(app.workspace_id(), lead).await? else { continue };
        let known = std::iter::once(&held.lead.person.email)
            .chain(held.lead.messages.iter().map(|note| &note.address))
            .any(|address| address.eq_ignore_ascii_case(&message.from));
        if known || message.automatic != Automatic::No {
            return Ok(Some(lead));
        }
    }
    Ok(None)
}

/// Watches a folder for `.eml` files until `stop` says so. What was taken in moves to `done/`, what cannot be to
/// `aside/` with the reason beside it; a file is moved only after its lead is safe.
pub async fn watch_folder(app: App, folder: PathBuf, mut stop: watch::Receiver<bool>) {
    if let Err(error) = prepare(&folder) {
        tracing::error!(folder = %folder.display(), %error, "the mail folder cannot be used");
        return;
    }
    while !*stop.borrow() {
        if let Err(error) = take_folder(&app, &folder).await {
            tracing::warn!(folder = %folder.display(), %error, "mail waits in the folder; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

fn prepare(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder.join("done"))?;
    fs::create_dir_all(folder.join("aside"))
}

/// Takes in every mail that lies in a folder now, in order of name. Answers how many were taken in.
///
/// # Errors
/// When the engine cannot take one now; it and the rest stay where they are.
pub async fn take_folder(app: &App, folder: &Path) -> Result<usize, EngineError> {
    let unreadable = |error: std::io::Error| EngineError::Record(format!("{}: {error}", folder.display()));
    prepare(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("eml")))
        .collect();
    paths.sort();
    let mut taken = 0;
    for path in paths {
        let too_large = fs::metadata(&path).is_ok_and(|meta| meta.len() > MAIL_LIMIT);
        let result = if too_large {
            Taken::Aside(MailError::TooLarge.to_string())
        } else {
            let raw = fs::read(&path).map_err(unreadable)?;
            take_in(app, &raw, "folder").await?
        };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let to = match &result {
            Taken::In | Taken::Before => {
                taken += usize::from(result == Taken::In);
                folder.join("done").join(&name)
            }
            Taken::Aside(why) => {
                tracing::info!(file = %name, %why, "a mail was put aside");
                let beside = folder.join("aside").join(format!("{name}.why.txt"));
                fs::write(beside, why).map_err(unreadable)?;
                folder.join("aside").join(&name)
            }
        };
        fs::rename(&path, to).map_err(unreadable)?;
    }
    Ok(taken)
}
