//! A PostgreSQL server of the test's own: in a directory that goes with it, on a socket in there.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

/// What brings the server, and the user that it runs as: it refuses to be root.
const INSTALL: &str = "apt-get install --yes postgresql util-linux";
const USER: &str = "postgres";
/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
const PORT: u16 = 5432;

/// It is stopped when dropped.
pub(crate) struct Server(TempDir);

impl Server {
    pub(crate) fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let made = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"];
        run(place.path(), "initdb", &made);
        let options = format!("--options=-F -h '' -p {PORT} -k {}", place.path().display());
        let log = format!("--log={}", place.path().join("log").display());
        run(place.path(), "pg_ctl", &["start", "--wait", &log, &options]);
        Self(place)
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.0.path())
            .port(PORT)
            .username(USER)
            .database(USER)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever fails here must not hide what the test has found.
        _ = command(self.0.path(), "pg_ctl", &["stop", "--mode=immediate"]).output();
    }
}

/// A program of PostgreSQL that works on the database in `place`.
fn command(place: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args([&format!("--reuid={USER}"), &format!("--regid={USER}"), "--clear-groups"])
        .arg(found(program))
        .args(arguments)
        .arg("--pgdata")
        .arg(place.join("data"))
        .current_dir("/");
    command
}

/// Runs such a program, which must succeed.
fn run(place: &Path, program: &str, arguments: &[&str]) {
    let ran = command(place, program, arguments).output();
    let ran = ran.unwrap_or_else(|error| panic!("no setpriv: {error}; run: {INSTALL}"));
    assert!(
        ran.status.success(),
        "{program} failed: {}\nThis test needs root, and the user {USER}; run: {INSTALL}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// The program of the newest version that is installed.
fn found(program: &str) -> PathBuf {
    let versions = match fs::read_dir(VERSIONS) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            panic!("PostgreSQL is not installed; run: {INSTALL}")
        }
        versions => versions.unwrap(),
    };
    let programs = versions.map(|version| version.unwrap().path().join("bin").join(program));
    let newest = programs.filter(|program| program.exists()).max();
    newest.unwrap_or_else(|| panic!("{program} is not installed; run: {INSTALL}"))
}
