//! The settings of alerts: what is taken, and every mistake with its line.

use std::time::Duration;

use audit_runtime::Severity;

use super::*;
use crate::alert::Rate;

const WHOLE: &str = r#"
journal = "audit"

[alerts.channel.mail]
kind = "email"
host = "smtp.example.com"
port = 2525
tls = "starttls"
user = "alerts"
password = "file:password"
from = "Audit <audit@example.com>"
to = ["a@example.com", "b@example.com"]
severity_min = "high"
escalates_to = "chat"
rate_per_minute = 6
burst = 2
delivery_seconds_max = 10
heartbeat_hours = 24

[alerts.channel.hook]
kind = "webhook"
url = "https://example.com/hook"
secret = "file:key"
allow_private = true

[alerts.channel.chat]
kind = "slack"
url = "file:url"
"#;

fn mistakes(text: &str) -> Vec<String> {
    let read = Settings::read(Path::new("audited.toml"), text, false);
    read.unwrap_err().mistakes().map(str::to_owned).collect()
}

/// Writes a secret, closed to others.
fn keep(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    close(path);
}

#[cfg(unix)]
fn close(path: &Path) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &Path) {}

#[test]
fn channels_are_made_in_the_order_of_the_file() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| keep(&place.path().join(name), text);
    write("password", "correct horse\n");
    write("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    write("url", "https://hooks.example.com/services/TOKEN\n");
    let settings = Settings::read(&place.path().join("audited.toml"), WHOLE, true).unwrap();
    assert_eq!(settings.names().collect::<Vec<_>>(), ["mail", "hook", "chat"]);
    let channels = settings.channels().unwrap();
    let mail = &channels[0];
    assert_eq!(mail.severity_min, Severity::High);
    assert_eq!(mail.escalates_to.as_deref(), Some("chat"));
    assert_eq!(mail.rate, Rate { per_minute: 6, burst: 2 });
    assert_eq!(mail.delivery_time_max, Duration::from_secs(10));
    assert_eq!(mail.heartbeat, Some(Duration::from_secs(86_400)));
    assert_eq!(channels[1].severity_min, Severity::Medium);
    let shown = format!("{settings:?} {channels:?}");
    assert!(!shown.contains("TOKEN") && !shown.contains("horse"), "{shown}");
}

#[test]
fn every_secret_that_cannot_be_had_is_named_at_once() {
    let settings = Settings::read(Path::new("nowhere/audited.toml"), WHOLE, false).unwrap();
    let error = settings.channels().unwrap_err();
    let told: Vec<&str> = error.mistakes().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("line 4 [alerts.channel.mail]: cannot use the file"), "{told:?}");
}

#[test]
fn all_mistakes_are_told_with_their_lines() {
    let told = mistakes(
        "[alerts.channel.mail]\nkind = \"email\"\nhots = \"h\"\nport = 70000\ntls = \"ssl\"\n\
         to = []\n\n[alerts.chanel.x]\nkind = \"slack\"\n[alerts.channel.y]\nkind = \"pigeon\"\n",
    );
    let expected = [
        "line 1: `host` is missing in [alerts.channel.mail]",
        "line 1: `from` is missing",
        "line 3: `hots` is no setting here; did you mean `host`?",
        "line 4: `port` is something else than it may be; write `port = a whole number from 1 to 65535`",
        "line 5: `tls` is something else than it may be; write `tls = \"starttls\" or \"implicit\" or \"none\"`",
        "line 6: `to` is something else",
        "line 8: `chanel` is no setting here; did you mean `channel`?",
        "line 11: `kind` is something else",
    ];
    for expected in expected {
        assert!(told.iter().any(|told| told.contains(expected)), "{expected}: {told:#?}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

#[test]
fn mistakes_of_the_file_and_of_its_secrets_are_told_in_one_run() {
    let place = tempfile::tempdir().unwrap();
    keep(&place.path().join("key"), "no key");
    let file = place.path().join("audited.toml");
    let text = "[alerts.channel.mail]\nkind = \"email\"\nhots = \"h\"\nescalates_to = \"pager\"\n\
                [alerts.channel.pager]\nkind = \"webhook\"\nurl = \"ftp://h/TOKEN\"\n\
                secret = \"file:key\"\nca_file = \"nowhere\"\nescalates_to = \"mail\"\n";
    let error = Settings::made(&file, text, true).unwrap_err();
    let told: Vec<&str> = error.mistakes().collect();
    for expected in [
        "line 3: `hots` is no setting here",
        "`host` is missing",
        "`from` is missing",
        "`to` is missing",
        "line 5 [alerts.channel.pager]: what `secret` names is no key",
        "line 5 [alerts.channel.pager]: cannot read the file",
        "line 5 [alerts.channel.pager]: the address does not begin with https://",
    ] {
        assert!(told.iter().any(|told| told.contains(expected)), "{expected}: {told:#?}");
    }
    // Neither channel names one that is not there, although both have mistakes.
    assert_eq!(told.len(), 7, "{told:#?}");
    assert!(!error.to_string().contains("TOKEN"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = tempfile::tempdir().unwrap();
    let (file, secret) = (place.path().join("audited.toml"), place.path().join("url"));
    let text = "[alerts.channel.chat]\nkind = \"slack\"\nurl = \"file:url\"\n";
    fs::write(&secret, "https://hooks.example.com/TOKEN\n").unwrap();
    for (mode, is_taken) in [(0o600, true), (0o640, true), (0o644, false), (0o602, false)] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
        let made = Settings::made(&file, text, false);
        assert_eq!(made.is_ok(), is_taken, "{mode:o}");
        if let Err(error) = made {
            let told = error.to_string();
            let command = format!("chmod o-rwx '{}'", secret.display());
            assert!(told.contains(&format!("{mode:04o}")) && told.contains(&command), "{told}");
            assert!(told.contains("`url` names") && !told.contains("TOKEN"), "{told}");
        }
    }
}

#[test]
fn what_may_be_a_secret_is_never_shown() {
    for value in ["hunter2", "env:hunter2", "file:", "env:", "Env:X", "env:A B"] {
        let told = mistakes(&format!(
            "[alerts.channel.m]\nkind = \"email\"\nhost = \"h\"\nuser = \"u\"\nfrom = \"a@b.c\"\n\
             to = \"a@b.c\"\npassword = \"{value}\"\n"
        ));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("line 7: `password` must name the place")
                && !told[0].contains("hunter2")
        );
    }
    let told = mistakes("[alerts.channel.m]\nkind = \"slack\"\nurl = \"https://h/TOKEN\"\n");
    assert!(told.len() == 1 && !told[0].contains("TOKEN"), "{told:?}");
    let told = mistakes("[alerts.channel.m]\nkind = \"slack\nurl = \"https://h/TOKEN\"\n");
    assert!(!told.is_empty() && !told.iter().any(|told| told.contains("TOKEN")), "{told:?}");
}

#[test]
fn a_channel_hands_over_to_one_that_is_there() {
    let channel = |name: &str, heir: &str| {
        format!(
            "[alerts.channel.{name}]\nkind = \"slack\"\nurl = \"env:URL\"\nescalates_to = \"{heir}\"\n"
        )
    };
    let told = mistakes(&(channel("one", "twoo") + &channel("two", "two")));
    assert!(told[0].contains("did you mean `two`?"), "{told:?}");
    assert!(told[1].contains("names the channel itself"), "{told:?}");
    assert!(
        mistakes("[alerts.channel.\"a b\"]\nkind = \"slack\"\n")[0]
            .contains("no name of a channel")
    );
}

#[test]
fn odd_shapes_are_told() {
    for (text, expected) in [
        ("alerts = 3", "`alerts` is a section"),
        ("[alerts]\nchannel = 3", "`alerts.channel` is a section"),
        ("[alerts.channel]\nx = 3", "`x` is a section; write `[alerts.channel.x]`"),
        ("[alerts.channel.x]", "`kind` is missing"),
        ("[alerts", "not TOML"),
    ] {
        let told = mistakes(text);
        assert!(told.len() == 1 && told[0].contains(expected), "{text}: {told:?}");
    }
}

#[test]
fn without_a_channel_the_variables_make_one_if_they_name_a_recipient() {
    let names = |text: &str, asked| {
        let settings = Settings::read(Path::new("audited.toml"), text, asked).unwrap();
        settings.names().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names("journal = \"audit\"", true), ["email"]);
    assert!(names("journal = \"audit\"", false).is_empty());
    let slack = "[alerts.channel.chat]\nkind = \"slack\"\nurl = \"env:URL\"\n";
    assert_eq!(names(slack, true), ["chat"]);
}

/// The example of the page, and every key that its table names.
#[test]
fn what_the_page_says_is_taken() {
    let page = include_str!("../../../../docs/alerts.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let settings = Settings::read(Path::new("audited.toml"), example, false).unwrap();
    assert_eq!(settings.names().collect::<Vec<_>>(), ["mail", "pager", "chat"]);
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let keys: Vec<&str> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split('`'))
        .filter(|word| word.contains(|letter: char| letter.is_alphabetic()))
        .collect();
    let told = mistakes("[alerts.channel.x]\nkind = \"slack\"\nurl = \"env:URL\"\nqqqqqqqq = 1\n")
        .concat();
    assert_eq!(keys.len(), 8, "{keys:?}");
    for key in keys {
        assert!(told.contains(key), "{key} is no setting: {told}");
    }
}
