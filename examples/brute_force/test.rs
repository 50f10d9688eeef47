//! The attack as it is run by hand: everything holds, all of it is on screen, and no password is.

#[expect(dead_code, reason = "what the script does with them is not looked at here")]
#[path = "typed.rs"]
mod typed;

use std::error::Error;
use std::process::{Command, Output};

fn brute_force(arguments: &[&str]) -> Result<(Output, String, String), Box<dyn Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_brute_force")).args(arguments).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    Ok((output, out, errors))
}

#[test]
fn everything_holds_and_is_shown() -> Result<(), Box<dyn Error>> {
    let (output, out, errors) = brute_force(&[])?;
    assert!(output.status.success(), "{out}\n{errors}");
    assert!(out.ends_with("Everything held.\n") && !out.contains(" NOT "), "{out}");
    for rule in ["bf_ip", "bf_user", "bf_user_ip", "compromise_ip", "spray_ip", "authz_probe"] {
        let rows = out.lines().filter(|line| line.split_whitespace().nth(1) == Some(rule));
        assert_eq!(rows.count(), if rule == "bf_ip" { 2 } else { 1 }, "{rule}\n{out}");
    }
    let alerts: Vec<_> = out.lines().filter(|line| line.starts_with("  [")).collect();
    assert_eq!(alerts.len(), 7, "{out}");
    assert_eq!(alerts.iter().filter(|alert| alert.starts_with("  [critical]")).count(), 1);
    for shown in ["story of the request", "OpenSession", "ReadOrder", "each checked against"] {
        assert!(out.contains(shown), "{shown}\n{out}");
    }
    assert!(typed::secrets().count() > 10);
    // Said by number, so that a failure does not print it either.
    let printed = |secret: &str| out.contains(secret) || errors.contains(secret);
    assert_eq!(typed::secrets().position(printed), None, "a secret was printed");
    Ok(())
}

#[test]
fn it_takes_no_arguments() -> Result<(), Box<dyn Error>> {
    let (output, out, errors) = brute_force(&["--serve"])?;
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(out.is_empty() && errors.contains("no arguments"), "{out}\n{errors}");
    Ok(())
}
