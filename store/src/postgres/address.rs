//! Where the database is, as a URL says it, and how the way there is protected.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the other side may say nothing to what was sent before the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(15);

/// A parsed `postgres://` URL.
#[derive(Clone)]
pub(super) struct Address {
    pub config: Config,
    /// How to encrypt; none for a plain connection.
    pub tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads a URL. `sslmode` is `disable`, or one of `require`, `verify-ca`, `verify-full`, which are all the same here:
    /// encrypted, and the server's certificate is verified, with the roots of the web or those in the file that
    /// `sslrootcert` names. Without it, only a database on this machine is spoken to in the clear. A password that is not
    /// in the URL is taken from `PGPASSWORD`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with what is wrong; never with the password.
    pub fn parse(url: &str) -> Result<Address, StoreError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(unfit("it does not begin with `postgres://`"));
        }
        let (ours, theirs) = split(url);
        let mut config = Config::from_str(&theirs).map_err(|error| unfit(&super::fault::words(&error)))?;
        if config.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("lockkeeper");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        config.tcp_user_timeout(SILENCE).keepalives_idle(SILENCE);
        let encrypted = match ours.mode.as_deref() {
            None => !config.get_hosts().iter().all(is_here),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => {
                return Err(unfit(&format!(
                    "`sslmode={other}` protects against nobody; take `verify-full` or `disable`"
                )));
            }
        };
        config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        let tls = if encrypted { Some(encryption(ours.roots.as_deref())?) } else { None };
        Ok(Address { config, tls })
    }
}

/// The parts of the query that are not for the driver.
#[derive(Default)]
struct Ours {
    mode: Option<String>,
    roots: Option<String>,
}

fn split(url: &str) -> (Ours, String) {
    let mut ours = Ours::default();
    let Some((base, query)) = url.split_once('?') else { return (ours, url.to_owned()) };
    let mut theirs = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => ours.mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => ours.roots = Some(value.replace("%2F", "/")),
            _ => theirs.push(pair),
        }
    }
    let theirs = if theirs.is_empty() { base.to_owned() } else { format!("{base}?{}", theirs.join("&")) };
    (ours, theirs)
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}

fn encryption(roots: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let wrong =
                |error: &dyn std::fmt::Display| unfit(&format!("the certificates in `{file}`: {error}"));
            let certificates =
                CertificateDer::pem_file_iter(Path::new(file)).map_err(|error| wrong(&error))?;
            for certificate in certificates {
                store.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(&error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn unfit(what: &str) -> StoreError {
    StoreError::Unavailable(format!("the database's address: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<(SslMode, bool), String> {
        let address = Address::parse(url).map_err(|error| error.to_string())?;
        Ok((address.config.get_ssl_mode(), address.tls.is_some()))
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_somebody_says_otherwise() {
        let (plain, encrypted) = (Ok((SslMode::Disable, false)), Ok((SslMode::Require, true)));
        assert_eq!(parsed("postgres://u@localhost/db"), plain);
        assert_eq!(parsed("postgres://u@127.0.0.1:5433/db"), plain);
        assert_eq!(parsed("postgres://u@db.example/db"), encrypted);
        assert_eq!(parsed("postgres://u@localhost,db.example/db?target_session_attrs=read-write"), encrypted);
        assert_eq!(parsed("postgresql://u@localhost/db?sslmode=verify-full"), encrypted);
        assert_eq!(parsed("postgres://u@db.example/db?sslmode=disable&application_name=x"), plain);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_its_password() {
        for (url, why) in [
            ("mysql://u:geheim@h/db", "postgres://"),
            ("postgres://u:geheim@h/db?sslmode=prefer", "nobody"),
            ("postgres://u:geheim@h/db?sslmode=require&sslrootcert=/nowhere.pem", "/nowhere.pem"),
            ("postgres://u:geheim@h/db?colour=blue", "colour"),
        ] {
            let told = parsed(url).unwrap_err();
            assert!(told.contains(why) && !told.contains("geheim"), "{told}");
        }
    }
}
