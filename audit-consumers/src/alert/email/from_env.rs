//! E-mail by the variables that many deployments have set already.

use audit_runtime::Sensitive;

use super::{Email, EmailOptions, SettingsError};

/// The variables that must be set, and the one that may be.
pub(crate) const REQUIRED: [&str; 5] =
    ["SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASS", "SECURITY_TEAM_EMAIL"];
pub(crate) const FROM: &str = "SMTP_FROM";

impl Email {
    /// A sender of e-mail by `SMTP_HOST`, `SMTP_PORT`, `SMTP_USER`, `SMTP_PASS` and
    /// `SECURITY_TEAM_EMAIL`, which may name several recipients with commas between them. Port 465 means
    /// TLS from the first byte, any other STARTTLS. `SMTP_FROM` may name the sender; else it is
    /// `SMTP_USER` if that is an address, else the first recipient.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    pub(crate) fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let missing = REQUIRED.iter().filter(|name| set(name).is_none());
        let mut mistakes: Vec<String> =
            missing.map(|name| format!("the variable {name} is not set; set it")).collect();
        let port = set("SMTP_PORT").map(|text| text.trim().parse::<u16>());
        if let Some(Err(_)) | Some(Ok(0)) = port {
            mistakes
                .push("the variable SMTP_PORT is no port; write a number from 1 to 65535".into());
        }
        let user = set("SMTP_USER").unwrap_or_default();
        let to = set("SECURITY_TEAM_EMAIL").unwrap_or_default();
        let names_recipient = !to.is_empty();
        let to: Vec<String> = to.split(',').map(|to| to.trim().to_owned()).collect();
        let sender = set(FROM).or_else(|| Some(user.clone()).filter(|user| user.contains('@')));
        let options = EmailOptions {
            host: set("SMTP_HOST").unwrap_or_default().trim().to_owned(),
            port: port.and_then(Result::ok),
            tls: None,
            account: Some((user, Sensitive::from(set("SMTP_PASS").unwrap_or_default()))),
            from: sender.unwrap_or_else(|| to.first().cloned().unwrap_or_default()),
            to,
            ca: None,
        };
        let is_complete = mistakes.is_empty();
        match Self::new(options) {
            Ok(email) if is_complete => Ok(email),
            Ok(_) => Err(SettingsError::all(mistakes)),
            Err(error) => {
                // What is missing is named already; what is wrong beside that is not.
                let told = |mistake: &&str| {
                    is_complete || (names_recipient && mistake.contains("no address"))
                };
                mistakes.extend(error.mistakes().filter(told).map(str::to_owned));
                Err(SettingsError::all(mistakes))
            }
        }
    }
}
