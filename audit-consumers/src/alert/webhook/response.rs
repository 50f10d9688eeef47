//! What a receiver's answer means: delivered, try again, or never.

use std::time::Duration;

use audit_runtime::Timestamp;
use ureq::Error;
use ureq::http::{HeaderMap, StatusCode};

use super::address::REFUSED;
use crate::alert::{DeliveryError, tls};

/// Judges an answer by its status; its body is not read.
pub(super) fn judge(
    host: &str,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<(), DeliveryError> {
    if status.is_success() {
        return Ok(());
    }
    let status = status.as_u16();
    if is_transient(status) {
        let message = format!("webhook: {host} answered {status}");
        let after = headers.get("retry-after").and_then(|value| value.to_str().ok());
        let after = after.and_then(|text| wait(text, Timestamp::now()));
        return Err(DeliveryError { after, ..DeliveryError::transient(message) });
    }
    let advice = match status {
        300..=399 => "redirects are not followed; set the address that it leads to",
        401 | 403 => "it does not accept the signature or the address; check the secret",
        404 | 410 => "the address is not there any more; set the new one",
        413 => "the message is too large for it",
        _ => "it refuses what it is sent; see its own log",
    };
    Err(DeliveryError::permanent(format!("webhook: {host} answered {status}: {advice}")))
}

/// Judges a failure before there was an answer. Its text names no address beyond the host: errors of
/// the HTTP client may hold the whole.
pub(super) fn failure(host: &str, error: &Error) -> DeliveryError {
    let why = match error {
        Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return DeliveryError::permanent(format!("webhook: {host}: {REFUSED}"));
        }
        Error::Io(error) => tls::told(error).unwrap_or_else(|| error.to_string()),
        Error::Timeout(step) => format!("no answer in time ({step})"),
        Error::HostNotFound => "there is no such host".to_owned(),
        Error::ConnectionFailed => "it cannot be reached".to_owned(),
        Error::Rustls(error) => tls::told(error).unwrap_or_else(|| error.to_string()),
        Error::Tls(error) => format!("TLS: {error}"),
        Error::Protocol(_) | Error::Http(_) => "it does not speak HTTP properly".to_owned(),
        Error::LargeResponseHeader(..) => "the head of its answer is too long".to_owned(),
        _ => "the request failed".to_owned(),
    };
    DeliveryError::transient(format!("webhook: {host}: {why}"))
}

fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// `Retry-After`: seconds, or a date as HTTP writes it (RFC 9110, sections 10.2.3 and 5.6.7).
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let due = date(text)?.unix_nanos().checked_sub(now.unix_nanos())?;
    Some(Duration::from_nanos(u64::try_from(due).unwrap_or(0)))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`; the two older forms are sent by nobody.
fn date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}.000000000Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_answers_are_tried_again() {
        let judged =
            |status: u16| judge("h", StatusCode::from_u16(status).unwrap(), &HeaderMap::new());
        for status in [200, 201, 202, 204, 299] {
            assert!(judged(status).is_ok(), "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert!(judged(status).unwrap_err().retry, "{status}");
        }
        for status in [301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422, 501 - 101] {
            assert!(!judged(status).unwrap_err().retry, "{status}");
        }
    }

    #[test]
    fn a_wait_is_read_in_both_forms() {
        let now = Timestamp::parse("1994-11-06T08:49:00.000000000Z").unwrap();
        let seconds = |text| wait(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(37));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:48:37 GMT"), Some(0));
        for odd in ["", "-1", "soon", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }
}
