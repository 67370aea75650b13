//! Messages leave over SMTP submission, on pooled connections.

use std::time::Duration;

use async_trait::async_trait;
use flow::gate::Cleared;
use flow::playbook::{Smtp, Tls};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as ClientTls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::compose::compose;
use super::{Channel, Found, Sent};
use crate::unsubscribe::Unsubscribe;

/// Longest silence of the server before nobody can tell what it did.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server that takes our messages.
pub struct SmtpChannel {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    unsubscribe: Option<Unsubscribe>,
}

/// Why a mail server cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSetupError {
    /// The TLS parameters.
    #[error("TLS for `{host}`: {error}")]
    Tls {
        /// The server.
        host: String,
        /// What is wrong.
        error: SmtpError,
    },
    /// The password is not where the playbook says.
    #[error("the SMTP password: {0}")]
    Password(String),
}

impl SmtpChannel {
    /// A channel to this server. Nothing is sent yet, and nothing is connected. `unsubscribe` makes the links that
    /// messages carry.
    ///
    /// # Errors
    /// When the password is not where the playbook says, or the host is no name.
    pub fn new(smtp: &Smtp, unsubscribe: Option<Unsubscribe>) -> Result<SmtpChannel, SmtpSetupError> {
        let tls = || {
            TlsParameters::new(smtp.host.clone())
                .map_err(|error| SmtpSetupError::Tls { host: smtp.host.clone(), error })
        };
        let tls = match smtp.tls {
            Tls::Implicit => ClientTls::Wrapper(tls()?),
            Tls::Starttls => ClientTls::Required(tls()?),
            Tls::None => ClientTls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some(user) = &smtp.user {
            let password = secret(smtp.password_from.as_deref())?;
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(SmtpChannel { transport: builder.build(), unsubscribe })
    }
}

/// Reads a secret from where the playbook says it is: `env:NAME` or `file:PATH`.
fn secret(place: Option<&str>) -> Result<String, SmtpSetupError> {
    let wrong = |what: String| SmtpSetupError::Password(what);
    match place.and_then(|place| place.split_once(':')) {
        Some(("env", name)) => {
            std::env::var(name).map_err(|_| wrong(format!("the variable `{name}` is not set")))
        }
        Some(("file", path)) => std::fs::read_to_string(path)
            .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| wrong(format!("`{path}`: {error}"))),
        _ => Err(wrong("write `password_from = \"env:NAME\"` or `\"file:PATH\"` in the playbook".into())),
    }
}

#[async_trait]
impl Channel for SmtpChannel {
    async fn send(&self, cleared: &Cleared) -> Sent {
        let message = match compose(cleared, self.unsubscribe.as_ref()) {
            Ok(message) => message,
            Err(error) => return Sent::failed(error.to_string()),
        };
        match self.transport.send(message).await {
            Ok(response) => {
                let lines: Vec<&str> = response.message().collect();
                Sent::done(format!("{} {}", response.code(), lines.join(" ")))
            }
            Err(error) => judge(&error),
        }
    }

    /// A mail server cannot be asked what it took.
    async fn look_up(&self, _external_id: &str) -> Found {
        Found::CannotTell
    }
}

/// Only a server's own refusal, or a failure before there was a connection, is certain.
fn judge(error: &SmtpError) -> Sent {
    let words = error.to_string();
    if error.is_permanent() || error.is_client() {
        Sent::failed(words)
    } else if error.is_transient() {
        Sent::not_now(words)
    } else if is_before_connection(error) {
        Sent::not_now(format!("the mail server could not be reached: {words}"))
    } else {
        Sent::unknown(format!("the connection broke while the message was handed over: {words}"))
    }
}

fn is_before_connection(error: &SmtpError) -> bool {
    error.is_tls() || {
        let text = format!("{error:?}");
        text.contains("Connection")
            && (text.contains("refused") || text.contains("ConnectionRefused") || text.contains("lookup"))
    }
}
