//! What a user gets wrong: each mistake gets a clear error, and nothing that is there is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_runtime::journal::{self, Reader};
use audit_runtime::{
    Actor, Authenticated, Draft, Event, Http, Origin, Reason, Recorded, Recorder, Target, public,
};
use serde_json::Value;
use tempfile::TempDir;

/// One of each kind of character that could break a line, move a cursor or reorder a text.
const HOSTILE: &str = "a\r\nb\u{0}\u{1b}[2J\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\
                       \u{202a}\u{202e}\u{2066}\u{2069}\"\\{}c";

struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    fn open(&self) -> Recorder {
        Recorder::builder(self.journal()).open().unwrap()
    }

    fn open_error(&self) -> String {
        open_error(&self.journal())
    }

    /// A closed journal with three records of ours.
    fn filled() -> Self {
        let place = Self::new();
        let recorder = place.open();
        for id in 1..=3 {
            let event = Event::activity("UpdateUser").target(Target::new("User", id));
            recorder.record(event.succeeded()).wait().unwrap();
        }
        recorder.shutdown(Duration::from_secs(5)).unwrap();
        place
    }

    fn segment(&self) -> PathBuf {
        self.journal().join("seg/00000000000000000000.jsonl")
    }
}

fn open_error(journal: &Path) -> String {
    match Recorder::builder(journal).open() {
        Ok(_) => panic!("{} opened", journal.display()),
        Err(error) => error.to_string(),
    }
}

fn records(journal: &Path) -> Vec<Value> {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let mut records = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        records.push(serde_json::from_slice(line.bytes()).unwrap());
    }
    records
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let place = Place::new();
    let missing = place.directory.path().join("no/such/audit");
    assert_says(&open_error(&missing), &["no/such/audit", "the directory above it must exist"]);
    let file = place.directory.path().join("file");
    fs::write(&file, "kept").unwrap();
    assert_says(&open_error(&file.join("audit")), &["file/audit", "Not a directory"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_cannot_be_written_is_named() {
    // Even the superuser cannot make a directory there.
    assert_says(&open_error(Path::new("/proc/audit")), &["/proc/audit", "cannot create"]);
}

#[test]
fn a_second_writer_is_refused_and_told_who_the_first_one_is() {
    let place = Place::new();
    let first = Recorder::builder(place.journal()).service("users-api", "1.2.3").open().unwrap();
    let pid = std::process::id().to_string();
    assert_says(
        &place.open_error(),
        &["users-api 1.2.3", &format!("process {pid}"), "stop it first"],
    );
    let recorded = first.record(Event::activity("Still").succeeded()).wait();
    assert!(matches!(recorded, Ok(Recorded::Durable { .. })), "{recorded:?}");
}

#[cfg(unix)]
#[test]
fn modes_that_let_others_in_are_refused_with_the_command_that_mends_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let chmod = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let place = Place::filled();
    for (path, mode, right) in [
        (place.journal(), 0o755, 0o700),
        (place.segment(), 0o644, 0o600),
        (place.journal().join("LOCK"), 0o666, 0o600),
        (place.directory.path().join("audit.key"), 0o604, 0o600),
    ] {
        chmod(&path, mode);
        let told = format!("{mode:04o}");
        assert_says(&place.open_error(), &[&path.display().to_string(), &told, "chmod"]);
        chmod(&path, right);
    }
    assert_eq!(records(&place.journal()).len(), 6);
    drop(place.open());
}

#[test]
fn a_damaged_last_record_that_was_acknowledged_is_refused_and_kept() {
    let place = Place::filled();
    let whole = fs::read(place.segment()).unwrap();
    let mut damaged = whole.clone();
    let byte = damaged.len() - 100;
    damaged[byte] ^= 1;
    fs::write(place.segment(), &damaged).unwrap();
    assert_says(&place.open_error(), &["seq 5", "line 6", "nothing was changed"]);
    assert_eq!(fs::read(place.segment()).unwrap(), damaged);
    fs::write(place.segment(), &whole).unwrap();
    drop(place.open());
}

#[test]
fn a_cut_end_of_acknowledged_records_is_refused() {
    let place = Place::filled();
    let whole = fs::read_to_string(place.segment()).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    fs::write(place.segment(), lines[..lines.len() - 1].concat()).unwrap();
    assert_says(&place.open_error(), &["5 records", "6 were", "its end is missing"]);
}

#[test]
fn a_damaged_record_in_the_middle_is_refused_and_what_follows_is_kept() {
    let place = Place::filled();
    let whole = fs::read_to_string(place.segment()).unwrap();
    let damaged = whole.replacen("\"id\":\"2\"", "\"id\":\"9\"", 1);
    assert_ne!(damaged, whole);
    fs::write(place.segment(), &damaged).unwrap();
    assert_says(&place.open_error(), &["seq 3", "line 4", "audited verify"]);
    assert_eq!(fs::read_to_string(place.segment()).unwrap(), damaged);
    let key = place.directory.path().join("audit.key");
    fs::remove_file(&key).unwrap();
    place.open_error();
    assert!(!key.exists(), "a start that is refused makes no key");
}

#[test]
fn a_torn_end_is_moved_aside_and_recorded() {
    let place = Place::filled();
    let mut torn = fs::read(place.segment()).unwrap();
    let whole = torn.len();
    torn.extend_from_slice(b"{\"v\":1,\"seq\":6,\"observ");
    fs::write(place.segment(), &torn).unwrap();
    place.open().shutdown(Duration::from_secs(5)).unwrap();
    let recovered = records(&place.journal())
        .into_iter()
        .find(|record| record["name"] == "journal.recovered")
        .unwrap();
    assert_eq!(recovered["journal"]["bytes"], torn.len() - whole);
    let file = recovered["journal"]["file"].as_str().unwrap();
    let kept = fs::read(place.journal().join(file)).unwrap();
    assert_eq!(kept, &torn[whole..]);
}

/// An event with `text` in every string that a caller can give.
fn event_of(text: &'static str) -> Draft {
    let actor = Actor::user(text)
        .named(text)
        .tenant(text)
        .role(text)
        .authenticated(Authenticated::by(text).factor(text).credential_id(text))
        .on_behalf_of(Actor::agent(text));
    let target = Target::new(text, text).named(text).role(text).version(text);
    Event::authorization(target, text)
        .actor(actor)
        .description(text)
        .session(text)
        .policy(text)
        .determined_by(text)
        .field("text", &public(text))
        .field(text, &public(vec![text]))
        .extra(text, &public(text))
        .origin(Origin::peer(([127, 0, 0, 1], 1).into()).user_agent(text))
        .http(Http::routed(text, text).request_id(text))
}

#[test]
fn hostile_characters_in_any_string_neither_break_nor_fake_a_line() {
    let place = Place::new();
    let recorder = place.open();
    let event = event_of(HOSTILE).denied(Reason::new(HOSTILE).message(HOSTILE));
    recorder.record(event).wait().unwrap();
    let broke = Event::security(HOSTILE).http(Http::unrouted(HOSTILE, HOSTILE)).broke(HOSTILE);
    recorder.record(broke).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let written = fs::read_to_string(place.segment()).unwrap();
    let deceptive = |character: char| {
        HOSTILE.contains(character) && !character.is_ascii_graphic() && character != '\n'
    };
    assert!(!written.contains(deceptive));
    let records = records(&place.journal());
    assert_eq!(written.lines().count(), records.len());
    let denied = records.iter().find(|record| record["outcome"] == "denied").unwrap();
    assert_eq!(denied["actor"]["id"], HOSTILE);
    assert_eq!(denied["args"][HOSTILE][0], HOSTILE);
    let verified = journal::verify(&journal::DirectoryStorage::read_only(place.journal()));
    assert!(verified.unwrap().findings.is_empty());
}

#[test]
fn oversized_values_are_cut_where_the_record_says_so() {
    let place = Place::new();
    let recorder = place.open();
    let long: &'static str = String::leak("\u{1b}é漢😀".repeat(50_000));
    recorder.record(event_of(long).denied("too_long")).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let records = records(&place.journal());
    let record = records.iter().find(|record| record["outcome"] == "denied").unwrap();
    let truncated = record["truncated"].as_array().unwrap();
    for cut in ["action", "actor", "targets", "args", "origin.user_agent", "http"] {
        assert!(truncated.contains(&Value::from(cut)), "{cut} is not in {truncated:?}");
    }
    assert!(long.starts_with(record["actor"]["id"].as_str().unwrap()));
}
