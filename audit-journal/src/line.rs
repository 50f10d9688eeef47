//! One line of the journal: its fixed fields, its hash, and what a body may hold.

use std::ops::Range;

use super::error::Refusal;
use crate::digest::Digest;
use crate::encode;
use crate::time::Timestamp;

/// The longest line in bytes, without its newline.
pub const LINE_BYTES_MAX: usize = 65_000;

/// The longest body in bytes: what the journal's own fields leave of a line.
pub const BODY_BYTES_MAX: usize = LINE_BYTES_MAX - PREFIX_BYTES_MAX - SUFFIX_BYTES;

/// The version of the format, which is written as such in [`write_prefix`].
pub(super) const VERSION: u64 = 1;

/// `,"h":"`, a digest and `"}`.
pub(super) const SUFFIX_BYTES: usize = 51;

/// The characters of a boot id.
const BOOT_CHARS: usize = 16;

/// The fixed fields with two numbers of twenty digits.
const PREFIX_BYTES_MAX: usize = 132;

/// Keeps a record's hash apart from a Merkle leaf (0x00) and a node (0x01) over the same bytes.
const LINK_DOMAIN: u8 = 2;

/// The fields that the journal writes before the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp<'a> {
    pub(super) seq: u64,
    pub(super) observed: Timestamp,
    pub(super) boot: &'a str,
    pub(super) mono: u64,
}

/// A line that has the journal's form; whether its hash is right is for the [`Chain`] to say.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) stamp: Stamp<'a>,
    pub(super) body: Range<usize>,
    pub(super) hash: Digest,
}

/// The end of a run of good lines: the next line must continue it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) next: u64,
    pub(super) tip: Digest,
}

impl Chain {
    /// The chain before the first record of a journal.
    pub(super) fn of_origin(origin: &str) -> Self {
        Self { next: 0, tip: Digest::of(origin.as_bytes()) }
    }

    /// Appends the line that continues the chain with `body`, newline included.
    pub(super) fn extend(&mut self, out: &mut Vec<u8>, stamp: &Stamp<'_>, body: &[u8]) -> Digest {
        let start = out.len();
        write_prefix(out, stamp);
        out.extend_from_slice(body);
        let hash = link(&self.tip, &out[start..]);
        out.extend_from_slice(b",\"h\":\"");
        hash.write(out);
        out.extend_from_slice(b"\"}\n");
        *self = Self { next: stamp.seq + 1, tip: hash };
        hash
    }

    /// Moves past `line` if it is the next one, byte for byte; else says why it is not.
    pub(super) fn follow<'a>(&mut self, line: &'a [u8]) -> Result<Parsed<'a>, String> {
        let parsed = parse(line)?;
        if parsed.stamp.seq != self.next {
            return Err(format!("it says seq {}", parsed.stamp.seq));
        }
        if link(&self.tip, hashed(line)) != parsed.hash {
            return Err("its hash does not follow from its bytes and the record before it".into());
        }
        let next = self.next.checked_add(1).ok_or("no record has so great a number")?;
        *self = Self { next, tip: parsed.hash };
        Ok(parsed)
    }
}

/// The hash of a line: over the hash before it and its bytes up to `,"h":`.
pub(super) fn link(previous: &Digest, hashed: &[u8]) -> Digest {
    Digest::of_parts(&[&[LINK_DOMAIN], previous.as_bytes(), hashed])
}

/// The bytes of a line that its hash covers, for a line at least as long as the suffix.
pub(super) fn hashed(line: &[u8]) -> &[u8] {
    &line[..line.len().saturating_sub(SUFFIX_BYTES)]
}

/// The hash that stands at the end of a line, however bad the rest of it is.
pub(super) fn stated_hash(line: &[u8]) -> Option<Digest> {
    let suffix = &line[hashed(line).len()..];
    let text = suffix.strip_prefix(b",\"h\":\"")?.strip_suffix(b"\"}")?;
    Digest::parse_bytes(text)
}

/// The version of a line that a later one has written, as far as its form tells: all versions begin with it and
/// the number, and end in a hash.
pub(super) fn later_version(line: &[u8]) -> Option<u64> {
    stated_hash(line).filter(|_| line.len() <= LINE_BYTES_MAX)?;
    let (version, rest) = take_number(hashed(line).strip_prefix(b"{\"v\":")?)?;
    let (_, rest) = take_number(rest.strip_prefix(b",\"seq\":")?)?;
    let rest = std::str::from_utf8(rest.strip_prefix(b",")?).ok()?;
    let is_text = !rest.is_empty() && !rest.bytes().any(|byte| byte < 0x20 || byte == 0x7f);
    (version > VERSION && is_text).then_some(version)
}

/// True for a line without the zeros of pages that a crash did not let reach the disk: no crash
/// leaves such a line, because a line's end is written last.
pub(super) fn is_whole(line: &[u8]) -> bool {
    !line.contains(&0)
}

/// Reads a line without its newline, strictly: only what [`Chain::extend`] writes is read.
pub(super) fn parse(line: &[u8]) -> Result<Parsed<'_>, &'static str> {
    if line.len() > LINE_BYTES_MAX {
        return Err("it is longer than a line may be");
    }
    let hash = stated_hash(line).ok_or("it does not end in a hash")?;
    let hashed = hashed(line);
    let (stamp, rest) =
        parse_prefix(hashed).ok_or("it does not start with the journal's fields")?;
    check_body(rest).map_err(|_| "it has bytes that the journal never writes")?;
    let body = hashed.len() - rest.len()..hashed.len();
    Ok(Parsed { stamp, body, hash })
}

/// The time in a line's fixed fields, as text that looks like one, without a look at the rest.
pub(super) fn observed(line: &[u8]) -> Option<[u8; crate::time::TIMESTAMP_LEN]> {
    let rest = line.strip_prefix(b"{\"v\":1,\"seq\":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let time = rest[digits..].strip_prefix(b",\"observed\":\"")?.first_chunk()?;
    let is_time = |byte: &u8| byte.is_ascii_digit() || b"-:.TZ".contains(byte);
    time.iter().all(is_time).then_some(*time)
}

/// Refuses what could not be one line of text.
pub(super) fn check_body(body: &[u8]) -> Result<(), Refusal> {
    if body.is_empty() {
        return Err(Refusal::Empty);
    }
    if body.len() > BODY_BYTES_MAX {
        return Err(Refusal::TooLong { bytes: body.len() });
    }
    // Without a branch in the loop the compiler checks sixteen bytes at a time.
    let is_plain = body.iter().fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte));
    if is_plain {
        return Ok(());
    }
    if let Some(refusal) = first_control(body) {
        return Err(refusal);
    }
    std::str::from_utf8(body)
        .map(|_| ())
        .map_err(|error| Refusal::NotUtf8 { offset: error.valid_up_to() })
}

fn first_control(body: &[u8]) -> Option<Refusal> {
    let is_control = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
    let offset = body.iter().position(is_control)?;
    Some(Refusal::Control { byte: body[offset], offset })
}

fn write_prefix(out: &mut Vec<u8>, stamp: &Stamp<'_>) {
    out.extend_from_slice(b"{\"v\":1,\"seq\":");
    encode::number(out, stamp.seq);
    out.extend_from_slice(b",\"observed\":\"");
    stamp.observed.write(out);
    out.extend_from_slice(b"\",\"boot\":\"");
    out.extend_from_slice(stamp.boot.as_bytes());
    out.extend_from_slice(b"\",\"mono\":");
    encode::number(out, stamp.mono);
    out.push(b',');
}

fn parse_prefix(hashed: &[u8]) -> Option<(Stamp<'_>, &[u8])> {
    let rest = hashed.strip_prefix(b"{\"v\":1,\"seq\":")?;
    let (seq, rest) = take_number(rest)?;
    let rest = rest.strip_prefix(b",\"observed\":\"")?;
    let (observed, rest) = rest.split_at_checked(crate::time::TIMESTAMP_LEN)?;
    let rest = rest.strip_prefix(b"\",\"boot\":\"")?;
    let (boot, rest) = take_text(rest, BOOT_CHARS)?;
    let rest = rest.strip_prefix(b"\",\"mono\":")?;
    let (mono, rest) = take_number(rest)?;
    let body = rest.strip_prefix(b",")?;
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let stamp = Stamp { seq, observed: Timestamp::parse_bytes(observed)?, boot, mono };
    boot.bytes().all(is_hex).then_some((stamp, body))
}

fn take_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = bytes.split_at(digits);
    if digits > 1 && number[0] == b'0' {
        return None;
    }
    let (first, others) = number.split_first()?;
    let value = |digit: &u8| u64::from(digit - b'0');
    let number = others.iter().try_fold(value(first), |number, digit| {
        number.checked_mul(10)?.checked_add(value(digit))
    })?;
    Some((number, rest))
}

fn take_text(bytes: &[u8], length: usize) -> Option<(&str, &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp<'static> = Stamp {
        seq: 7,
        observed: Timestamp::from_unix_nanos(1_767_225_599_123_456_789),
        boot: "00112233aabbccdd",
        mono: 42,
    };

    fn line(body: &[u8]) -> (Chain, Vec<u8>) {
        let before = Chain { next: 7, tip: Digest::of(b"before") };
        let mut out = Vec::new();
        let mut chain = before;
        chain.extend(&mut out, &STAMP, body);
        assert_eq!(out.pop(), Some(b'\n'));
        (before, out)
    }

    #[test]
    fn a_line_has_the_documented_bytes_and_hash() {
        let (before, line) = line(b"\"a\":1");
        let covered = b"{\"v\":1,\"seq\":7,\"observed\":\"2025-12-31T23:59:59.123456789Z\",\
            \"boot\":\"00112233aabbccdd\",\"mono\":42,\"a\":1";
        let hash = Digest::of_parts(&[&[2], before.tip.as_bytes(), covered]);
        let expected = [covered, format!(",\"h\":\"{hash}\"}}").as_bytes()].concat();
        assert_eq!(String::from_utf8(line), String::from_utf8(expected));
    }

    #[test]
    fn a_line_reads_back_and_only_where_it_belongs() {
        let (mut chain, line) = line(b"\"a\":1");
        let elsewhere = Chain { tip: Digest::of(b"other"), ..chain }.follow(&line);
        assert!(elsewhere.unwrap_err().contains("hash"));
        let later = Chain { next: 8, ..chain }.follow(&line);
        assert_eq!(later.unwrap_err(), "it says seq 7");
        let parsed = chain.follow(&line).unwrap();
        assert_eq!(&line[parsed.body], b"\"a\":1");
        assert_eq!(parsed.stamp.boot, STAMP.boot);
        assert_eq!(parsed.stamp.mono, 42);
        assert_eq!(chain.next, 8);
    }

    #[test]
    fn no_changed_byte_continues_the_chain() {
        let (chain, line) = line(b"\"a\":\"text\"");
        for place in 0..line.len() {
            for bit in 0..8 {
                let mut changed = line.clone();
                changed[place] ^= 1 << bit;
                let mut chain = chain;
                assert!(chain.follow(&changed).is_err(), "byte {place}, bit {bit}");
            }
        }
    }

    #[test]
    fn the_longest_body_fits_the_longest_line() {
        let stamp = Stamp { seq: u64::MAX - 1, mono: u64::MAX, ..STAMP };
        let mut chain = Chain { next: stamp.seq, tip: Digest::of(b"") };
        let before = chain;
        let mut out = Vec::new();
        chain.extend(&mut out, &stamp, &vec![b'x'; BODY_BYTES_MAX]);
        assert_eq!(out.len() - 1, LINE_BYTES_MAX);
        assert!(before.clone().follow(&out[..LINE_BYTES_MAX]).is_ok());
    }

    #[test]
    fn a_body_that_is_not_one_line_is_refused() {
        let long = vec![b'x'; BODY_BYTES_MAX + 1];
        let cases: [(&[u8], Refusal); 5] = [
            (b"", Refusal::Empty),
            (b"\"a\":\n", Refusal::Control { byte: b'\n', offset: 4 }),
            (b"\"\x7f\"", Refusal::Control { byte: 0x7f, offset: 1 }),
            (b"\"a\xff\"", Refusal::NotUtf8 { offset: 2 }),
            (&long, Refusal::TooLong { bytes: long.len() }),
        ];
        for (body, refusal) in cases {
            assert_eq!(check_body(body), Err(refusal));
        }
    }
}
