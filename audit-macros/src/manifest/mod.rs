//! What `Cargo.toml` demands of every type of a package or of a workspace.

mod toml;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{env, fs, io};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use self::toml::{Assignment, Unclear};

/// What the manifests say, as far as macros follow it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifests {
    /// Every field marked `#[sensitive]` is a `Sensitive<T>`.
    pub(crate) strict: bool,
    /// What is wrong with them.
    mistakes: Vec<String>,
    /// The files whose change may change what they say.
    files: Vec<PathBuf>,
}

/// What the manifests of the package that is being compiled say; without Cargo there are none.
///
/// They are read once in a process. The tokens belong in the output of the macro that asks first:
/// they report what is wrong with the manifests, and have the package compiled anew when one changes.
pub(crate) fn current() -> (Manifests, TokenStream) {
    static KNOWN: Mutex<Option<HashMap<PathBuf, Manifests>>> = Mutex::new(None);
    let Some(package) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return (Manifests::default(), TokenStream::new());
    };
    // What another thread left there before it panicked is as true as ever.
    let mut known = KNOWN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let known = known.get_or_insert_default();
    if let Some(manifests) = known.get(&package) {
        return (manifests.clone(), TokenStream::new());
    }
    let manifests = Manifests::of(&package);
    known.insert(package, manifests.clone());
    let tokens = manifests.tokens();
    (manifests, tokens)
}

impl Manifests {
    fn of(package: &Path) -> Self {
        let mut manifests = Self::default();
        let Some(own) = manifests.read(&package.join("Cargo.toml")) else {
            return manifests;
        };
        let root = if own.is_root || is_foreign(package) {
            None
        } else if let Some(root) = &own.root {
            manifests.read(&package.join(root).join("Cargo.toml"))
        } else {
            manifests.root_above(package)
        };
        let of_all = root.as_ref().unwrap_or(&own).of_workspace.as_ref();
        let of_one = own.of_package.as_ref();
        if let (Some((false, place)), Some((true, by))) = (of_one, of_all) {
            manifests.mistakes.push(format!(
                "{place}: the whole workspace is strict ({by}), and no package of it can be less: \
                 remove this line"
            ));
        }
        manifests.strict = of_one.into_iter().chain(of_all).any(|(strict, _)| *strict);
        manifests
    }

    /// The manifest of the workspace that a package in `folder` belongs to, as Cargo looks for it.
    fn root_above(&mut self, folder: &Path) -> Option<Manifest> {
        for above in folder.ancestors().skip(1) {
            let path = above.join("Cargo.toml");
            if !path.is_file() {
                continue;
            }
            let manifest = self.read(&path)?;
            let excludes = |part: &String| folder.starts_with(above.join(part));
            if manifest.is_root && !manifest.excluded.iter().any(excludes) {
                return Some(manifest);
            }
        }
        None
    }

    /// Reads one manifest; one that cannot be read is a mistake.
    fn read(&mut self, path: &Path) -> Option<Manifest> {
        self.files.push(path.to_owned());
        match fs::read_to_string(path) {
            Ok(text) => Some(Manifest::of(&text, path, &mut self.mistakes)),
            Err(error) => {
                self.mistakes.push(unreadable(path, &error));
                None
            }
        }
    }

    fn tokens(&self) -> TokenStream {
        let mistakes = self.mistakes.iter();
        let mistakes =
            mistakes.map(|text| syn::Error::new(Span::call_site(), text).into_compile_error());
        let files =
            self.files.iter().filter(|file| file.is_file()).filter_map(|file| file.to_str());
        // The compiler notes the file as one that the package is made of.
        quote! {
            #(#mistakes)*
            #(const _: &[u8] = ::core::include_bytes!(#files);)*
        }
    }
}

/// What one manifest says.
#[derive(Default)]
struct Manifest {
    is_root: bool,
    /// Where it says that the root is.
    root: Option<String>,
    excluded: Vec<String>,
    of_workspace: Option<Strictness>,
    of_package: Option<Strictness>,
}

/// Whether types are strict, and where that stands.
type Strictness = (bool, String);

impl Manifest {
    fn of(text: &str, path: &Path, mistakes: &mut Vec<String>) -> Self {
        let place = |line: usize| format!("{}:{line}", path.display());
        let mut manifest = Self::default();
        let assignments = toml::assignments(text).unwrap_or_else(|Unclear { line, what }| {
            mistakes.push(format!(
                "{}: {what} as far as `#[derive(Redact)]` reads it, which looks for \
                 `[workspace.metadata.audited]`: write it in another form",
                place(line)
            ));
            Vec::new()
        });
        for Assignment { path, value, line } in assignments {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            manifest.is_root |= path[0] == "workspace";
            match path.as_slice() {
                ["package", "workspace"] => manifest.root = toml::strings(value).pop(),
                ["workspace", "exclude"] => manifest.excluded = toml::strings(value),
                [owner @ ("workspace" | "package"), "metadata", "audited", rest @ ..] => {
                    match strictness(rest, value) {
                        Ok(None) => {}
                        Ok(Some(strict)) if *owner == "workspace" => {
                            manifest.of_workspace = Some((strict, place(line)));
                        }
                        Ok(Some(strict)) => manifest.of_package = Some((strict, place(line))),
                        Err(message) => mistakes.push(format!("{}: {message}", place(line))),
                    }
                }
                _ => {}
            }
        }
        manifest
    }
}

/// The value of `strict`, or none for the head of its table.
fn strictness(key: &[&str], value: &str) -> Result<Option<bool>, &'static str> {
    match (key, value) {
        ([], "") => Ok(None),
        (["strict"], "true") => Ok(Some(true)),
        (["strict"], "false") => Ok(Some(false)),
        (["strict"], _) => Err("`strict` is `true` or `false`"),
        _ => Err("`metadata.audited` is a table that accepts only `strict = true`"),
    }
}

/// True for a package that was fetched from elsewhere: no workspace around it is its own.
fn is_foreign(package: &Path) -> bool {
    [".cargo-ok", ".cargo-checksum.json"].iter().any(|mark| package.join(mark).exists())
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!(
        "{}: it cannot be read ({error}), and may demand that every sensitive field is a \
         `Sensitive<T>`: make it readable",
        path.display()
    )
}

#[cfg(test)]
mod tests;
