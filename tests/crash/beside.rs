//! Verification beside a writer in another process that is as fast as the disk lets it: no false alarm.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options, Reader, verify};

/// Tells this binary to be the writer, and where its journal goes.
const JOURNAL: &str = "AUDIT_TEST_FAST_JOURNAL";
const NAME: &str = "beside::verify_beside_a_fast_writer_raises_no_false_alarm";

/// Ten thousand records in a second.
const BATCH: usize = 100;
const BATCH_TIME: Duration = Duration::from_millis(10);

/// So small that the writer makes several new ones in a second.
const SEGMENT_BYTES_MAX: u64 = 256 << 10;

const TIME: Duration = Duration::from_secs(3);

/// Fewer would show nothing; a busy machine may not come to ten thousand in a second.
const RECORDS_MIN: u64 = 3_000;
const CHECKS_MIN: u32 = 3;

#[test]
fn verify_beside_a_fast_writer_raises_no_false_alarm() {
    if let Some(journal) = std::env::var_os(JOURNAL) {
        return write(Path::new(&journal));
    }
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let mut writer = start(&journal);
    let begun = Instant::now();
    let mut checks = 0;
    let mut cursor = Reader::open(&journal).unwrap().cursor(0).unwrap();
    let mut read = 0;
    while begun.elapsed() < TIME {
        let verification = verify(&DirectoryStorage::read_only(&journal)).unwrap();
        assert!(verification.findings.is_empty(), "{:#?}", verification.findings);
        assert_eq!(verification.unfinished, None);
        while begun.elapsed() < TIME
            && let Some(line) = cursor.next().unwrap()
        {
            assert_eq!(line.seq(), read);
            read += 1;
        }
        checks += 1;
    }
    writer.kill();
    println!("{checks} checks, {read} records in {:?}", begun.elapsed());
    assert!(checks >= CHECKS_MIN && read >= RECORDS_MIN);
    assert!(Reader::open(&journal).unwrap().segments().unwrap().len() > 2);
    let verification = verify(&DirectoryStorage::read_only(&journal)).unwrap();
    assert!(verification.is_intact(), "{:#?}", verification.findings);
}

/// The other process; a failed test leaves none behind.
struct Writer(Child);

impl Writer {
    fn kill(&mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "the writer has come to an end");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Starts the writer and waits until its journal is there.
fn start(journal: &Path) -> Writer {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(JOURNAL, journal)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let writer = Writer(process);
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(b"the journal is open") {
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "the writer did not start");
        said.extend(byte);
    }
    writer
}

/// Writes until killed.
fn write(journal: &Path) {
    let storage = DirectoryStorage::open(journal, Modes::default()).unwrap();
    let options = Options { segment_bytes_max: SEGMENT_BYTES_MAX, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    println!("the journal is open");
    let begun = Instant::now();
    for batch in 1.. {
        for number in 0..BATCH {
            let body = format!("\"number\":{number},\"fill\":\"{}\"", "x".repeat(number));
            journal.append(body.as_bytes()).unwrap();
        }
        journal.commit().unwrap();
        std::thread::sleep((BATCH_TIME * batch).saturating_sub(begun.elapsed()));
    }
}
