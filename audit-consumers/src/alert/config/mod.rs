//! The channels that `audited.toml` sets up, in the sections `[alerts.channel.NAME]`.

mod kinds;
#[cfg_attr(
    not(all(feature = "email", feature = "webhook")),
    allow(dead_code, reason = "a build without a kind has less to read")
)]
mod secret;
#[cfg_attr(
    not(all(feature = "email", feature = "webhook")),
    allow(dead_code, reason = "a build without a kind has less to read")
)]
mod section;
#[cfg(test)]
#[cfg(all(feature = "email", feature = "webhook"))]
mod tests;

use std::fs;
use std::io;
use std::path::Path;

use audit_syntax::{nearest, quoted};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Channel;

/// Settings of alerts that cannot be used, with all mistakes in them.
pub use audit_syntax::Mistakes as SettingsError;

use kinds::ChannelSettings;
use section::Section;

/// The file that is read in the current directory: the same that a recorder reads.
const FILE: &str = "audited.toml";

/// What stands in `[alerts]`.
const ALERTS_KEYS: [&str; 1] = ["channel"];

const NAME_BYTES_MAX: usize = 40;

/// The variable without which the others of [`Email::from_env`](super::Email::from_env) may well be meant
/// for other mail.
const RECIPIENT: &str = "SECURITY_TEAM_EMAIL";

/// The channels of alerts, checked; their secrets are read when the channels are made.
#[derive(Debug, Default)]
pub struct Settings {
    channels: Vec<ChannelSettings>,
}

impl Settings {
    /// Reads `audited.toml` in the current directory, if it is there.
    ///
    /// Without a channel in it, the variable `SECURITY_TEAM_EMAIL` and those beside it make one: e-mail
    /// for alerts that are `medium` or graver.
    ///
    /// # Errors
    /// Names every mistake.
    pub fn load() -> Result<Self, SettingsError> {
        Self::parse(Path::new(FILE), &file_here()?)
    }

    /// Reads the file at `path`, which must be there, as [`load`](Self::load) does.
    ///
    /// # Errors
    /// Fails when the file cannot be read; else names every mistake.
    pub fn load_file(path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        let path = path.as_ref();
        Self::parse(path, &readable(path, fs::read_to_string(path))?)
    }

    /// Makes the channels of `audited.toml` in the current directory, as [`load`](Self::load) and
    /// [`channels`](Self::channels) do, and tells the mistakes of both at once.
    ///
    /// # Errors
    /// Names every mistake in the file, and every secret that the channels without one cannot be made
    /// with.
    pub fn load_channels() -> Result<Vec<Channel>, SettingsError> {
        Self::made(Path::new(FILE), &file_here()?, is_mail_asked())
    }

    fn made(
        file: &Path,
        text: &str,
        mail_by_variables: bool,
    ) -> Result<Vec<Channel>, SettingsError> {
        let (settings, mut mistakes) = Self::found(file, text, mail_by_variables);
        let channels = settings.channels();
        if let Err(error) = &channels {
            mistakes.extend(error.mistakes().map(str::to_owned));
        }
        SettingsError::unless_none(mistakes)?;
        channels
    }

    /// Reads the text of a file; relative paths in it start at the directory of `file`.
    ///
    /// # Errors
    /// Names every mistake.
    pub fn parse(file: &Path, text: &str) -> Result<Self, SettingsError> {
        Self::read(file, text, is_mail_asked())
    }

    fn read(file: &Path, text: &str, mail_by_variables: bool) -> Result<Self, SettingsError> {
        let (settings, mistakes) = Self::found(file, text, mail_by_variables);
        SettingsError::unless_none(mistakes)?;
        Ok(settings)
    }

    /// The channels without a mistake, and all mistakes of the others.
    fn found(file: &Path, text: &str, mail_by_variables: bool) -> (Self, Vec<String>) {
        let mut mistakes = Vec::new();
        let (mut channels, mut names) = (Vec::new(), Vec::new());
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            // The message alone: the error would show the line, which may hold a secret.
            let place = place(file, text, error.span().map_or(0, |span| span.start));
            mistakes.push(format!("{place}: not TOML: {}", quoted(error.message())));
        }
        if errors.is_empty() {
            let mut read = |name: &str, offset: usize, value: &DeValue<'_>| {
                let at = |offset| place(file, text, offset);
                names.push(name.to_owned());
                channels.extend(channel(file, name, at(offset), value, &at, &mut mistakes));
            };
            let odd = each_channel(table.get_ref(), &mut read);
            mistakes.extend(
                odd.into_iter()
                    .map(|(offset, told)| format!("{}: {told}", place(file, text, offset))),
            );
        }
        mistakes.extend(unknown_heirs(&channels, &names));
        if names.is_empty() && mistakes.is_empty() && mail_by_variables {
            channels.push(ChannelSettings::by_variables());
        }
        (Self { channels }, mistakes)
    }

    /// The names of the channels, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.channels.iter().map(|channel| channel.name.as_str())
    }

    /// Makes the channels, with their secrets from where these are kept.
    ///
    /// # Errors
    /// Names every secret that cannot be read, and everything else that a channel cannot be made of.
    pub fn channels(&self) -> Result<Vec<Channel>, SettingsError> {
        let mut mistakes = Vec::new();
        let mut channels = Vec::new();
        for settings in &self.channels {
            match settings.channel() {
                Ok(channel) => channels.push(channel),
                Err(told) => {
                    let place = |mistake| format!("{}: {mistake}", settings.place);
                    mistakes.extend(told.into_iter().map(place));
                }
            }
        }
        SettingsError::unless_none(mistakes)?;
        Ok(channels)
    }
}

/// The file in the current directory; nothing where there is none.
fn file_here() -> Result<String, SettingsError> {
    match fs::read_to_string(FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => readable(Path::new(FILE), read),
    }
}

/// The text of a file that was read.
fn readable(path: &Path, read: io::Result<String>) -> Result<String, SettingsError> {
    read.map_err(|error| {
        let path = quoted(&path.display().to_string());
        SettingsError::one(format!("cannot read {path}: {error}; check the path and its mode"))
    })
}

/// True if the variables ask for mail.
fn is_mail_asked() -> bool {
    std::env::var_os(RECIPIENT).is_some_and(|value| !value.is_empty())
}

/// Calls `read` for every channel in the order of the file; returns what else is in `[alerts]`.
fn each_channel(
    table: &DeTable<'_>,
    read: &mut dyn FnMut(&str, usize, &DeValue<'_>),
) -> Vec<(usize, String)> {
    let mut odd = Vec::new();
    let Some((key, alerts)) = table.iter().find(|(key, _)| key.get_ref() == "alerts") else {
        return odd;
    };
    let DeValue::Table(alerts) = alerts.get_ref() else {
        let told =
            "`alerts` is a section; write `[alerts.channel.NAME]` and its keys in lines below it";
        return vec![(Spanned::span(key).start, told.to_owned())];
    };
    for (key, value) in in_order(alerts) {
        let offset = Spanned::span(key).start;
        match value.get_ref() {
            DeValue::Table(channels) if key.get_ref() == "channel" => {
                for (name, value) in in_order(channels) {
                    read(name.get_ref(), Spanned::span(name).start, value.get_ref());
                }
            }
            _ if key.get_ref() == "channel" => {
                odd.push((
                    offset,
                    "`alerts.channel` is a section; write `[alerts.channel.NAME]`".into(),
                ));
            }
            _ => odd.push((offset, section::unknown("alerts.", key.get_ref(), &ALERTS_KEYS))),
        }
    }
    odd
}

/// The settings of one channel, if all of them are good.
fn channel(
    file: &Path,
    name: &str,
    place: String,
    value: &DeValue<'_>,
    at: &dyn Fn(usize) -> String,
    mistakes: &mut Vec<String>,
) -> Option<ChannelSettings> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
        mistakes.push(format!(
            "{place}: {} is no name of a channel; write letters, digits, `-` and `_`, {NAME_BYTES_MAX} at most",
            quoted(name)
        ));
        return None;
    }
    let DeValue::Table(keys) = value else {
        mistakes.push(format!("{place}: `{name}` is a section; write `[alerts.channel.{name}]`"));
        return None;
    };
    let base = file.parent().unwrap_or(Path::new(""));
    let mut section = Section::new(name, place, keys, at, base, mistakes);
    ChannelSettings::read(&mut section)
}

/// A channel that hands over to one that is not there; `names` has those with mistakes, too.
fn unknown_heirs(channels: &[ChannelSettings], names: &[String]) -> Vec<String> {
    let told = channels.iter().filter_map(|channel| {
        let heir = channel.escalates_to.as_deref()?;
        let place = &channel.place;
        if heir == channel.name {
            return Some(format!("{place}: `escalates_to` names the channel itself; name another"));
        }
        if names.iter().any(|name| name == heir) {
            return None;
        }
        let meant = nearest(heir, names.iter().map(String::as_str));
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        let heir = quoted(heir);
        Some(format!("{place}: `escalates_to` names {heir}, which is no channel here{meant}"))
    });
    told.collect()
}

fn in_order<'a, 'd>(
    table: &'a DeTable<'d>,
) -> Vec<(&'a Spanned<std::borrow::Cow<'d, str>>, &'a Spanned<DeValue<'d>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| Spanned::span(key).start);
    entries
}

fn place(file: &Path, text: &str, offset: usize) -> String {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("{} line {line}", file.display())
}
