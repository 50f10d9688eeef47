//! The settings that a service would find here: the file, the environment and their mistakes.

use std::path::{Path, PathBuf};

use audit_runtime::Config;

use super::report::Report;

const CHECK: &str = "config";

/// Where a segment ends if nothing says otherwise.
const SEGMENT_BYTES_MAX: u64 = 64 << 20;

/// The settings, or the defaults where they cannot be used.
pub(super) struct Settings(Config);

impl Settings {
    pub(super) fn check(report: &mut Report) -> Self {
        match Config::load() {
            Ok(config) => {
                report.ok(CHECK, told(&config));
                Self(config)
            }
            Err(error) => {
                for mistake in error.mistakes() {
                    report.failure(CHECK, mistake);
                }
                Self(Config::default())
            }
        }
    }

    pub(super) fn journal(&self) -> Option<&Path> {
        self.0.journal()
    }

    pub(super) fn group(&self) -> Option<u32> {
        self.0.group()
    }

    pub(super) fn segment_bytes_max(&self) -> u64 {
        self.0.segment_bytes_max().unwrap_or(SEGMENT_BYTES_MAX)
    }

    /// The key's file, unless `hash_key` names the key.
    pub(super) fn key_file(&self, journal: &Path) -> Option<PathBuf> {
        self.0.key_file(journal)
    }

    /// The file of the keys that sign the journal.
    pub(super) fn signing_key_file(&self, journal: &Path) -> Option<PathBuf> {
        self.0.signing_key_file(journal)
    }

    /// True if there is a key, false if it has yet to be made.
    pub(super) fn has_key(&self, journal: &Path) -> Result<bool, String> {
        self.0.key(journal).map(|key| key.is_some()).map_err(|error| error.to_string())
    }

    /// The id of the key that seals new values, if there is one.
    pub(super) fn sealing_key(&self, journal: &Path) -> Result<Option<String>, String> {
        let keys = self.0.sealing_keys(journal).map_err(|error| error.to_string())?;
        let key = keys.sealing(None).map_err(|error| error.to_string())?;
        Ok(key.map(|key| key.id().to_owned()))
    }
}

fn told(config: &Config) -> String {
    let file = if Path::new(Config::FILE).exists() {
        format!("{} is valid", Config::FILE)
    } else {
        format!("there is no {} in the current directory", Config::FILE)
    };
    let keys: Vec<_> = config.keys().collect();
    match keys.as_slice() {
        [] => format!("{file}; no setting is made, the defaults hold"),
        keys => format!("{file}; settings made there or by variables: {}", keys.join(", ")),
    }
}
