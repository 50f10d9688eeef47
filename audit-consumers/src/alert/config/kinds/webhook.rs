//! The settings of a channel of the kinds `webhook` and `slack`.

use std::path::PathBuf;
use std::sync::Arc;

use audit_runtime::Sensitive;

use super::Made;
use crate::alert::config::secret::SecretPlace;
use crate::alert::config::section::Section;
use crate::alert::webhook::{Form, SigningKey, Webhook, WebhookOptions};

#[derive(Debug)]
pub(in crate::alert::config) struct WebhookSettings {
    url: Url,
    /// The key that signs; none for Slack.
    secret: Option<SecretPlace>,
    allow_private: bool,
    ca_file: Option<PathBuf>,
}

/// An address, which may be a secret or not.
#[derive(Debug)]
enum Url {
    Written(Sensitive<String>),
    Kept(SecretPlace),
}

impl WebhookSettings {
    /// Slack knows its senders by the address alone, so that must be a secret.
    pub(super) fn read(section: &mut Section<'_, '_>, is_slack: bool) -> Option<Self> {
        section.need("url");
        let url = if is_slack { section.secret("url").map(Url::Kept) } else { url(section) };
        let secret = if is_slack {
            None
        } else {
            section.need("secret");
            section.secret("secret")
        };
        let allow_private = section.flag("allow_private").unwrap_or(false);
        let ca_file = section.path("ca_file");
        Some(Self { url: url?, secret, allow_private, ca_file })
    }

    pub(super) fn notifier(&self) -> Made {
        let mut mistakes = Vec::new();
        let url = match &self.url {
            Url::Written(url) => Ok(url.clone()),
            Url::Kept(place) => place.read("url"),
        };
        let url = url.map_err(|mistake| mistakes.push(mistake)).ok();
        let form = self.form().map_err(|mistake| mistakes.push(mistake)).ok();
        let ca = super::ca(self.ca_file.as_deref(), &mut mistakes);
        let Some(url) = url else { return Err(mistakes) };
        // The address is looked at also where the key cannot be had, so that all mistakes are told.
        let form = form.unwrap_or(Form::Slack);
        let allow_private = self.allow_private;
        match Webhook::new(WebhookOptions { url, form, allow_private, ca }) {
            Ok(webhook) if mistakes.is_empty() => Ok(Arc::new(webhook)),
            Ok(_) => Err(mistakes),
            Err(error) => {
                Err(mistakes.into_iter().chain(error.mistakes().map(str::to_owned)).collect())
            }
        }
    }

    fn form(&self) -> Result<Form, String> {
        let Some(place) = &self.secret else { return Ok(Form::Slack) };
        let key = SigningKey::parse(place.read("secret")?.expose());
        key.map(Form::Standard).ok_or_else(|| {
            "what `secret` names is no key: write `whsec_` and 24 to 64 bytes in base64".to_owned()
        })
    }
}

/// The address itself, or the place where it is kept.
fn url(section: &mut Section<'_, '_>) -> Option<Url> {
    let text = Sensitive::from(section.text("url")?);
    let kept = SecretPlace::parse(text.expose(), section.base);
    Some(kept.map_or(Url::Written(text), Url::Kept))
}
