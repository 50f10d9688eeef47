//! Alerts by e-mail.

mod from_env;
mod letter;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use audit_runtime::Sensitive;
use audit_syntax::quoted;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use lettre::{SmtpTransport, Transport as _};

use super::{DeliveryError, Message, Notifier, SettingsError, tls};

/// The port of submission, where STARTTLS comes first (RFC 6409), and the one where TLS does (RFC 8314).
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// How long one step of a session may take. It bounds no session as a whole, because a server may drip:
/// that is what the deadline of a delivery is for.
const STEP_TIME_MAX: Duration = Duration::from_secs(20);

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// By STARTTLS, without which nothing is sent.
    Required,
    /// With the first byte.
    Wrapper,
    /// Never: for a server on this machine only.
    None,
}

/// Where and how e-mail is sent.
#[derive(Clone)]
pub struct EmailOptions {
    /// The server's name.
    pub host: String,
    /// Its port; 465 or 587, by `tls`, unless it is said.
    pub port: Option<u16>,
    /// When TLS begins; unless it is said, with the first byte on port 465, else by STARTTLS.
    pub tls: Option<Tls>,
    /// The account, if the server wants one, with its password.
    pub account: Option<(String, Sensitive<String>)>,
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// Certificates in PEM; the server's must be signed by one of these, and by no other authority.
    /// Without them the system's are trusted.
    pub ca: Option<Vec<u8>>,
}

/// What the SMTP library says where a server does not offer it.
const NO_STARTTLS: &str = "STARTTLS is not supported";

/// Sends alerts by e-mail, each over a connection of its own.
pub struct Email {
    transport: SmtpTransport,
    /// The server's name, which errors may name.
    host: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    /// What may not stand in an error: the password, and the forms in which it is sent.
    secrets: Vec<Sensitive<String>>,
}

impl Email {
    /// A sender of e-mail by these options.
    ///
    /// # Errors
    /// Names every mistake in them.
    pub fn new(options: EmailOptions) -> Result<Self, SettingsError> {
        let mut mistakes = Vec::new();
        let tls = options.tls();
        if options.host.is_empty() || options.host.contains(|c: char| c.is_whitespace() || c == '/')
        {
            mistakes
                .push("the host is no name of a server; write one such as smtp.example.com".into());
        } else if tls == Tls::None && !is_loopback(&options.host) {
            mistakes
                .push("without TLS only a server on this machine may be used; use STARTTLS".into());
        }
        let from = mailbox("from", &options.from, &mut mistakes);
        let to: Vec<_> =
            options.to.iter().filter_map(|to| mailbox("to", to, &mut mistakes)).collect();
        if options.to.is_empty() {
            mistakes.push("there is no recipient; name one at least".to_owned());
        }
        let security = security(&options, tls, &mut mistakes);
        match (from, security) {
            (Some(from), Some(security)) if mistakes.is_empty() => {
                let port = options.port();
                let mut builder = SmtpTransport::builder_dangerous(&options.host)
                    .port(port)
                    .tls(security)
                    .timeout(Some(STEP_TIME_MAX));
                let mut secrets = Vec::new();
                if let Some((user, password)) = options.account {
                    secrets = forms_of(&user, password.expose());
                    builder =
                        builder.credentials(Credentials::new(user, password.expose().clone()));
                }
                Ok(Self { transport: builder.build(), host: options.host, from, to, secrets })
            }
            _ => Err(SettingsError::all(mistakes)),
        }
    }

    /// What went wrong, without what the server may have repeated of the password.
    fn error(&self, error: &lettre::transport::smtp::Error) -> DeliveryError {
        let host = &self.host;
        let mut message = match tls::told(error) {
            Some(told) => format!("{host}: {told}"),
            None if error.is_client() && error.to_string().contains(NO_STARTTLS) => format!(
                "{host} offers no STARTTLS, and nothing is sent without TLS: check host and port, or write \
                 `tls = \"implicit\"` if it begins with TLS"
            ),
            None => error.to_string(),
        };
        let names_secret = |secret: &Sensitive<String>| message.contains(secret.expose().as_str());
        if self.secrets.iter().any(names_secret) {
            let status = error.status().map_or_else(String::new, |code| format!(" ({code})"));
            message = format!("the server refused{status}, and its words repeat the password");
        }
        let message = format!("e-mail: {message}");
        if error.is_permanent() {
            DeliveryError::permanent(message)
        } else {
            DeliveryError::transient(message)
        }
    }
}

impl Notifier for Email {
    fn deliver(&self, message: &Message, _deadline: Instant) -> Result<(), DeliveryError> {
        let letter = letter::letter(message, &self.from, &self.to)?;
        self.transport.send(&letter).map(|_| ()).map_err(|error| self.error(&error))
    }
}

impl EmailOptions {
    fn tls(&self) -> Tls {
        let by_port = if self.port == Some(SUBMISSIONS) { Tls::Wrapper } else { Tls::Required };
        self.tls.unwrap_or(by_port)
    }

    fn port(&self) -> u16 {
        let by_tls = if self.tls() == Tls::Wrapper { SUBMISSIONS } else { SUBMISSION };
        self.port.unwrap_or(by_tls)
    }
}

fn security(
    options: &EmailOptions,
    tls: Tls,
    mistakes: &mut Vec<String>,
) -> Option<lettre::transport::smtp::client::Tls> {
    use lettre::transport::smtp::client::Tls as Security;

    if tls == Tls::None {
        return Some(Security::None);
    }
    let mut builder = TlsParameters::builder(options.host.clone());
    if let Some(pem) = &options.ca {
        let read = Certificate::from_pem(pem);
        let is_empty = !pem.windows(11).any(|word| word == b"-----BEGIN ");
        let Some(certificate) = read.ok().filter(|_| !is_empty) else {
            mistakes.push("the CA file holds no certificate in PEM".to_owned());
            return None;
        };
        builder =
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    match (builder.build(), tls) {
        (Ok(parameters), Tls::Wrapper) => Some(Security::Wrapper(parameters)),
        (Ok(parameters), _) => Some(Security::Required(parameters)),
        (Err(error), _) => {
            mistakes.push(format!("TLS cannot be used: {error}"));
            None
        }
    }
}

fn mailbox(field: &str, text: &str, mistakes: &mut Vec<String>) -> Option<Mailbox> {
    let parsed = text.parse().ok().filter(|_| !text.contains(char::is_control));
    if parsed.is_none() {
        mistakes.push(format!(
            "`{field}` has {}, which is no address; write NAME@HOST or `Text <NAME@HOST>`",
            quoted(text)
        ));
    }
    parsed
}

/// The password, and what of it is sent by AUTH PLAIN and AUTH LOGIN.
fn forms_of(user: &str, password: &str) -> Vec<Sensitive<String>> {
    let plain = BASE64.encode(format!("\0{user}\0{password}"));
    let forms = [password.to_owned(), plain, BASE64.encode(password)];
    forms.into_iter().filter(|form| !form.is_empty()).map(Sensitive::from).collect()
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Shows no account.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("to", &self.to).finish_non_exhaustive()
    }
}

/// Shows no account.
impl fmt::Debug for EmailOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailOptions")
            .field("host", &self.host)
            .field("port", &self.port())
            .field("tls", &self.tls())
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
