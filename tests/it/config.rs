//! `audited.toml` and the environment, as a real process finds them.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use audit_runtime::{Config, Event};

/// Tells the child that it is one; without it the child has nothing to do.
const CHILD: &str = "AUDIT_TEST_CONFIGURED";
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Not a test by itself: a service that is told everything by its surroundings.
#[test]
fn configured_service() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let recorder = match Config::load().and_then(|config| config.recorder()) {
        Ok(builder) => builder.instance("from-the-call").install().unwrap(),
        Err(error) => {
            println!("REFUSED {error}");
            return;
        }
    };
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
}

/// Runs the service in `directory` with these variables, and none of this process's own settings.
pub(crate) fn run(directory: &Path, variables: &[(&str, &str)]) -> Output {
    let own = std::env::vars_os().map(|(name, _)| name);
    let own = own.filter(|name| name.to_string_lossy().starts_with("AUDIT_"));
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["config::configured_service", "--exact", "--nocapture", "--test-threads=1"]);
    own.for_each(|name| _ = command.env_remove(name));
    command.env(CHILD, "1").envs(variables.iter().copied()).current_dir(directory);
    command.output().unwrap()
}

#[test]
fn a_service_is_configured_by_the_file_the_environment_and_its_own_calls() {
    let directory = tempfile::tempdir().unwrap();
    let file = "journal = \"trail\"\norigin = \"example/configured\"\nhash_key = \"env:SHOP_KEY\"\n\
                [service]\nname = \"from-the-file\"\nversion = \"from-the-file\"\n\
                instance = \"from-the-file\"\n";
    std::fs::write(directory.path().join(Config::FILE), file).unwrap();
    let variables = [
        ("SHOP_KEY", KEY),
        ("AUDIT_SERVICE__NAME", "from-the-variable"),
        ("AUDIT_SERVICE__INSTANCE", "from-the-variable"),
        ("AUDIT_SERVICE_HOST", "10.0.0.1"),
    ];
    let output = run(directory.path(), &variables);
    assert!(output.status.success(), "{output:?}");
    let segment = directory.path().join("trail/seg/00000000000000000000.jsonl");
    let lines = std::fs::read_to_string(segment).unwrap();
    let tick = lines.lines().find(|line| line.contains("\"Tick\"")).unwrap();
    let service = "\"service\":{\"name\":\"from-the-variable\",\"version\":\"from-the-file\",\
                   \"instance\":\"from-the-call\"";
    assert!(tick.contains(service), "{tick}");
    assert!(lines.contains("\"origin\":\"example/configured\""), "{lines}");
    // The key came from the variable, so no file was made for one.
    assert!(!directory.path().join("trail.key").exists());
}

#[test]
fn a_service_without_a_file_needs_only_variables() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &[("AUDIT_JOURNAL", "elsewhere")]);
    assert!(output.status.success(), "{output:?}");
    assert!(directory.path().join("elsewhere/seg").is_dir());
    let output = run(directory.path(), &[]);
    assert!(printed(&output).contains("REFUSED no journal is named"), "{output:?}");
}

#[test]
fn all_mistakes_of_file_and_environment_are_told_at_once_and_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(Config::FILE), "juornal = \"trail\"\n").unwrap();
    let variables =
        [("AUDIT_WAIT_MS_MAX", "5s"), ("AUDIT_HASH_KEY", KEY), ("AUDIT_MIROR", "stdout")];
    let printed = printed(&run(directory.path(), &variables));
    for words in [
        "REFUSED 4 mistakes: ",
        "audited.toml line 1: `juornal` is no setting; did you mean `journal`?",
        "the variable AUDIT_WAIT_MS_MAX: `wait_ms_max` is `5s`",
        "the variable AUDIT_HASH_KEY: `hash_key` must name the place of a secret",
        "did you mean AUDIT_MIRROR?",
    ] {
        assert!(printed.contains(words), "{words:?} is not in {printed}");
    }
    assert!(!printed.contains(&KEY[..8]), "{printed}");
    assert!(!directory.path().join("trail").exists());
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
