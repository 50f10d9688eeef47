//! The texts that the rules read: every file of the workspace that people write.

use std::fs;
use std::path::Path;

/// One file: its path from the workspace's root, with `/` between the parts, and its text.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every file of the workspace that people write, by kind, in the order of their paths.
pub(crate) struct Workspace {
    /// Rust.
    pub(crate) sources: Vec<Source>,
    /// `Cargo.toml`.
    pub(crate) manifests: Vec<Source>,
    /// Everything else that is text: pages, settings, scripts; manifests too.
    pub(crate) texts: Vec<Source>,
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = Vec::new();
        collect(root, "", &mut files);
        files.sort_by(|left, right| left.path.cmp(&right.path));
        let is_rust = |file: &Source| file.path.ends_with(".rs");
        let is_manifest = |file: &Source| file.path.ends_with("Cargo.toml");
        let (sources, texts): (Vec<_>, Vec<_>) = files.into_iter().partition(is_rust);
        assert!(sources.len() > 20, "the workspace was not found");
        let manifests = texts.iter().filter(|text| is_manifest(text)).cloned().collect();
        Self { sources, manifests, texts }
    }

    /// The text of one page; empty if there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        let page = self.texts.iter().find(|text| text.path == path);
        page.map_or("", |page| &page.text)
    }
}

impl Source {
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// True for files that the UI tests compile on their own, some of which must not compile.
    pub(crate) fn is_ui_case(&self) -> bool {
        self.path.starts_with("tests/ui/") && !self.path.ends_with("/main.rs")
    }

    /// The file's path below `audit-runtime/src`, if it is there.
    pub(crate) fn in_runtime(&self) -> Option<&str> {
        self.path.strip_prefix("audit-runtime/src/")
    }

    /// The file's path below `audit-journal/src`, if it is there.
    pub(crate) fn in_journal(&self) -> Option<&str> {
        self.path.strip_prefix("audit-journal/src/")
    }
}

/// Adds the files below `root/inner`, but for what is built, hidden or made by a tool.
fn collect(root: &Path, inner: &str, files: &mut Vec<Source>) {
    for entry in fs::read_dir(root.join(inner)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{inner}{name}");
        if entry.file_type().unwrap().is_dir() {
            let skipped = name == "target" || (name.starts_with('.') && name != ".ci");
            if !skipped {
                collect(root, &format!("{path}/"), files);
            }
        } else if is_written_by_people(&path) {
            let text = fs::read_to_string(entry.path()).unwrap();
            files.push(Source { path, text });
        }
    }
}

fn is_written_by_people(path: &str) -> bool {
    [".rs", ".md", ".toml", ".sh"].iter().any(|end| path.ends_with(end))
        || path.starts_with(".ci/")
        || ["benches/weight", "benches/probe", "benches/checking"].contains(&path)
}
