//! The attack as it is run by hand: everything holds, all of it is on screen, and no password is.

#[path = "typed.rs"]
mod typed;

use std::error::Error;
use std::process::Command;

#[test]
fn everything_holds_and_is_shown() -> Result<(), Box<dyn Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_brute_force")).output()?;
    let [out, errors] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(output.status.success(), "{out}\n{errors}");
    assert!(out.ends_with("Everything held.\n") && !out.contains(" NOT "), "{out}");
    for rule in ["bf_user", "bf_user_ip", "compromise_ip", "spray_ip", "authz_probe"] {
        let is_row = |line: &&str| line.split_whitespace().nth(1) == Some(rule);
        assert_eq!(out.lines().filter(is_row).count(), 1, "{rule}\n{out}");
    }
    let alerts: Vec<_> = out.lines().filter(|line| line.starts_with("  [")).collect();
    assert_eq!(alerts.len(), 7, "{out}");
    assert_eq!(alerts.iter().filter(|alert| alert.starts_with("  [critical]")).count(), 1);
    for shown in ["X-Forwarded-For", "Its story", "OpenSession", "each checked against"] {
        assert!(out.contains(shown), "{shown}\n{out}");
    }
    assert!(typed::secrets().count() > 10);
    // Told by number, so that a failure does not print it either.
    let printed = |secret: &str| out.contains(secret) || errors.contains(secret);
    assert_eq!(typed::secrets().position(printed), None, "a secret was printed");
    Ok(())
}
