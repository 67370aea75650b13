//! E-mail as it goes out: the mail for cleared content, and the headers that tell machines what it is.

use flow::gate::Cleared;
use flow::step::Step;
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, InReplyTo, References};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::unsubscribe::Unsubscribe;

/// Why a message cannot be composed: defects in its addresses or its text.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An address that is none.
    #[error("`{0}` is not an address that mail can go to")]
    Address(String),
    /// Something else.
    #[error("the message cannot be composed: {0}")]
    Message(#[from] lettre::error::Error),
}

/// The mail for cleared content: exactly its text and HTML, with the Message-ID that was recorded.
///
/// # Errors
/// When an address is none.
pub fn compose(cleared: &Cleared, unsubscribe: Option<&Unsubscribe>) -> Result<Message, ComposeError> {
    let content = cleared.content();
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|_| ComposeError::Address(text.to_owned()));
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}>", cleared.external_id())))
        .from(mailbox(&content.from)?)
        .subject(content.subject());
    for to in &content.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &content.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    if let Some(answered) = &content.in_reply_to {
        let id = format!("<{}>", answered.trim_matches(['<', '>']));
        builder = builder.header(InReplyTo::from(id.clone())).header(References::from(id));
    }
    if cleared.ran_by_itself() {
        // RFC 3834: other machines do not answer it.
        builder = builder.raw_header(raw("Auto-Submitted", "auto-generated"));
    }
    let unasked = cleared.ran_by_itself() || cleared.step() == Step::FollowUp;
    if let Some(unsubscribe) = unsubscribe.filter(|_| unasked) {
        // RFC 8058: one click in the mail program posts to this address.
        let link = format!("<{}>", unsubscribe.link(cleared.lead()));
        builder = builder
            .raw_header(raw("List-Unsubscribe", &link))
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(content.text().to_owned());
    Ok(match &content.html {
        Some(html) => {
            let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(html.clone());
            builder.multipart(MultiPart::alternative().singlepart(text).singlepart(html))?
        }
        None => builder.singlepart(text)?,
    })
}

/// A header of ours, in ASCII.
fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
