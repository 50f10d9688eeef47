//! `audited doctor`: each of its checks provoked on a real journal, and the journal left as it was.

mod epochs;
mod reserve;
#[cfg(target_os = "linux")]
mod sealed;
#[cfg(unix)]
mod signing;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use audit_runtime::{Clock, Event, Recorder, SystemClock, Timestamp};
use serde_json::Value;

use crate::fixture::{Fixture, Run};

/// What the doctor said: its exit code and the findings as `check status message`.
struct Said {
    code: Option<i32>,
    findings: Vec<String>,
}

impl Said {
    fn of(run: Run) -> Self {
        let judged: Value = serde_json::from_str(&run.out).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings = judged["checks"].as_array().unwrap().iter().map(|finding| {
            [&finding["check"], &finding["status"], &finding["message"]].map(text).join(" ")
        });
        Self { code: run.code, findings: findings.collect() }
    }

    /// Checks the exit code, and that one finding begins and goes on like this.
    #[track_caller]
    fn says(&self, code: i32, begins: &str, words: &str) {
        let found = |finding: &String| finding.starts_with(begins) && finding.contains(words);
        let said = self.findings.join("\n");
        assert!(self.findings.iter().any(found), "{begins:?} {words:?} is not in\n{said}");
        assert_eq!(self.code, Some(code), "{said}");
    }
}

fn doctor(fixture: &Fixture) -> Said {
    Said::of(fixture.run(&["doctor", "--json", "@"]))
}

/// Copies a journal's directory, with the modes that it needs.
fn copy_journal(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.unwrap().success());
}

/// All files below a directory with their bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_healthy_journal_passes_every_check_and_stays_as_it_was() {
    let fixture = Fixture::new();
    let before = files(&fixture.directory());
    let said = doctor(&fixture);
    for check in ["config", "access", "epochs", "key", "storage", "space", "sync"] {
        said.says(0, &format!("{check} "), "");
    }
    for check in ["lock", "reserve", "watermark", "lag", "clock"] {
        said.says(0, &format!("{check} "), "");
    }
    assert!(said.findings.iter().all(|finding| !finding.contains(" failure ")));
    said.says(0, "lock ok", "no writer lives");
    said.says(0, "watermark ok", "7 records are durable");
    said.says(0, "lag ok", "seq 6, ");
    let printed = fixture.run(&["doctor", "@"]).ok();
    assert!(printed.contains("ok       watermark  7 records are durable\n"), "{printed}");
    assert!(printed.lines().last().unwrap().contains("failures 0, warnings"), "{printed}");
    assert_eq!(files(&fixture.directory()), before);
}

#[test]
fn a_place_that_holds_no_journal_is_told() {
    let fixture = Fixture::new();
    fixture.run(&["doctor"]).fails(3, &["no journal is named"]);
    fixture.run(&["doctor", ""]).fails(3, &["the argument JOURNAL is empty"]);
    let at = |place: &str| Said::of(fixture.run(&["doctor", "--json", place]));
    at("missing").says(2, "access failure", "start the service: its first start makes it");
    at("missing/audit").says(2, "access failure", "make missing, and let the service's user own");
    at("audit/WATERMARK").says(2, "access failure", "no directory");
    at("audit/WATERMARK/x").says(2, "access failure", "correct the path");
    fs::create_dir(fixture.directory().join("empty")).unwrap();
    at("empty").says(2, "access failure", "mode 0755, wider than 0700");
    // Not even with a file that everybody may read is the mode of somebody else's directory changed.
    fs::write(fixture.directory().join("empty/notes"), "").unwrap();
    let said = at("empty");
    said.says(2, "access failure", "is not empty and holds no journal");
    assert!(!said.findings.join("").contains("chmod"), "{:?}", said.findings);
    let hostile = fixture.run(&["doctor", "a\u{1b}[2Jb"]);
    assert!(hostile.out.contains("a\\u{1b}[2Jb: failures 1"), "{hostile:?}");
}

#[test]
fn mistakes_of_the_file_and_of_variables_are_failures() {
    let fixture = Fixture::new();
    let file = fixture.directory().join("audited.toml");
    fs::write(&file, "journal = \"audit\"\nwait_ms_mxa = 1\nmirror = \"stdot\"\n").unwrap();
    let mut command = fixture.command(&["doctor", "--json"]);
    let run = Run::of(command.env("AUDIT_GROUP", "staff").output().unwrap());
    let said = Said::of(run);
    said.says(2, "config failure", "line 2: `wait_ms_mxa` is no setting; did you mean");
    said.says(2, "config failure", "line 3: `mirror` is `stdot`");
    said.says(2, "config failure", "AUDIT_GROUP");
    let printed = fixture.run(&["doctor"]).out;
    assert!(printed.contains("\nno journal was looked at: mend the settings"), "{printed}");
    // A journal that is named elsewhere is examined all the same.
    doctor(&fixture).says(2, "watermark ok", "");
    fs::write(&file, "journal = \"audit\"\nwait_ms_max = 1\n").unwrap();
    let said = Said::of(fixture.run(&["doctor", "--json"]));
    said.says(0, "config ok", "journal, wait_ms_max");
    said.says(0, "watermark ok", "");
}

#[test]
fn room_is_measured_against_the_size_of_a_segment() {
    let fixture = Fixture::new();
    doctor(&fixture).says(0, "space ", " MiB");
    let text = "segment_bytes_max = 1099511627776\n";
    fs::write(fixture.directory().join("audited.toml"), text).unwrap();
    doctor(&fixture).says(0, "space warning", "segments of 1099511627776 bytes; free some");
}

#[test]
fn a_living_writer_is_named_and_not_disturbed() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut written = 0;
            while !stop.load(Relaxed) {
                recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
                written += 1;
            }
            written
        });
        let told: Vec<Said> = (0..10).map(|_| doctor(&fixture)).collect();
        // Before anything is judged, so that a failure does not leave the writer running.
        stop.store(true, Relaxed);
        for said in told {
            said.says(0, "lock ok", &format!("shop 1.0, process {}", std::process::id()));
            said.says(0, "lag ok", "all that was written is durable");
            #[cfg(target_os = "linux")]
            said.says(0, "service ok", "its health is green");
        }
        assert!(writing.join().unwrap() > 10);
    });
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    fixture.run(&["verify", "@"]).ok();
}

#[test]
fn a_watermark_of_garbage_is_told_by_whether_somebody_writes() {
    let fixture = Fixture::new();
    fs::write(fixture.journal().join("WATERMARK"), [b'x'; 42]).unwrap();
    doctor(&fixture).says(0, "watermark warning", "run `audited verify`");
    let recorder = fixture.recorder();
    fs::write(fixture.journal().join("WATERMARK"), [b'x'; 42]).unwrap();
    doctor(&fixture).says(2, "watermark failure", "find out who changed it");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn bytes_behind_the_last_durable_record_are_told() {
    let fixture = Fixture::new();
    let torn = || {
        let mut segment = OpenOptions::new().append(true).open(fixture.segment()).unwrap();
        segment.write_all(b"{\"v\":1,\"seq\":").unwrap();
    };
    torn();
    doctor(&fixture).says(0, "lag warning", "a crash left 13 bytes behind it");
    let recorder = fixture.recorder();
    torn();
    doctor(&fixture).says(0, "lag warning", "13 bytes behind it have not become durable");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn bytes_that_become_durable_within_a_moment_are_no_lag() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let watermark = fixture.journal().join("WATERMARK");
    let now = fs::read(&watermark).unwrap();
    fs::write(&watermark, format!("{0:020} {0:020}\n", 5)).unwrap();
    let said = std::thread::scope(|scope| {
        let looking = scope.spawn(|| doctor(&fixture));
        std::thread::sleep(Duration::from_millis(400));
        fs::write(&watermark, now).unwrap();
        looking.join().unwrap()
    });
    said.says(0, "lag ok", "all that was written is durable");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_writer_that_was_killed_is_told() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    // What a process leaves that is killed now.
    let copy = fixture.directory().join("copy");
    copy_journal(&fixture.journal(), &copy);
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let said = Said::of(fixture.run(&["doctor", "--json", "copy"]));
    said.says(0, "lock ok", "no writer lives");
    said.says(0, "lag ok", "its writer was killed or lost its power");
    let ended = doctor(&fixture);
    assert!(!ended.findings.join("").contains("was killed"), "{:?}", ended.findings);
}

#[test]
fn damage_has_the_exit_code_of_damage() {
    let fixture = Fixture::new();
    let text = fs::read_to_string(fixture.segment()).unwrap();
    fs::write(fixture.segment(), text.replace("DeleteInvoice", "CreateInvoice")).unwrap();
    doctor(&fixture).says(1, "lag failure", "is damaged at seq 3");
}

/// A clock that is one day ahead.
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(SystemClock.now().unix_nanos() + 86_400_000_000_000)
    }

    fn monotonic_ns(&self) -> u64 {
        SystemClock.monotonic_ns()
    }
}

#[test]
fn a_record_of_the_future_is_a_warning() {
    let fixture = Fixture::new();
    doctor(&fixture).says(0, "clock ok", "");
    let builder = Recorder::builder(fixture.journal()).origin("example/shop");
    drop(builder.clock(Arc::new(Ahead)).open().unwrap());
    let said = doctor(&fixture);
    said.says(0, "clock warning", " s in the future");
    said.says(0, "clock warning", "lies 863");
}

#[cfg(unix)]
mod unix {
    //! What needs modes, owners and links.

    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

    use super::*;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn wide_modes_links_and_strangers_are_failures_with_the_command_that_mends_them() {
        let fixture = Fixture::new();
        chmod(&fixture.segment(), 0o644);
        chmod(&fixture.journal(), 0o755);
        let said = doctor(&fixture);
        said.says(2, "access failure", "chmod 600 '");
        said.says(2, "access failure", "chmod 700 '");
        chmod(&fixture.segment(), 0o600);
        chmod(&fixture.journal(), 0o700);
        let link = fixture.journal().join("seg/link");
        symlink("/etc/passwd", &link).unwrap();
        doctor(&fixture).says(2, "access failure", "is a symbolic link");
        fs::remove_file(link).unwrap();
        // Only the superuser can give a file away.
        let me = fs::metadata(fixture.segment()).unwrap().uid();
        if chown(fixture.segment(), Some(me + 1), None).is_ok() {
            doctor(&fixture).says(2, "access failure", "run: chown");
            chown(fixture.segment(), Some(me), None).unwrap();
        }
        for number in 0..9 {
            let path = fixture.journal().join(format!("seg/{number}"));
            fs::write(&path, "").unwrap();
            chmod(&path, 0o666);
        }
        doctor(&fixture).says(2, "access failure", "and 4 files more");
    }

    #[test]
    fn a_reader_group_is_right_only_where_it_is_named() {
        let fixture = Fixture::new();
        chmod(&fixture.journal(), 0o750);
        chmod(&fixture.segment(), 0o640);
        let group = fs::metadata(fixture.segment()).unwrap().gid();
        doctor(&fixture).says(0, "access warning", &format!("write `group = {group}`"));
        let text = format!("group = {group}\n");
        fs::write(fixture.directory().join("audited.toml"), text).unwrap();
        doctor(&fixture).says(0, "access ok", &format!("group {group} may read"));
        chmod(&fixture.segment(), 0o644);
        doctor(&fixture).says(2, "access failure", "wider than 0640");
    }

    #[test]
    fn a_key_must_be_there_whole_and_private() {
        let fixture = Fixture::new();
        let key = fixture.directory().join("audit.key");
        doctor(&fixture).says(0, "key ok", "audit.key holds a key");
        chmod(&key, 0o640);
        doctor(&fixture).says(2, "key failure", "0640");
        chmod(&key, 0o600);
        fs::write(&key, "deadbeef").unwrap();
        let said = doctor(&fixture);
        said.says(2, "key failure", "64 hexadecimal digits");
        assert!(!said.findings.join("").contains("deadbeef"));
        fs::remove_file(&key).unwrap();
        doctor(&fixture).says(0, "key warning", "restore the file");
        assert!(!key.exists());
        fs::create_dir(fixture.directory().join("new")).unwrap();
        chmod(&fixture.directory().join("new"), 0o700);
        let new = Said::of(fixture.run(&["doctor", "--json", "new"]));
        new.says(0, "key ok", "the first start makes it");
        let file = fixture.directory().join("audited.toml");
        fs::write(&file, "hash_key = \"file:nowhere\"\n").unwrap();
        doctor(&fixture).says(2, "key failure", "nowhere");
        fs::write(&file, "hash_key = \"env:AUDIT_TEST_UNSET\"\n").unwrap();
        doctor(&fixture).says(2, "key failure", "AUDIT_TEST_UNSET");
    }

    #[test]
    fn keys_that_seal_values_must_be_whole_and_private() {
        let fixture = Fixture::new();
        let keys = fixture.directory().join("audit.keys");
        doctor(&fixture).says(0, "keys ok", "there is no key that seals values");
        let made = fixture.run(&["keys", "new", "@.keys"]).ok();
        let id = made.split_whitespace().nth(3).unwrap();
        doctor(&fixture).says(0, "keys ok", id);
        chmod(&keys, 0o640);
        doctor(&fixture).says(2, "keys failure", "0640");
        chmod(&keys, 0o600);
        fs::write(&keys, "encrypt deadbeef").unwrap();
        let said = doctor(&fixture);
        said.says(2, "keys failure", "line 1 holds no key");
        assert!(!said.findings.join("").contains("deadbeef"));
        let file = fixture.directory().join("audited.toml");
        fs::write(&file, "keys = \"env:AUDIT_TEST_UNSET\"\n").unwrap();
        doctor(&fixture).says(2, "keys failure", "AUDIT_TEST_UNSET");
    }

    #[test]
    fn files_of_the_superuser_are_failures_where_the_service_is_another_user() {
        let fixture = Fixture::new();
        let (journal, key) = (fixture.journal(), fixture.directory().join("audit.key"));
        let owned: Vec<PathBuf> = files(&journal).into_keys().collect();
        // Only the superuser can give files away.
        if chown(&journal, Some(4711), None).is_err() {
            return;
        }
        let segment = fixture.segment();
        let signing = fixture.directory().join("audit.signing");
        for file in
            [&journal.join("seg"), &journal.join("tiles"), &key, &signing].into_iter().chain(&owned)
        {
            chown(file, Some(4711), None).unwrap();
        }
        doctor(&fixture).says(0, "access ok", "modes and owners are right");
        chown(&segment, Some(0), None).unwrap();
        doctor(&fixture).says(2, "access failure", "(1 such in all)");
        doctor(&fixture).says(2, "access failure", "run: chown -R 4711 '");
        chown(&segment, Some(4711), None).unwrap();
        chown(&key, Some(0), None).unwrap();
        doctor(&fixture).says(2, "key failure", "run: chown 4711 '");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn storage_in_memory_is_a_warning() {
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        let journal = memory.path().join("audit");
        drop(Recorder::builder(&journal).open().unwrap());
        let fixture = Fixture::new();
        let said = Said::of(fixture.run(&["doctor", "--json", journal.to_str().unwrap()]));
        said.says(0, "storage warning", "it lies in memory (tmpfs)");
    }
}
