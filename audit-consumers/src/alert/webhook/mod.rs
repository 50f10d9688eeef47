//! Alerts by HTTP: signed as Standard Webhooks describes, or in the form that Slack takes.

mod address;
mod response;
mod signature;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::{Duration, Instant};

use audit_runtime::{Sensitive, Timestamp};
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;

use super::{DeliveryError, Message, Notifier, SettingsError, form};

pub use signature::SigningKey;

use address::GuardedResolver;

/// The longest head of a response that is read. Of its body nothing is.
const RESPONSE_HEAD_BYTES_MAX: usize = 16 * 1024;

/// What the body looks like, and how the receiver knows that it is ours.
#[derive(Clone, Debug)]
pub enum Form {
    /// The alert as JSON, with a signature (`standardwebhooks.com`).
    Standard(SigningKey),
    /// Text for people, as an incoming webhook of Slack takes it. Whoever knows the address may send.
    Slack,
}

/// Where and how webhooks are sent.
#[derive(Clone, Debug)]
pub struct WebhookOptions {
    /// The whole address, which is a secret: often it holds a token.
    pub url: Sensitive<String>,
    /// What the body looks like.
    pub form: Form,
    /// Whether the receiver may have an address of a private network, of this machine or of its link.
    pub allow_private: bool,
    /// Certificates in PEM; the server's must be signed by one of these, and by no other authority.
    /// Without them those that Mozilla trusts are.
    pub ca: Option<Vec<u8>>,
}

/// Sends alerts by HTTP, and follows no redirect.
pub struct Webhook {
    agent: Agent,
    url: Sensitive<String>,
    /// The host alone, which errors may name.
    host: String,
    form: Form,
}

impl Webhook {
    /// A sender of webhooks by these options.
    ///
    /// # Errors
    /// Names every mistake in them, and never the address.
    pub fn new(options: WebhookOptions) -> Result<Self, SettingsError> {
        let mut mistakes = Vec::new();
        let host = host(options.url.expose(), &mut mistakes);
        let roots = options.ca.as_deref().map_or(Some(RootCerts::WebPki), roots);
        if roots.is_none() {
            mistakes.push("the CA file holds no certificate in PEM".to_owned());
        }
        match (host, roots) {
            (Some(host), Some(roots)) => {
                let resolver = GuardedResolver::new(options.allow_private);
                let (url, form) = (options.url, options.form);
                let agent = Agent::with_parts(config(roots), DefaultConnector::default(), resolver);
                Ok(Self { agent, url, host, form })
            }
            _ => Err(SettingsError::all(mistakes)),
        }
    }

    fn body(&self, message: &Message) -> Result<String, DeliveryError> {
        let cannot = |error: serde_json::Error| {
            DeliveryError::permanent(format!("webhook: the body cannot be made: {error}"))
        };
        match &self.form {
            Form::Standard(_) => form::json(message).map_err(cannot),
            Form::Slack => Ok(form::slack(message)),
        }
    }
}

impl Notifier for Webhook {
    fn deliver(&self, message: &Message, deadline: Instant) -> Result<(), DeliveryError> {
        let body = self.body(message)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let mut request = self
            .agent
            .post(self.url.expose().as_str())
            .config()
            .timeout_global(Some(left.max(Duration::from_millis(1))))
            .build()
            .content_type("application/json");
        if let Form::Standard(key) = &self.form {
            let seconds = Timestamp::now().unix_nanos().div_euclid(1_000_000_000);
            let signature = key.sign(&message.id, seconds, body.as_bytes());
            request = request
                .header("webhook-id", &message.id)
                .header("webhook-timestamp", seconds.to_string())
                .header("webhook-signature", signature);
        }
        match request.send(body.as_bytes()) {
            Ok(answer) => response::judge(&self.host, answer.status(), answer.headers()),
            Err(error) => Err(response::failure(&self.host, &error)),
        }
    }
}

fn config(roots: RootCerts) -> ureq::config::Config {
    Agent::config_builder()
        .https_only(true)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // A proxy would connect to addresses that nobody here has looked at.
        .proxy(None)
        .max_idle_connections(0)
        .max_response_header_size(RESPONSE_HEAD_BYTES_MAX)
        .user_agent(concat!("audited/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
}

/// The host that the address names, which must be one of HTTPS without a password in it.
fn host(url: &str, mistakes: &mut Vec<String>) -> Option<String> {
    let mut refuse = |mistake: &str| {
        mistakes.push(mistake.to_owned());
        None
    };
    let Ok(uri) = url.parse::<Uri>() else {
        return refuse("the address cannot be read; write https://HOST/PATH");
    };
    if uri.scheme_str() != Some("https") {
        return refuse("the address does not begin with https://, and nothing else is used");
    }
    match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => {
            refuse("the address has a user or a password in it, which is not supported")
        }
        Some(authority) if !authority.host().is_empty() => Some(authority.host().to_owned()),
        _ => refuse("the address names no host; write https://HOST/PATH"),
    }
}

/// The certificates in PEM, if there is one at least and all can be read.
fn roots(pem: &[u8]) -> Option<RootCerts> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.ok()? {
            certificates.push(certificate);
        }
    }
    (!certificates.is_empty()).then(|| RootCerts::new_with_certs(&certificates))
}

/// Shows the host, and nothing of the rest of the address.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.host).finish_non_exhaustive()
    }
}
