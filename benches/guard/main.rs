//! What the guard costs on clean log lines, beside a search for one byte, and four regular expressions as one set and one by one.
//!
//! And what it costs on texts that were made to be slow to read, beside the clean ones. These are the worst of
//! some hundred thousand rows of names, separators and beginnings of secrets, and of changes of the worst of them.
//!
//! Reads the files that are named on the command line, and without any the lines of `lines.rs`.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod hostile;
mod lines;

use std::hint::black_box;

use audit_benches::{Table, Taken, interleave, median, named_places, paired_ratio};
use regex::{Regex, RegexSet};

/// How often each side runs.
const ROUNDS: usize = 60;
/// How many bytes a round reads, at the least.
const ROUND_BYTES: usize = 2_000_000;

/// The patterns that the project began with: two of numbers, two of names.
const PATTERNS: [&str; 4] = [
    r"\b\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b",
    r"\b\d{3}[- ]?\d{2}[- ]?\d{4}\b",
    r"(?i)password=[^&\s]+",
    r"(?i)api[_-]?key=[^&\s]+",
];

/// The sides of the table.
const NAMES: [&str; 4] =
    ["memchr", "guard", "one set of four regular expressions", "the four replacing"];

fn main() {
    let files: Vec<String> =
        named_places().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let read = files.iter().flat_map(|text| text.lines().map(str::to_owned));
    let mut lines: Vec<String> = if files.is_empty() { lines::made() } else { read.collect() };
    lines.retain(|line| audit_guard::scrub(line).caught.is_empty());
    let bytes: usize = lines.iter().map(String::len).sum();
    let repeats = ROUND_BYTES.div_ceil(bytes.max(1));
    let patterns = PATTERNS.map(|pattern| Regex::new(pattern).unwrap());
    let set = RegexSet::new(PATTERNS).unwrap();

    let each = |work: &dyn Fn(&str)| {
        Taken::by(|| (0..repeats).for_each(|_| lines.iter().for_each(|line| work(line))))
    };
    let search = |line: &str| {
        black_box(memchr::memchr(0, line.as_bytes()));
    };
    let guard = |line: &str| {
        black_box(audit_guard::scrub(line));
    };
    let matched = |line: &str| {
        black_box(set.is_match(line));
    };
    let replace = |line: &str| {
        for pattern in &patterns {
            black_box(pattern.replace_all(line, "[REDACTED]"));
        }
    };
    let rounds = interleave(
        ROUNDS,
        [&mut || each(&search), &mut || each(&guard), &mut || each(&matched), &mut || {
            each(&replace)
        }],
    );

    let mut table = Table::new(&["side", "MB/s", "ratio to memchr", "ratio to the guard"]);
    for (name, side) in NAMES.iter().zip(&rounds) {
        let seconds = median(side.iter().map(|taken| taken.thread)).as_secs_f64();
        let speed = (bytes * repeats) as f64 / seconds / 1e6;
        let ratio = |base| paired_ratio(side, base, |taken| taken.thread);
        let (search, guard) = (ratio(&rounds[0]), ratio(&rounds[1]));
        let ratios = [format!("{search:.2}"), format!("{guard:.2}")];
        table.row(&[&[(*name).to_owned(), format!("{speed:.0}")], &ratios[..]].concat());
    }
    let count = lines.len();
    println!("{count} clean lines, {bytes} bytes, {ROUNDS} rounds\n\n{table}");
    println!("{}", hostile::compared(&lines));
}
