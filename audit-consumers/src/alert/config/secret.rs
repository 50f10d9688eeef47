//! Where a secret of a channel is kept: a variable or a file, and never the settings themselves.

#[cfg(unix)]
mod modes;
#[cfg(not(unix))]
#[path = "secret/modes_absent.rs"]
mod modes;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use audit_runtime::Sensitive;

/// The longest secret that is read from a file, in bytes.
const BYTES_MAX: u64 = 64 * 1024;

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretPlace {
    Variable(String),
    File(PathBuf),
}

impl SecretPlace {
    /// Reads `env:NAME` or `file:PATH`; `None` if it is neither, which may be the secret itself.
    pub(super) fn parse(text: &str, base: &Path) -> Option<Self> {
        match text.split_once(':')? {
            ("env", name) if is_variable(name) => Some(Self::Variable(name.to_owned())),
            ("file", path) if !path.is_empty() => Some(Self::File(base.join(path))),
            _ => None,
        }
    }

    /// Reads the secret, without the end of its line.
    ///
    /// # Errors
    /// Says why it cannot be had.
    pub(super) fn read(&self, key: &str) -> Result<Sensitive<String>, String> {
        let text = match self {
            Self::Variable(name) => std::env::var(name).map(Sensitive::from).map_err(|_| {
                format!("the variable {name}, which `{key}` names, is not set; set it")
            })?,
            Self::File(path) => read_file(path).map_err(|error| {
                let path = path.display();
                let advice = match error.kind() {
                    ErrorKind::NotFound => "; check the path",
                    ErrorKind::PermissionDenied => "; let the user of this process read it",
                    _ => "",
                };
                format!("cannot use the file {path}, which `{key}` names: {error}{advice}")
            })?,
        };
        let secret = Sensitive::from(text.expose().trim_end_matches(['\r', '\n']).to_owned());
        if secret.expose().is_empty() {
            return Err(format!("what `{key}` names is empty; put the secret there"));
        }
        Ok(secret)
    }
}

fn read_file(path: &Path) -> std::io::Result<Sensitive<String>> {
    use std::io::Read as _;

    let file = File::open(path)?;
    modes::refuse_open(&file, path)?;
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(Sensitive::from(text))
}

/// True for a name in capitals, as variables have it. Later errors show the name, so a password that
/// was written in its place should not pass for one.
fn is_variable(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    begins && name.bytes().all(fits)
}
