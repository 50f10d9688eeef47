//! The settings of one channel: what all kinds share, and the kinds.

#[cfg(feature = "email")]
mod email;
#[cfg(not(feature = "email"))]
#[path = "email_absent.rs"]
mod email;
#[cfg(feature = "webhook")]
mod webhook;
#[cfg(not(feature = "webhook"))]
#[path = "webhook_absent.rs"]
mod webhook;

#[cfg(any(feature = "email", feature = "webhook"))]
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::Severity;

use super::section::Section;
use crate::alert::{Channel, Notifier, Rate};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// What the seed's e-mail was sent for.
const SEVERITY_MIN: Severity = Severity::Medium;

/// How long a delivery may take, in seconds, unless it is said.
const DELIVERY_SECONDS_MAX: u64 = 30;

/// A notifier that can be made, or every mistake that keeps it from being made.
type Made = Result<Arc<dyn Notifier>, Vec<String>>;

/// One channel as the file has it.
#[derive(Debug)]
pub(super) struct ChannelSettings {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) escalates_to: Option<String>,
    severity_min: Severity,
    rate: Rate,
    delivery_time_max: Duration,
    heartbeat: Option<Duration>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Email(email::EmailSettings),
    EmailByVariables,
    Webhook(webhook::WebhookSettings),
}

#[derive(Clone, Copy)]
enum KindName {
    Email,
    Webhook,
    Slack,
}

const KINDS: [(KindName, &str); 3] =
    [(KindName::Email, "email"), (KindName::Webhook, "webhook"), (KindName::Slack, "slack")];

impl ChannelSettings {
    /// Takes the keys of a section; `None` if there is a mistake, which the section keeps.
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        section.need("kind");
        let kind = section.word("kind", &KINDS);
        let severity_min = section
            .word("severity_min", &Severity::ALL.map(|each| (each, each.as_str())))
            .unwrap_or(SEVERITY_MIN);
        let escalates_to = section.text("escalates_to");
        let usual = Rate::default();
        let number = |number: Option<u64>, usual: u32| {
            number.and_then(|number| u32::try_from(number).ok()).unwrap_or(usual)
        };
        let rate = Rate {
            per_minute: number(section.number("rate_per_minute", 1..=6_000), usual.per_minute),
            burst: number(section.number("burst", 1..=1_000), usual.burst),
        };
        let seconds = section.number("delivery_seconds_max", 1..=300);
        let hours = section.number("heartbeat_hours", 1..=8_760);
        let kind = match kind {
            Some(KindName::Email) => email::EmailSettings::read(section).map(Kind::Email),
            Some(KindName::Webhook) => {
                webhook::WebhookSettings::read(section, false).map(Kind::Webhook)
            }
            Some(KindName::Slack) => {
                webhook::WebhookSettings::read(section, true).map(Kind::Webhook)
            }
            // Whatever else there is, nobody can tell whether it is right.
            None => return None,
        };
        if !section.end() {
            return None;
        }
        Some(Self {
            name: section.name.to_owned(),
            place: format!("{} [alerts.channel.{}]", section.place, section.name),
            escalates_to,
            severity_min,
            rate,
            delivery_time_max: Duration::from_secs(seconds.unwrap_or(DELIVERY_SECONDS_MAX)),
            heartbeat: hours.and_then(|hours| HOUR.checked_mul(u32::try_from(hours).ok()?)),
            kind: kind?,
        })
    }

    /// The channel that the variables of [`Email::from_env`](crate::alert::Email::from_env) make.
    pub(super) fn by_variables() -> Self {
        Self {
            name: "email".to_owned(),
            place: "the environment".to_owned(),
            escalates_to: None,
            severity_min: SEVERITY_MIN,
            rate: Rate::default(),
            delivery_time_max: Duration::from_secs(DELIVERY_SECONDS_MAX),
            heartbeat: None,
            kind: Kind::EmailByVariables,
        }
    }

    /// Makes the channel, with its secrets.
    pub(super) fn channel(&self) -> Result<Channel, Vec<String>> {
        let notifier = match &self.kind {
            Kind::Email(settings) => settings.notifier()?,
            Kind::EmailByVariables => email::by_variables()?,
            Kind::Webhook(settings) => settings.notifier()?,
        };
        Ok(Channel {
            name: self.name.clone(),
            severity_min: self.severity_min,
            notifier,
            rate: self.rate,
            delivery_time_max: self.delivery_time_max,
            escalates_to: self.escalates_to.clone(),
            heartbeat: self.heartbeat,
        })
    }
}

/// The certificates in the file, if one is named.
#[cfg(any(feature = "email", feature = "webhook"))]
fn ca(file: Option<&Path>, mistakes: &mut Vec<String>) -> Option<Vec<u8>> {
    let file = file?;
    let read = std::fs::read(file);
    let told = |error| {
        let file = file.display();
        format!("cannot read the file {file}, which `ca_file` names: {error}; check the path")
    };
    read.map_err(|error| mistakes.push(told(error))).ok()
}
