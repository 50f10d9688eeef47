//! A journal on disk, and runs of the binary on it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use audit_runtime::{Actor, Event, Http, Origin, Recorder, Target};
use tempfile::TempDir;

/// What a person might type to take over the terminal of whoever reads the trail.
pub(crate) const HOSTILE: &str = "ada\u{1b}[2J\n99 \u{202e}nimda\u{9b}\u{2028}";

/// Seven records: two that open the journal, four events, and the orderly end.
pub(crate) struct Fixture {
    dir: TempDir,
}

impl Fixture {
    /// A place without a journal.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn new() -> Self {
        let fixture = Self::empty();
        let recorder = fixture.recorder();
        let peer: SocketAddr = "192.0.2.7:4000".parse().unwrap();
        let origin = Origin::peer(peer).user_agent("curl");
        let ada = Actor::user("42").named("ada").role("clerk");
        let events = [
            Event::authentication("password")
                .actor(ada.clone())
                .origin(origin.clone())
                .failed("bad_password"),
            Event::authorization(Target::new("Invoice", 7), "DeleteInvoice")
                .actor(ada)
                .policy("admins-only")
                .denied("role_missing"),
            Event::access(Http::routed("GET", "/users/{id}").status(200))
                .origin(origin)
                .succeeded(),
            Event::activity("UpdateUser")
                .actor(Actor::user("7").named(HOSTILE))
                .target(Target::new("User", 9))
                .target(Target::new("Team", 3))
                .field("count", &u64::MAX)
                .succeeded(),
        ];
        for event in events {
            recorder.record(event).wait().unwrap();
        }
        recorder.shutdown(Duration::from_secs(10)).unwrap();
        fixture
    }

    /// The same without a signature.
    pub(crate) fn unsigned() -> Self {
        let fixture = Self::new();
        for name in ["checkpoint", "checkpoints"] {
            fs::remove_file(fixture.journal().join(name)).unwrap();
        }
        fs::remove_dir_all(fixture.journal().join("tiles")).unwrap();
        fixture
    }

    pub(crate) fn recorder(&self) -> Recorder {
        let builder = Recorder::builder(self.journal()).origin("example/shop");
        builder.service("shop", "1.0").open().unwrap()
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    pub(crate) fn segment(&self) -> PathBuf {
        self.journal().join("seg/00000000000000000000.jsonl")
    }

    /// The lines of the journal, but for one that a living service has not ended yet.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.segment()).unwrap();
        let ended = text.rsplit_once('\n').map_or("", |(ended, _)| ended);
        ended.lines().map(str::to_owned).collect()
    }

    /// Runs `audited` on a copy of the journal, so that this one does not get the record of a reading.
    pub(crate) fn run_on_copy(&self, arguments: &[&str]) -> Run {
        let copy = tempfile::tempdir().unwrap();
        let copied = Command::new("cp").arg("-a").arg(self.journal()).arg(copy.path()).status();
        assert!(copied.unwrap().success());
        let journal = copy.path().join("audit").display().to_string();
        let arguments: Vec<_> = arguments.iter().map(|text| text.replace('@', &journal)).collect();
        Run::of(self.command(&[]).args(arguments).output().unwrap())
    }

    /// Runs `audited`, with the journal's path in place of `@`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let journal = self.journal().display().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_audited"));
        let is_of_chain = arguments.first() == Some(&"verify")
            && !arguments.iter().any(|argument| ["-", "--key", "--level"].contains(argument))
            && self.dir.path().join("audit.vkey").exists();
        command
            .args(arguments.iter().map(|argument| argument.replace('@', &journal)))
            // The signatures have tests of their own: `signed` and `signing`.
            .args(["--level", "L1"].iter().filter(|_| is_of_chain))
            .env_remove("AUDIT_JOURNAL")
            .stdin(Stdio::null())
            .current_dir(self.dir.path());
        command
    }
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output of a run that must have succeeded without a word of complaint.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Checks that the first complaint is that this reading left no record, for the reason given, and
    /// takes it away.
    #[track_caller]
    pub(crate) fn unrecorded(mut self, reason: &str) -> Self {
        let (first, rest) = self.err.split_once('\n').unwrap_or_default();
        let told = first.strip_prefix("audited: this reading left no record in the journal: ");
        assert!(told.is_some_and(|told| told.contains(reason)), "{self:?}");
        self.err = rest.to_owned();
        self
    }

    /// Checks the exit code and that there is one line of complaint which says all of `words`.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.err.starts_with("audited: "), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in {:?}", self.err);
        }
    }
}
