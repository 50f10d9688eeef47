//! Lines of the journal, read without its code.

use serde_json::Value;

/// The action of a segment's first record.
pub(crate) const HEADER: &str = "JournalSegment";

/// `,"h":"`, a digest and `"}`.
const SUFFIX_BYTES: usize = 51;

/// What was appended, or what the journal says about itself.
pub(crate) fn body(line: &[u8]) -> &[u8] {
    let mono = after(line, b",\"mono\":");
    let digits = mono.iter().take_while(|byte| **byte != b',').count();
    let end = mono.len().saturating_sub(SUFFIX_BYTES);
    mono.get(digits + 1..end).unwrap_or_default()
}

/// The action of one of the journal's own records, and nothing for another one.
pub(crate) fn action(line: &[u8]) -> String {
    let body = body(line);
    if body.starts_with(b"\"number\":") {
        return String::new();
    }
    let action = after(body, b"\"action\":\"");
    let end = action.iter().position(|byte| *byte == b'"').unwrap_or(0);
    String::from_utf8_lossy(&action[..end]).into_owned()
}

/// The member `journal` of one of the journal's own records.
pub(crate) fn journal(line: &[u8]) -> Value {
    let record: Value = serde_json::from_slice(line).unwrap_or_default();
    record["journal"].clone()
}

/// The first record that is kept, as the newest record of what was pruned says.
pub(crate) fn kept_from(lines: &[Vec<u8>]) -> u64 {
    let newest = lines.iter().rfind(|line| action(line) == "JournalPruned");
    newest.map_or(0, |line| journal(line)["last_seq"].as_u64().unwrap_or(u64::MAX - 1) + 1)
}

/// What a segment's header says.
pub(crate) fn header(line: Option<&Vec<u8>>) -> Option<Value> {
    line.filter(|line| action(line) == HEADER).map(|line| journal(line))
}

pub(crate) fn hash(line: &[u8]) -> String {
    let suffix = &line[line.len().saturating_sub(SUFFIX_BYTES)..];
    let hash = suffix.strip_prefix(b",\"h\":\"").unwrap_or_default();
    String::from_utf8_lossy(hash.strip_suffix(b"\"}").unwrap_or_default()).into_owned()
}

/// When it was taken in; later times are greater texts.
pub(crate) fn observed(line: &[u8]) -> String {
    let time = after(line, b"\"observed\":\"");
    String::from_utf8_lossy(&time[..time.len().min(30)]).into_owned()
}

/// Lines without their newlines.
pub(crate) fn all(lines: &[u8]) -> Vec<Vec<u8>> {
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line).to_vec()).collect()
}

/// The name of a segment.
pub(crate) fn segment(first_seq: u64) -> String {
    format!("seg/{first_seq:020}.jsonl")
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The start of a line, for a message.
pub(crate) fn shown(line: &[u8]) -> String {
    let action = action(line);
    let body = String::from_utf8_lossy(body(line));
    let start: String = body.chars().take(24).collect();
    if action.is_empty() { start } else { format!("{action} {}", journal(line)) }
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> &'a [u8] {
    let found = bytes.windows(mark.len()).position(|window| window == mark);
    found.map_or(&[], |start| &bytes[start + mark.len()..])
}
