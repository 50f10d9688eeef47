//! The settings of a channel of the kind `email`.

use std::path::PathBuf;
use std::sync::Arc;

use super::Made;
use crate::alert::config::secret::SecretPlace;
use crate::alert::config::section::Section;
use crate::alert::email::{Email, EmailOptions, Tls};

const TLS: [(Tls, &str); 3] =
    [(Tls::Required, "starttls"), (Tls::Wrapper, "implicit"), (Tls::None, "none")];

#[derive(Debug)]
pub(in crate::alert::config) struct EmailSettings {
    host: String,
    port: Option<u16>,
    tls: Option<Tls>,
    user: Option<String>,
    password: Option<SecretPlace>,
    from: String,
    to: Vec<String>,
    ca_file: Option<PathBuf>,
}

impl EmailSettings {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let host = section.needed("host");
        let port = section.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
        let tls = section.word("tls", &TLS);
        let user = section.text("user");
        let password = section.secret("password");
        let (from, to) = (section.needed("from"), section.texts("to"));
        let ca_file = section.path("ca_file");
        if user.is_some() {
            section.need("password");
        } else if password.is_some() {
            section.need("user");
        }
        Some(Self { host: host?, port, tls, user, password, from: from?, to: to?, ca_file })
    }

    pub(super) fn notifier(&self) -> Made {
        let mut mistakes = Vec::new();
        let mut account = None;
        if let (Some(user), Some(place)) = (&self.user, &self.password) {
            match place.read("password") {
                Ok(password) => account = Some((user.clone(), password)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let ca = super::ca(self.ca_file.as_deref(), &mut mistakes);
        let options = EmailOptions {
            host: self.host.clone(),
            port: self.port,
            tls: self.tls,
            account,
            from: self.from.clone(),
            to: self.to.clone(),
            ca,
        };
        match Email::new(options) {
            Ok(email) if mistakes.is_empty() => Ok(Arc::new(email)),
            Ok(_) => Err(mistakes),
            Err(error) => {
                Err(mistakes.into_iter().chain(error.mistakes().map(str::to_owned)).collect())
            }
        }
    }
}

/// E-mail by the variables of the environment.
pub(super) fn by_variables() -> Made {
    match Email::from_env() {
        Ok(email) => Ok(Arc::new(email)),
        Err(error) => Err(error.mistakes().map(str::to_owned).collect()),
    }
}
