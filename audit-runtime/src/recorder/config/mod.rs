//! A recorder's settings from `audited.toml` and from the environment.

mod file;
mod keys;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Recorder, RecorderBuilder};
use audit_redact::keys::file as key_file;
use audit_redact::{HashKey, Keys};
use audit_syntax::{nearest, quoted};

/// A configuration that cannot be used, with all mistakes in it.
pub use audit_syntax::Mistakes as ConfigError;

use keys::{KEYS, Key, PREFIX};
use value::{Value, Written};

/// Settings of a recorder, read from `audited.toml` and the environment.
///
/// A call to the [`RecorderBuilder`] comes before a variable, that before the file, and that before
/// the default. The variable of a key is its name in capitals behind `AUDIT_`, with two underscores
/// for the full stop of a section: `AUDIT_WAIT_MS_MAX`, `AUDIT_SERVICE__NAME`.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = audit_runtime::Config::load()?.recorder()?.service("shop", "1.4.0").install()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Config {
    settings: BTreeMap<String, Setting>,
}

/// A checked value with the place where it was found.
#[derive(Clone)]
struct Setting {
    place: String,
    value: Value,
}

/// The days of all classes that have none of their own.
const DEFAULT_DAYS: &str = "retention.default_days";

impl Config {
    /// The file that is read in the current directory.
    pub const FILE: &str = "audited.toml";

    /// Reads [`FILE`](Self::FILE) in the current directory, if it is there, and the environment.
    ///
    /// # Errors
    /// Names every mistake in both.
    pub fn load() -> Result<Self, ConfigError> {
        match fs::read_to_string(Self::FILE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::parse(Path::new(Self::FILE), "", std::env::vars_os())
            }
            read => Self::of_file(Path::new(Self::FILE), read),
        }
    }

    /// Reads the same as a service of this journal would here: if another journal is named there, nothing.
    ///
    /// # Errors
    /// Fails as [`load`](Self::load) does.
    pub fn for_journal(journal: &Path) -> Result<Self, ConfigError> {
        let config = Self::load()?;
        let is_same = |named: &Path| match (named.canonicalize(), journal.canonicalize()) {
            (Ok(named), Ok(journal)) => named == journal,
            _ => false,
        };
        Ok(if config.journal().is_none_or(is_same) { config } else { Self::default() })
    }

    /// Reads the file at `path`, which must be there, and the environment.
    ///
    /// # Errors
    /// Fails when the file cannot be read; else names every mistake in both.
    pub fn load_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::of_file(path.as_ref(), fs::read_to_string(path.as_ref()))
    }

    fn of_file(path: &Path, read: io::Result<String>) -> Result<Self, ConfigError> {
        let text = read.map_err(|error| {
            let path = quoted(&path.display().to_string());
            ConfigError::one(format!("cannot read {path}: {error}; check the path and its mode"))
        })?;
        Self::parse(path, &text, std::env::vars_os())
    }

    /// Reads the text of a file, and variables in place of the process's own. Relative paths in the
    /// text start at the directory of `file`, those in variables at the current one.
    ///
    /// Variables that begin with `AUDIT_` and look like no setting belong to other programs.
    ///
    /// # Errors
    /// Names every mistake in both.
    pub fn parse(
        file: &Path,
        text: &str,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let mut mistakes = Vec::new();
        let base = file.parent().unwrap_or(Path::new(""));
        file::read(file, text, &mut mistakes, |place, key, name, written| {
            config.set(place, key, name, written, base)
        });
        for (name, written) in variables {
            mistakes.extend(config.set_variable(&name, written).err());
        }
        mistakes.extend(config.contradictions());
        ConfigError::unless_none(mistakes)?;
        Ok(config)
    }

    /// The journal's directory, if one is named.
    pub fn journal(&self) -> Option<&Path> {
        match self.value("journal")? {
            Value::Journal(path) => Some(path),
            _ => None,
        }
    }

    /// The group that may read the journal, if one is named.
    pub fn group(&self) -> Option<u32> {
        self.number("group").and_then(|id| u32::try_from(id).ok())
    }

    /// At how many bytes a segment ends, if that is set.
    pub fn segment_bytes_max(&self) -> Option<u64> {
        self.number("segment_bytes_max")
    }

    /// How old a segment must be at the least before it may be pruned, if that is set.
    pub fn retention_days_min(&self) -> Option<u32> {
        self.number("retention_days_min").and_then(|days| u32::try_from(days).ok())
    }

    /// For how many days records are kept whose class has no days of its own, if that is set.
    pub fn retention_default_days(&self) -> Option<u64> {
        match self.value(DEFAULT_DAYS)? {
            Value::Days(days) => Some(*days),
            _ => None,
        }
    }

    /// The classes of records that are kept for a time of their own, and for how many days.
    pub fn retention_days(&self) -> impl Iterator<Item = (&str, u64)> {
        let days = self.settings.iter().filter(|(name, _)| *name != DEFAULT_DAYS);
        days.filter_map(|(name, setting)| match setting.value {
            Value::Days(days) => Some((name.strip_prefix("retention.")?, days)),
            _ => None,
        })
    }

    /// The file of the key that a recorder of `journal` uses; `None` if `hash_key` names the key.
    pub fn key_file(&self, journal: &Path) -> Option<PathBuf> {
        match (self.value("hash_key"), self.value("key_file")) {
            (Some(_), _) => None,
            (None, Some(Value::Path(path, _))) => Some(path.clone()),
            (None, _) => key_file::beside(journal, ".key").ok(),
        }
    }

    /// The file of the keys with which a recorder of `journal` signs it.
    pub fn signing_key_file(&self, journal: &Path) -> Option<PathBuf> {
        match self.value("signing_key_file") {
            Some(Value::Path(path, _)) => Some(path.clone()),
            _ => key_file::beside(journal, ".signing").ok(),
        }
    }

    /// The key of the keyed hashes, as a recorder of `journal` would read it; `None` if it has yet
    /// to be made.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub fn key(&self, journal: &Path) -> Result<Option<HashKey>, ConfigError> {
        if let Some(setting) = self.settings.get("hash_key")
            && let Value::Secret(secret, _) = &setting.value
        {
            return secret.read(Some(journal)).map(Some).map_err(|why| setting.mistake(&why));
        }
        let Some(path) = self.key_file(journal).filter(|path| path.exists()) else {
            return Ok(None);
        };
        let unread = |cause| super::Error::KeyFile { path: path.clone(), cause };
        let key = key_file::read_existing(&path, key_file::owner(Some(journal))).map_err(unread);
        let key = key.map(|key| Some(HashKey::from_bytes(*key)));
        key.map_err(|error| ConfigError::one(error.to_string()))
    }

    /// The keys that seal values, as a recorder of `journal` would read them.
    ///
    /// # Errors
    /// Says why they cannot be read.
    pub fn sealing_keys(&self, journal: &Path) -> Result<Keys, ConfigError> {
        let keys = match self.settings.get("keys") {
            Some(setting) => match &setting.value {
                Value::Ring(secret, _) => {
                    let keys = secret.read_ring(Some(journal));
                    keys.map_err(|why| setting.mistake(&why))?.for_journal(journal)
                }
                _ => Keys::beside(journal),
            },
            None => Keys::beside(journal),
        };
        keys.map_err(|cause| ConfigError::one(cause.to_string()))
    }

    /// The names of all settings that are made, in their alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.settings.keys().map(String::as_str)
    }

    /// A recorder's settings; calls to the builder come before them.
    ///
    /// # Errors
    /// Fails when no journal is named, or a secret cannot be read.
    pub fn recorder(&self) -> Result<RecorderBuilder, ConfigError> {
        let Some(journal) = self.journal() else {
            return Err(ConfigError::one(format!(
                "no journal is named: write `journal = \"PATH\"` in {}, or set {PREFIX}JOURNAL",
                Self::FILE
            )));
        };
        let mut builder = Recorder::builder(journal);
        for setting in self.settings.values() {
            builder = setting.value.apply(builder).map_err(|why| setting.mistake(&why))?;
        }
        Ok(builder)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.settings.get(name).map(|setting| &setting.value)
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Number(number, _) => Some(*number),
            _ => None,
        }
    }

    fn set(
        &mut self,
        place: String,
        key: &'static Key,
        name: &str,
        written: Written,
        base: &Path,
    ) -> Result<(), String> {
        let checked = Value::check(key, name, written, base);
        let value = checked.map_err(|mistake| format!("{place}: {mistake}"))?;
        self.settings.insert(name.to_owned(), Setting { place, value });
        Ok(())
    }

    fn set_variable(&mut self, name: &OsString, written: OsString) -> Result<(), String> {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            return Ok(());
        };
        let Some((key, setting)) = keys::named_by(name) else {
            return nearest(name, KEYS.iter().map(Key::variable)).map_or(Ok(()), |nearest| {
                Err(format!("the variable {} is no setting; did you mean {nearest}?", quoted(name)))
            });
        };
        let place = format!("the variable {name}");
        match written.into_string() {
            Ok(text) => self.set(place, key, &setting, Written::Variable(text), Path::new("")),
            Err(_) => Err(format!("{place}: `{setting}` is not UTF-8; write it so")),
        }
    }

    fn contradictions(&self) -> Vec<String> {
        let both = Key::CONTRADICTIONS.iter().filter_map(|(one, other)| {
            let (first, second) = (self.settings.get(*one)?, self.settings.get(*other)?);
            Some(format!(
                "{}: `{one}` and `{other}` ({}) contradict each other; leave one out",
                first.place, second.place
            ))
        });
        let inside =
            ["key_file", "signing_key_file", "anchor_directory"].into_iter().filter_map(|name| {
                let setting = self.settings.get(name)?;
                let lies_inside = matches!((&setting.value, self.journal()),
                (Value::Path(path, _), Some(journal)) if path.starts_with(journal));
                let place = &setting.place;
                lies_inside.then(|| {
                    format!(
                        "{place}: `{name}` lies in the journal's directory; give it a place outside"
                    )
                })
            });
        both.chain(inside).collect()
    }
}

impl Setting {
    fn mistake(&self, why: &str) -> ConfigError {
        ConfigError::one(format!("{}: {why}", self.place))
    }
}

/// Shows which settings are made, and no value.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.settings.iter().map(|(name, setting)| (name, &setting.place));
        f.debug_map().entries(places).finish()
    }
}
