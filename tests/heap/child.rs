//! Runs one way of using a secret in a process of its own, and counts what it leaves in memory.

use std::process::Command;

use crate::scan::{Canary, Scan};

/// Tells the child that it is one.
const CHILD: &str = "AUDIT_TEST_HEAP";
const FOUND: &str = "parts of the canary in memory: ";

/// What the test of this name leaves in memory, having done `way` alone in a process.
///
/// In the child it does not return.
pub(crate) fn residues(test: &str, way: fn(&Canary)) -> usize {
    if std::env::var_os(CHILD).is_some_and(|asked| asked == test) {
        let (canary, scan) = (Canary::new(), Scan::new());
        way(&canary);
        let found = scan.residues(&canary);
        println!("\n{FOUND}{found}");
        std::process::exit(0);
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(CHILD, test)
        .output()
        .unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    let found = said.lines().find_map(|line| line.strip_prefix(FOUND));
    found.unwrap_or_else(|| panic!("the child did not count: {said}")).parse().unwrap()
}

/// A test for each way; `$is_right` judges how many parts are left.
macro_rules! ways {
    ($($is_right:ident: $($name:ident),+ $(,)?;)+) => {$($(
        #[test]
        fn $name() {
            let found = $crate::child::residues(stringify!($name), $crate::ways::$name);
            assert!($is_right(found), "{found} parts of the secret");
        }
    )+)+};
}

pub(crate) use ways;
