//! The lines that are read: login attempts from a public log, repeated.

use audit_runtime::Timestamp;
use serde::Deserialize;

/// How many lines there are at the least.
const LINES_MIN: usize = 100_000;
const DAY_NS: i64 = 86_400_000_000_000;

/// All fields of a line, as a program that reads it would have them.
#[derive(Deserialize)]
#[expect(dead_code, reason = "a field that is read and not used is read all the same")]
pub(crate) struct Line {
    pub(crate) ts: String,
    pub(crate) outcome: String,
    pub(crate) user: String,
    pub(crate) ip: String,
    method: String,
    invalid_user: bool,
    session: String,
    port: u16,
    line: u64,
}

/// The log over and over, each time ten weeks later.
pub(crate) fn repeated() -> Vec<String> {
    let log = log();
    let times = LINES_MIN.div_ceil(log.len());
    let later = |time: usize| log.iter().map(move |line| moved(line, 70 * time as i64));
    (0..times).flat_map(later).collect()
}

/// The same with another user and another address on every line, all on one day: ever new keys.
pub(crate) fn all_different() -> Vec<String> {
    let first = log().swap_remove(1);
    let mut line: serde_json::Value = serde_json::from_str(&first).unwrap();
    let different = |index: usize| {
        line["outcome"] = "failure".into();
        line["user"] = format!("user{index}").into();
        line["ip"] = format!("10.{}.{}.{}", index >> 16, index >> 8 & 255, index & 255).into();
        line.to_string()
    };
    (0..2 * LINES_MIN).map(different).collect()
}

fn log() -> Vec<String> {
    let log = include_str!("../../tests/data/attacks/elastic_auth.jsonl");
    log.lines().map(str::to_owned).collect()
}

fn moved(line: &str, days: i64) -> String {
    let (before, rest) = line.split_at(8);
    let (time, after) = rest.split_at(20);
    assert!(before == "{\"ts\": \"" && time.ends_with('Z'), "{line}");
    let time = Timestamp::parse(&time.replace('Z', ".000000000Z")).unwrap();
    let later = Timestamp::from_unix_nanos(time.unix_nanos() + days * DAY_NS).to_string();
    format!("{before}{}Z{after}", &later[..19])
}
