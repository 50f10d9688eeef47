//! Programs that the tests run.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

/// The program that writes a journal.
pub(crate) const WRITER: &str = env!("CARGO_BIN_EXE_writer");

/// What brings the tools that are not there.
pub(crate) const INSTALL: &str = "apt-get install --yes strace e2fsprogs mount util-linux";

/// Runs a tool to its end.
pub(crate) fn output(program: &str, arguments: &[impl AsRef<OsStr>]) -> Output {
    match Command::new(program).args(arguments).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            panic!("{program} is not installed; run: {INSTALL}")
        }
        ended => ended.unwrap(),
    }
}

/// Runs a tool that must succeed, and gives what it printed.
pub(crate) fn run(program: &str, arguments: &[&OsStr]) -> String {
    let ended = output(program, arguments);
    assert!(
        ended.status.success(),
        "{program} {arguments:?} failed: {}\nThis test needs root and Linux, because it mounts file systems.",
        String::from_utf8_lossy(&ended.stderr)
    );
    String::from_utf8(ended.stdout).unwrap()
}

/// The arguments of strace that run the writer under one injection.
pub(crate) fn traced(injection: &str, journal: &Path, writer: &[&str]) -> Vec<String> {
    let mut arguments = vec!["-f".to_owned(), "-qq".to_owned(), "-o".to_owned()];
    arguments.extend(["/dev/null".to_owned(), "-e".to_owned(), format!("inject={injection}")]);
    arguments.extend([WRITER.to_owned(), journal.to_str().unwrap().to_owned()]);
    arguments.extend(writer.iter().map(|&text| text.to_owned()));
    arguments
}
