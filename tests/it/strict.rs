//! A whole workspace is strict by its manifest: a real one, checked by a real Cargo.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const SOURCE: &str = "
#[derive(audit_runtime::Redact)]
pub struct Login {
    #[sensitive]
    password: String,
}

#[derive(audit_runtime::Redact)]
pub struct Wrapped {
    #[sensitive]
    password: audit_runtime::Sensitive<String>,
}
";

/// A workspace with one package.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().expect("a temporary directory"));
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let runtime = here.parent().expect("the workspace of the tests").join("audit-runtime");
        workspace.write(
            "member/Cargo.toml",
            &format!(
                "[package]\nname = \"member\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\naudit-runtime = {{ path = {runtime:?}, default-features = false }}\n"
            ),
        );
        workspace.write("member/src/lib.rs", SOURCE);
        let lock = fs::read_to_string(here.join("../Cargo.lock")).expect("our lock file");
        workspace.write("Cargo.lock", &lock);
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// What Cargo says of the workspace whose manifest says `metadata`; nothing if all is well.
    fn check(&self, metadata: &str) -> String {
        let members = "[workspace]\nresolver = \"3\"\nmembers = [\"member\"]\n";
        self.write("Cargo.toml", &format!("{members}{metadata}"));
        let output = Command::new(env::var_os("CARGO").expect("tests are run by Cargo"))
            .args(["check", "--offline", "--quiet", "--color=never"])
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("strict"))
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", "--allow=dead_code")
            .current_dir(self.0.path())
            .output()
            .expect("Cargo runs");
        let said = String::from_utf8(output.stderr).expect("Cargo writes UTF-8");
        assert_eq!(output.status.success(), said.is_empty(), "{said}");
        said
    }
}

#[test]
fn a_workspace_is_strict_as_soon_as_its_manifest_says_so() {
    let workspace = Workspace::new();
    assert_eq!(workspace.check(""), "");
    // Only the manifest changes, and the package is checked anew.
    for strict in [
        "[workspace.metadata.audited]\nstrict = true\n",
        "metadata = { audited = { strict = true } }\n",
    ] {
        let said = workspace.check(strict);
        let message =
            "a sensitive field of a strict type is a `Sensitive<…>`, and this one is `String`";
        assert_eq!(said.matches(message).count(), 1, "{said}");
        assert!(said.contains("member/src/lib.rs:5:15"), "{said}");
        assert_eq!(workspace.check("metadata.audited.strict = false\n"), "");
    }
    let said = workspace.check("[workspace.metadata.audited]\nstirct = true\n");
    let message = "Cargo.toml:5: `metadata.audited` is a table that accepts only `strict = true`";
    assert_eq!(said.matches(message).count(), 1, "{said}");
}
