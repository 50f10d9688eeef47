//! The file, the environment, and what is said of every mistake in them.

use std::ffi::OsString;

use super::*;

const KEY: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let os = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
    Config::parse(Path::new("etc/audited.toml"), text, variables.iter().map(os))
}

fn builder(text: &str, variables: &[(&str, &str)]) -> String {
    format!("{:?}", parse(text, variables).unwrap().recorder().unwrap())
}

/// The file of operations.md that shows every setting.
fn sample() -> &'static str {
    let page = include_str!("../../../../docs/operations.md");
    let start = page.find("```toml\n# Every setting").unwrap() + "```toml\n".len();
    page[start..].split("```").next().unwrap()
}

#[test]
fn the_sample_shows_every_setting_and_its_default() {
    let defaults = format!("{:?}", Recorder::builder("/var/lib/shop/audit"));
    assert_eq!(builder(sample(), &[]), defaults);
    assert_eq!(parse(sample(), &[]).unwrap().journal(), Some(Path::new("/var/lib/shop/audit")));
    let mut section = "";
    let mut shown = Vec::new();
    for line in sample().lines() {
        let text = line.trim_start_matches("# ");
        let header = text.strip_prefix('[').and_then(|header| header.split(']').next());
        section = header.unwrap_or(section);
        let Some((key, _)) = text.split_once(" = ") else { continue };
        let dot = if section.is_empty() { "" } else { "." };
        shown.push(format!("{section}{dot}{key}"));
        let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        parse(&format!("{header}{text}"), &[]).unwrap();
    }
    let known: Vec<_> = KEYS.iter().map(|key| key.name.replace('*', "pii")).collect();
    assert_eq!(shown, known);
}

#[test]
fn every_setting_reaches_the_builder_from_the_file_and_from_its_variable() {
    let cases = [
        ("origin", "shop/1", "origin: Some(\"shop/1\")"),
        ("group", "77", "group: Some(77)"),
        ("key_file", "/k", "key_file: Some(\"/k\")"),
        ("signing_key_file", "/s", "signing_key_file: Some(\"/s\")"),
        ("anchor_directory", "/a", "directory: Some(\"/a\")"),
        ("anchor_syslog", "tcp://a", "syslog: Some(\"tcp://a\")"),
        ("witness_url", "https://w", "url: Some(..)"),
        ("witness_key", "w+1", "key: Some(\"w+1\")"),
        ("witness_ca_file", "/c", "ca_file: Some(\"/c\")"),
        ("anchor_every_ms", "7000", " every_ms: 7000"),
        ("anchor_log_every_ms", "7000", "log_every_ms: 7000"),
        ("anchor_age_ms_max", "7000", " age_ms_max: 7000 "),
        ("wait_ms_max", "77", "wait_ms_max: 77"),
        ("heartbeat_ms", "77", "heartbeat_ms: 77"),
        ("scopes_max", "77", "scopes_max: 77"),
        ("flood_source_max", "77", "source_max: 77"),
        ("flood_total_max", "77", "total_max: 77"),
        ("flood_logins", "summarise", "with_logins: true"),
        ("lock_wait_ms", "77", "lock_wait_ms: 77"),
        ("on_damage", "new_epoch", "on_damage: NewEpoch"),
        ("retention_days_min", "77", "retention_days_min: 77"),
        ("queue_bytes_max", "777777", "queue_bytes_max: 777777"),
        ("segment_bytes_max", "777777", "segment_bytes_max: 777777"),
        ("segment_age_ms_max", "7000", "segment_age_max: 7s"),
        ("mirror", "stdout", "mirror: Some(Stdout)"),
        ("service.name", "shop", "name: Some(\"shop\")"),
        ("service.version", "1.4", "version: Some(\"1.4\")"),
        ("service.instance", "a", "instance: Some(\"a\")"),
        ("class.pii", "omit", "classes: {\"pii\": Omit}"),
    ];
    for (key, value, shown) in cases {
        let written =
            if value.parse::<u64>().is_ok() { value.into() } else { format!("{value:?}") };
        let file = format!("journal = \"audit\"\n{key} = {written}\n");
        assert!(builder(&file, &[]).contains(shown), "{key} in the file");
        let variable = keys::variable(key);
        assert!(keys::named(key).is_some());
        let file = "journal = \"audit\"\n";
        assert!(!builder(file, &[]).contains(shown), "{key} is a default");
        assert!(builder(file, &[(&variable, value)]).contains(shown), "{variable}");
        assert!(!builder(file, &[(&variable, value)]).contains("https:"), "{variable}");
    }
    let secret = [("AUDIT_JOURNAL", "audit"), ("AUDIT_HASH_KEY", "env:PATH")];
    let error = parse("", &secret).unwrap().recorder().unwrap_err().to_string();
    assert!(error.contains("PATH") && error.contains("64 hexadecimal digits"), "{error}");
    let days = parse("", &[("AUDIT_RETENTION__ACCESS", "7")]).unwrap();
    assert_eq!(days.retention_days().collect::<Vec<_>>(), [("access", 7)]);
    assert_eq!(cases.len() + 5, KEYS.len(), "a setting is not tried");
}

#[test]
fn a_variable_comes_before_the_file_and_a_call_before_both() {
    let file = "journal = \"audit\"\nwait_ms_max = 1\ngroup = 1\n";
    let variables = [("AUDIT_WAIT_MS_MAX", "2"), ("AUDIT_JOURNAL", "other")];
    let config = parse(file, &variables).unwrap();
    assert_eq!((config.journal(), config.group()), (Some(Path::new("other")), Some(1)));
    let builder = config.recorder().unwrap();
    assert!(format!("{builder:?}").contains("wait_ms_max: 2"));
    assert!(format!("{:?}", builder.wait_ms_max(3)).contains("wait_ms_max: 3"));
    // A path of the file starts where the file is.
    assert_eq!(parse(file, &[]).unwrap().journal(), Some(Path::new("etc/audit")));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let file = "journal = \"audit\"\nwait_ms_mxa = 5\nmirror = \"stdot\"\ngroup = \"7\"\n\
                queue_bytes_max = 5\n[service]\nname = true\n";
    let variables = [("AUDIT_SEGMENT_BYTES_MX", "1"), ("AUDIT_WAIT_MS_MAX", "soon")];
    let error = parse(file, &variables).unwrap_err();
    let told: Vec<&str> = error.mistakes().collect();
    assert_eq!(
        told,
        [
            "etc/audited.toml line 2: `wait_ms_mxa` is no setting; did you mean `wait_ms_max`?",
            "etc/audited.toml line 3: `mirror` is `stdot`; write one of \"none\", \"stdout\", \
             \"tracing\"",
            "etc/audited.toml line 4: `group` is a text; write a whole number from 0 to 4294967294",
            "etc/audited.toml line 5: `queue_bytes_max` is 5; write a whole number from 131072 to \
             1073741824",
            "etc/audited.toml line 7: `service.name` is true or false; write `service.name = \
             \"TEXT\"`",
            "the variable `AUDIT_SEGMENT_BYTES_MX` is no setting; did you mean \
             AUDIT_SEGMENT_BYTES_MAX?",
            "the variable AUDIT_WAIT_MS_MAX: `wait_ms_max` is `soon`; write a whole number from 1 \
             to 3600000",
        ]
    );
    let shown = error.to_string();
    assert!(shown.starts_with("7 mistakes: ") && !shown.contains('\n'), "{shown}");
}

#[test]
fn the_sections_of_consumers_are_left_to_them() {
    let file = "journal = \"audit\"\n[alerts.channel.mail]\nkind = \"email\"\nodd = 5\n";
    let config = parse(file, &[]).unwrap();
    assert_eq!(config.keys().collect::<Vec<_>>(), ["journal"]);
}

#[test]
fn single_mistakes_say_what_to_do() {
    let cases = [
        ("journal = \"\"", "`journal` is empty; write `journal = \"PATH\"`"),
        ("journal = 5", "is a number; write `journal = \"PATH\"`"),
        ("wait_ms_max = -5", "is out of range; write a whole number from 1"),
        ("wait_ms_max = 0", "is 0; write a whole number from 1"),
        ("wait_ms_max = 1.5", "is a fraction; write a whole number"),
        ("service = \"shop\"", "is a section; write `[service]`"),
        ("alerts = 5", "`alerts` is a section; write `[alerts]`"),
        ("[alert]\nx = 1", "line 1: `alert` is no setting; did you mean `alerts`?"),
        ("[servcie]\nname = \"x\"", "line 1: `servcie` is no setting; did you mean `service`?"),
        ("[service]\nnam = \"x\"", "did you mean `service.name`?"),
        ("[service]\ngroup = 5", "move `group` above the line `[service]`"),
        ("frobnicate = 1", "known are journal, origin"),
        ("\"a\\u001b[2J\" = 1", "`a\\u{1b}[2J` is no setting"),
        ("journal = \"a", "line 1: not TOML: "),
        (
            "[retention]\ndefault_day = 9",
            "`retention.default_day` is no setting; did you mean `retention.default_days`?",
        ),
        ("[retention]\nDefaultDays = 9", "did you mean `retention.default_days`?"),
        ("[retention]\ndefault = 9", "did you mean `retention.default_days`?"),
        ("[retention]\ndays = 9", "did you mean `retention.default_days`?"),
        (
            "[retention]\ndays_min = 500",
            "`retention.days_min` is no setting; did you mean `retention_days_min`?",
        ),
        (
            "[retention]\nretention_days_min = 0",
            "move `retention_days_min` above the line `[retention]`",
        ),
        ("[class]\npii = \"hide\"", "`class.pii` is `hide`; write one of \"mask\", \"encrypt\""),
        ("[class]\npii = 5", "`class.pii` is a number; write one of"),
        ("[class]\n\"p i\" = \"mask\"", "`class.p i` is no setting"),
        ("group = 1\ngroup = 2", "line 2: not TOML: `duplicate key`"),
        ("journal = \"a\"\nkey_file = \"a/key\"", "line 2: `key_file` lies in the journal's"),
        (
            "journal = \"a\"\nsigning_key_file = \"a/key\"",
            "line 2: `signing_key_file` lies in the journal's",
        ),
        (
            "journal = \"a\"\nanchor_directory = \"a/kept\"",
            "line 2: `anchor_directory` lies in the journal's",
        ),
        (
            "anchor_syslog = \"logs.example.com\"",
            "line 1: `anchor_syslog` is `logs.example.com`; write \"tcp://HOST:PORT\"",
        ),
    ];
    for (text, words) in cases {
        let error = parse(text, &[]).unwrap_err().to_string();
        assert!(error.contains(words), "{text:?}: {error}");
    }
    let origin = format!("origin = \"{}\"", "o".repeat(201));
    assert!(parse(&origin, &[]).unwrap_err().to_string().contains("longer than 200 bytes"));
    let error = parse("group = 5", &[]).unwrap().recorder().unwrap_err().to_string();
    assert!(error.contains("AUDIT_JOURNAL"), "{error}");
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    // What an orchestrator sets for a service that is called `audit`.
    let theirs = [("AUDIT_PORT", "1"), ("AUDIT_SERVICE_HOST", "::1"), ("AUDIT_SERVICE_PORT", "1")];
    parse("", &theirs).unwrap();
    // A class may be called what no other key is called or nearly called.
    let days = parse("[retention]\npayments = 7\ndelivery = 8", &[]).unwrap();
    assert_eq!(days.retention_days().collect::<Vec<_>>(), [("delivery", 8), ("payments", 7)]);
    let error = parse("", &[("AUDIT_RETENTION__DEFAULT_DAY", "7")]).unwrap_err().to_string();
    assert!(error.contains("did you mean AUDIT_RETENTION__DEFAULT_DAYS?"), "{error}");
    assert!(parse("", &[("AUDIT_SERVICE_NAME", "shop")]).is_err());
}

#[test]
fn a_secret_is_named_by_its_place_and_never_shown() {
    let ring = [format!("encrypt {KEY}"), format!("file:encrypt {KEY};encrypt {KEY}")];
    let places = [KEY.to_owned(), format!("env:{KEY}"), format!("file:{KEY}"), "env:".into()];
    for written in places.into_iter().chain(ring) {
        let file = format!("journal = \"a\"\nhash_key = \"{written}\"");
        for error in [
            parse(&file, &[]).unwrap_err(),
            parse("", &[("AUDIT_HASH_KEY", &written)]).unwrap_err(),
            parse("", &[("AUDIT_KEYS", &written)]).unwrap_err(),
            parse(&format!("{file}\nhash_kye = \"{KEY}\""), &[]).unwrap_err(),
            parse(&format!("hash_key = \"{KEY}"), &[]).unwrap_err(),
        ] {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(&KEY[..8]), "{shown}");
        }
        let error = parse(&file, &[]).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("\"env:NAME\""), "{error}");
    }
    let twice = parse("hash_key = \"env:K\"\nkey_file = \"k\"", &[]).unwrap_err().to_string();
    assert!(twice.contains("contradict") && twice.contains("line 1"), "{twice}");
}

#[cfg(unix)]
#[test]
fn a_secret_in_a_file_must_be_there_and_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    let text = format!("journal = \"a\"\nhash_key = \"file:{}\"", path.display());
    let config = parse(&text, &[]).unwrap();
    let refused = || config.key(Path::new("a")).err().unwrap().to_string();
    assert!(refused().contains("line 2") && !path.exists(), "{}", refused());
    fs::write(&path, KEY).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused().contains("0644"), "{}", refused());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let key = config.key(Path::new("a")).unwrap().unwrap();
    let bytes: [u8; 32] = std::array::from_fn(|place| 31 - place as u8);
    assert_eq!(key.pseudonym("d", b"v"), HashKey::from_bytes(bytes).pseudonym("d", b"v"));
    assert!(format!("{:?}", config.recorder().unwrap()).contains("has_key: true"));
    assert!(!format!("{config:?}{:?}", config.recorder().unwrap()).contains(&KEY[..8]));
}

#[cfg(unix)]
#[test]
fn a_ring_of_keys_is_read_from_its_place() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let text = format!("journal = \"a\"\nkeys = \"file:{}\"", path.display());
    let config = parse(&text, &[]).unwrap();
    let refused = config.recorder().unwrap_err().to_string();
    assert!(refused.contains("line 2") && refused.contains("`keys` names it"), "{refused}");
    let id = Keys::add_to_file(&path).unwrap().id().to_owned();
    let builder = format!("{:?}", config.recorder().unwrap());
    assert!(builder.contains(&id), "{builder}");
    let keys = config.sealing_keys(directory.path()).unwrap();
    assert_eq!(keys.sealing(None).unwrap().unwrap().id(), id);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = config.sealing_keys(directory.path()).unwrap_err().to_string();
    assert!(refused.contains("0644"), "{refused}");
    let config = parse("journal = \"a\"", &[("AUDIT_KEYS", "env:PATH")]).unwrap();
    let refused = config.recorder().unwrap_err().to_string();
    assert!(refused.contains("AUDIT_KEYS") && refused.contains("variable PATH"), "{refused}");
}
