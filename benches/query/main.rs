//! What a query of a journal takes, against `grep -c` of the same files and against what it cannot do without.
//!
//! The records lie over ten days, and each segment is some hours long. `grep` looks for a text and
//! neither checks a hash nor reads JSON; the chain alone is every line
//! checked and none parsed. `query [DIRECTORY…]` measures in these directories instead of the build's
//! own. All files are in the page cache.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod journal;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use audit_benches::{Rounds, Table, Taken, interleave, median, named_places, paired_ratio};
use audit_consumers::query::{Query, Search, Skip};
use audit_runtime::journal::Reader;
use sha2::{Digest as _, Sha256};

const ROUNDS: usize = 15;
const RECORDS: u64 = 240_000;

fn main() {
    let mut places = named_places();
    if places.is_empty() {
        places.push(PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    }
    for place in places {
        let dir = tempfile::tempdir_in(place).unwrap();
        let written = Instant::now();
        let journal = dir.path().join("audit");
        journal::write(&journal, RECORDS);
        let reader = Reader::open(&journal).unwrap();
        let segments = reader.segments().unwrap();
        let bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
        println!(
            "{RECORDS} records, {} segments, {} MB, written in {:.1} s; {ROUNDS} rounds\n",
            segments.len(),
            bytes / 1_000_000,
            written.elapsed().as_secs_f64()
        );
        println!("{}", compare(&journal, &reader, bytes));
    }
}

/// Every side once in each round; the first is what the ratios are to.
fn compare(journal: &Path, reader: &Reader, bytes: u64) -> Table {
    let actor = journal::actor(42);
    let correlation = journal::correlation(RECORDS / 2);
    let one_day = format!("since {} until {}", journal::day(4), journal::day(5));
    let denied = format!("outcome=denied {one_day}");
    let sides = interleave(
        ROUNDS,
        [
            &mut || grep(journal, &format!("\"id\":\"{actor}\"")),
            &mut || read(journal),
            &mut || hash(journal),
            &mut || chain(reader),
            &mut || query(reader, &format!("actor=user:{actor}"), Skip::ByTimes, true),
            &mut || query(reader, &format!("actor=user:{actor}"), Skip::ByTimes, false),
            &mut || query(reader, &format!("correlation={correlation}"), Skip::ByTimes, true),
            &mut || query(reader, &denied, Skip::ByTimes, true),
            &mut || query(reader, &denied, Skip::ByEnds, true),
            &mut || query(reader, &denied, Skip::Never, true),
            &mut || query(reader, &one_day, Skip::ByTimes, true),
            &mut || query(reader, "", Skip::ByTimes, true),
        ],
    );
    let names = [
        "grep -c of one actor",
        "plain read",
        "plain read, SHA-256 of it",
        "chain alone (cursor)",
        "query by actor",
        "  parsing every line",
        "query by correlation",
        "query of one day in ten, denied",
        "  by the ends of segments",
        "  checking every segment",
        "query of one day in ten, all",
        "query of all records",
    ];
    table(&names, &sides, bytes)
}

fn table(names: &[&str], sides: &[Rounds], bytes: u64) -> Table {
    let mut table =
        Table::new(&["side", "wall ms", "MB/s", "to grep", "to plain read", "to chain"]);
    for (name, side) in names.iter().zip(sides) {
        let wall = median(side.iter().map(|taken| taken.wall)).as_secs_f64();
        let to = |base: &Rounds| format!("{:.2}", paired_ratio(side, base, |taken| taken.wall));
        table.row(&[
            (*name).to_owned(),
            format!("{:.1}", wall * 1e3),
            format!("{:.0}", bytes as f64 / wall / 1e6),
            to(&sides[0]),
            to(&sides[1]),
            to(&sides[3]),
        ]);
    }
    table
}

fn query(reader: &Reader, text: &str, skip: Skip, filters_bytes: bool) -> Taken {
    let query = Query::parse(text).unwrap();
    let search = Search::new(reader, &query).skip(skip);
    let search = if filters_bytes { search } else { search.parsing_all() };
    Taken::by(|| {
        let (count, scan) = search.count().unwrap();
        assert!(count > 0 && scan.is_whole(), "{text}: {count} {scan}");
    })
}

/// Every line checked against the chain, as a cursor does it, and nothing else.
fn chain(reader: &Reader) -> Taken {
    Taken::by(|| {
        let mut cursor = reader.cursor(0).unwrap();
        let mut lines = 0;
        while cursor.next().unwrap().is_some() {
            lines += 1;
        }
        assert!(lines >= RECORDS);
    })
}

fn grep(journal: &Path, text: &str) -> Taken {
    let files = files(journal);
    let mut command = Command::new("grep");
    command.env("LC_ALL", "C").args(["-c", "-F", text]).args(files);
    Taken::by(|| {
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let counts = said.lines().map(|line| line.rsplit(':').next().unwrap());
        let count: u64 = counts.map(|count| count.parse::<u64>().unwrap()).sum();
        assert!(count > 0);
    })
}

fn read(journal: &Path) -> Taken {
    let files = files(journal);
    Taken::by(|| {
        let mut buffer = vec![0; 64 * 1024];
        for file in &files {
            each_chunk(file, &mut buffer, |_| {});
        }
    })
}

/// What the hashes of a journal cost at the least: the same bytes, without lines or links.
fn hash(journal: &Path) -> Taken {
    let files = files(journal);
    Taken::by(|| {
        let mut buffer = vec![0; 64 * 1024];
        let mut hash = Sha256::new();
        for file in &files {
            each_chunk(file, &mut buffer, |chunk| hash.update(chunk));
        }
        assert!(hash.finalize()[..] != [0; 32]);
    })
}

fn each_chunk(file: &Path, buffer: &mut [u8], mut take: impl FnMut(&[u8])) {
    use std::io::Read as _;
    let mut file = std::fs::File::open(file).unwrap();
    loop {
        match file.read(buffer).unwrap() {
            0 => return,
            read => take(&buffer[..read]),
        }
    }
}

fn files(journal: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(journal.join("seg")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
