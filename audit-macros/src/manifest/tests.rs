//! Manifests on a real disk, alone and in workspaces.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Manifests;

/// A folder of manifests that goes with the test.
struct Folder(PathBuf);

impl Folder {
    /// Files by their paths from the folder.
    fn of(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("audited-manifests-{}-{count}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        for (path, text) in files {
            let path = folder.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn manifests(&self, package: &str) -> Manifests {
        Manifests::of(&self.0.join(package))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PACKAGE: (&str, &str) = ("a/Cargo.toml", "[package]\nname = \"a\"\n");
const STRICT: &str = "[workspace]\nmembers = [\"a\"]\nmetadata.audited.strict = true\n";

#[track_caller]
fn strict(files: &[(&str, &str)]) -> bool {
    let manifests = Folder::of(files).manifests("a");
    assert_eq!(manifests.mistakes, [""; 0]);
    manifests.strict
}

#[test]
fn a_package_and_a_workspace_can_be_strict() {
    assert!(!strict(&[PACKAGE]));
    assert!(!strict(&[PACKAGE, ("Cargo.toml", "[workspace]\n[workspace.metadata.audited]\n")]));
    assert!(strict(&[PACKAGE, ("Cargo.toml", STRICT)]));
    assert!(strict(&[("a/Cargo.toml", "[package.metadata.audited]\nstrict = true")]));
    // A package that is its own root.
    assert!(strict(&[("a/Cargo.toml", STRICT)]));
}

#[test]
fn the_workspace_is_the_one_that_cargo_finds() {
    // A manifest between the package and the root is no root.
    let between = ("b/Cargo.toml", "[package]\n");
    let package = ("b/a/Cargo.toml", "[package]\n");
    let folder = Folder::of(&[package, between, ("Cargo.toml", STRICT)]);
    assert!(folder.manifests("b/a").strict);
    // A root beside it, by its name.
    let package = ("a/Cargo.toml", "[package]\nworkspace = \"../root\"\n");
    assert!(strict(&[package, ("root/Cargo.toml", STRICT)]));
    // A nearer root hides a farther one.
    let folder = Folder::of(&[
        ("b/a/Cargo.toml", ""),
        ("b/Cargo.toml", "[workspace]"),
        ("Cargo.toml", STRICT),
    ]);
    assert!(!folder.manifests("b/a").strict);
}

#[test]
fn a_package_that_is_no_member_is_left_alone() {
    let excluded = "[workspace]\nexclude = [\"x\", \"a\"]\nmetadata.audited.strict = true\n";
    assert!(!strict(&[PACKAGE, ("Cargo.toml", excluded)]));
    let vendored = ("a/.cargo-checksum.json", "{}");
    assert!(!strict(&[PACKAGE, vendored, ("Cargo.toml", STRICT)]));
}

#[track_caller]
fn mistake(files: &[(&str, &str)], expected: &str) {
    let folder = Folder::of(files);
    let mistakes = folder.manifests("a").mistakes;
    let root = Path::new(&folder.0).display().to_string();
    let mistakes: Vec<String> = mistakes.iter().map(|text| text.replace(&root, "")).collect();
    assert_eq!(mistakes, [expected]);
}

#[test]
fn what_is_not_understood_is_a_mistake_with_its_place() {
    let only = "`metadata.audited` is a table that accepts only `strict = true`";
    let text = "[package]\nmetadata.audited = { strcit = true }\n";
    mistake(&[("a/Cargo.toml", text)], &format!("/a/Cargo.toml:2: {only}"));
    let text = "[workspace.metadata]\naudited = true\n";
    mistake(&[("a/Cargo.toml", text)], &format!("/a/Cargo.toml:2: {only}"));
    let text = "[package.metadata.audited]\nstrict = \"true\"\n";
    mistake(&[("a/Cargo.toml", text)], "/a/Cargo.toml:2: `strict` is `true` or `false`");
    mistake(
        &[("a/Cargo.toml", "[package]\nname\n")],
        "/a/Cargo.toml:2: this is no `key = value` as far as `#[derive(Redact)]` reads it, which \
         looks for `[workspace.metadata.audited]`: write it in another form",
    );
    mistake(
        &[],
        "/a/Cargo.toml: it cannot be read (No such file or directory (os error 2)), and may demand \
         that every sensitive field is a `Sensitive<T>`: make it readable",
    );
}

#[test]
fn a_package_cannot_be_less_strict_than_its_workspace() {
    let package = ("a/Cargo.toml", "[package]\n[package.metadata.audited]\nstrict = false\n");
    let folder = Folder::of(&[package, ("Cargo.toml", STRICT)]);
    let manifests = folder.manifests("a");
    assert!(manifests.strict);
    let mistake = &manifests.mistakes[0];
    assert!(mistake.contains("a/Cargo.toml:3: the whole workspace is strict ("), "{mistake}");
    assert!(mistake.contains("/Cargo.toml:3), and no package of it can be less"), "{mistake}");
}
