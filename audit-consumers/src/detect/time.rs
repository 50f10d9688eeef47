//! Times as RFC 3339 writes them, with any offset and any number of fractional digits.

use audit_runtime::Timestamp;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Reads `2017-03-27T13:08:09Z`, with a fraction and an offset such as `+02:00` if it has them.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let (date_and_time, rest) = bytes.split_at_checked(19)?;
    if !matches!(date_and_time[10], b'T' | b't' | b' ') {
        return None;
    }
    let digits = match rest.split_first() {
        Some((b'.', fraction)) => fraction.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    if rest.first() == Some(&b'.') && digits == 0 {
        return None;
    }
    // What stands there in the form that a journal has it in: nine digits, and UTC.
    let mut whole = *b"0000-00-00T00:00:00.000000000Z";
    whole[..10].copy_from_slice(&date_and_time[..10]);
    whole[11..19].copy_from_slice(&date_and_time[11..]);
    let kept = digits.min(9);
    if kept > 0 {
        whole[20..20 + kept].copy_from_slice(&rest[1..=kept]);
    }
    let local = Timestamp::parse(std::str::from_utf8(&whole).ok()?)?;
    let offset = if digits > 0 { &rest[digits + 1..] } else { rest };
    let ahead = offset_seconds(offset)?.checked_mul(NANOS_PER_SECOND)?;
    local.unix_nanos().checked_sub(ahead).map(Timestamp::from_unix_nanos)
}

/// How far local time is ahead of UTC.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    if matches!(text, b"Z" | b"z") {
        return Some(0);
    }
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = text else {
        return None;
    };
    let number = |tens: &u8, ones: &u8| {
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
        Some(digit(tens)? * 10 + digit(ones)?)
    };
    let (hours, minutes) = (number(h1, h2)?, number(m1, m2)?);
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_time_reads_alike() {
        let expected = Timestamp::parse("2017-03-27T13:08:09.500000000Z");
        for text in [
            "2017-03-27T13:08:09.5Z",
            "2017-03-27t13:08:09.50z",
            "2017-03-27 15:08:09.500000000999+02:00",
            "2017-03-26T23:38:09.5-13:30",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        let whole = Timestamp::parse("2017-03-27T13:08:09.000000000Z");
        assert_eq!(parse("2017-03-27T13:08:09Z"), whole);
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "Z",
            "2017-03-27",
            "2017-03-27T13:08:09",
            "2017-03-27T13:08:09.Z",
            "2017-02-30T13:08:09Z",
            "2017-03-27T13:08:09+0200",
            "2017-03-27T13:08:09+24:00",
            "2017-03-27T13:08:09Z ",
            "2017-03-27x13:08:09Z",
            "2017-03-27T13:08:60Z",
            "9999-01-01T00:00:00Z",
            "２017-03-27T13:08:09Z",
            "1490620089",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
