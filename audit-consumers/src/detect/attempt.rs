//! One login attempt as a line of JSON: the format of `--format attempts`.

use std::borrow::Cow;
use std::fmt;

use audit_runtime::{Category, Outcome};
use serde::Deserialize;

use super::observed::{Address, Observed, User};
use super::time;

/// The longest line that is read, in bytes.
pub const LINE_BYTES_MAX: usize = 8 << 20;

/// One login attempt, read from a line such as
/// `{"ts":"2017-03-27T13:08:09Z","outcome":"failure","user":"pi","ip":"192.0.2.1","line":6}`.
///
/// `ts` and `outcome` must be there, the others may be missing or `null`, and further members are not
/// looked at. Users and addresses are compared as they stand.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// The time as it stands in the line.
    pub ts: Cow<'a, str>,
    /// The number that `line` gives it.
    pub line: Option<u64>,
    /// What a rule sees of it.
    pub event: Observed<'a>,
}

/// Why a line is no attempt; what stands there instead is not quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptError {
    /// It is not one JSON object with these fields.
    Form,
    /// Its `ts` is no time.
    Time,
    /// It is longer than [`LINE_BYTES_MAX`].
    Length,
}

impl<'a> Attempt<'a> {
    /// Reads the attempt that stands in a line, with its number in the file as `seq`.
    ///
    /// # Errors
    /// Fails if the line is no attempt.
    pub fn parse(seq: u64, line: &'a [u8]) -> Result<Self, AttemptError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(AttemptError::Length);
        }
        let fields: Fields<'a> = serde_json::from_slice(line).map_err(|_| AttemptError::Form)?;
        let time = time::parse(&fields.ts).ok_or(AttemptError::Time)?;
        let event = Observed {
            category: Some(Category::Authentication),
            action: Cow::Borrowed("Login"),
            outcome: Outcome::parse(&fields.outcome),
            user: fields.user.map(|user| User::exact(user.0)),
            address: fields.ip.map(|ip| Address::exact(ip.0)),
            ..Observed::new(seq, time)
        };
        Ok(Self { ts: fields.ts, line: fields.line, event })
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    #[serde(borrow)]
    user: Option<Text<'a>>,
    #[serde(borrow)]
    ip: Option<Text<'a>>,
    line: Option<u64>,
}

/// Text that is borrowed where it can be, which serde does not do inside an option by itself.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str(
                "it is no JSON object with the texts `ts` and `outcome`, and with `user` and `ip` as \
                 texts and `line` as a number where they are there; mend the line, or name the right \
                 --format",
            ),
            Self::Time => f.write_str("its `ts` is no time; write it as 2017-03-27T13:08:09Z"),
            Self::Length => write!(f, "it is longer than {LINE_BYTES_MAX} bytes; shorten it"),
        }
    }
}

impl std::error::Error for AttemptError {}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"ts":"2017-03-27T13:08:09Z","outcome":"failure","user":"p\u0069","ip":"::1","line":6,"port":1}"#;

    #[test]
    fn an_attempt_reads_with_or_without_what_may_be_missing() {
        let attempt = Attempt::parse(3, GOOD.as_bytes()).unwrap();
        assert_eq!((attempt.ts.as_ref(), attempt.line), ("2017-03-27T13:08:09Z", Some(6)));
        let event = attempt.event;
        assert_eq!((event.seq, event.outcome), (3, Some(Outcome::Failure)));
        assert_eq!(event.user.unwrap().id, "pi");
        assert_eq!(event.address.unwrap().text, "::1");
        let bare = br#"{"ts":"2017-03-27T13:08:09Z","outcome":"odd","user":null}"#;
        let event = Attempt::parse(0, bare).unwrap().event;
        assert!(event.user.is_none() && event.address.is_none() && event.outcome.is_none());
        assert!(Attempt::parse(0, format!("{GOOD}\r").as_bytes()).is_ok());
    }

    #[test]
    fn names_that_mean_something_elsewhere_mean_nothing_here() {
        for name in
            ["constructor", "__proto__", "", "toString", "аdmin", "\u{202e}", &"x".repeat(1 << 20)]
        {
            let line = serde_json::json!({"ts": "2017-03-27T13:08:09Z", "outcome": "failure", "user": name});
            let line = line.to_string();
            let attempt = Attempt::parse(0, line.as_bytes()).unwrap();
            assert_eq!(attempt.event.user.unwrap().id, name);
        }
    }

    #[test]
    fn what_is_no_attempt_is_named_and_not_quoted() {
        let cases = [
            ("", AttemptError::Form),
            ("[]", AttemptError::Form),
            ("hunter2", AttemptError::Form),
            (r#"{"ts":"2017-03-27T13:08:09Z"}"#, AttemptError::Form),
            (r#"{"ts":"2017-03-27T13:08:09Z","outcome":"failure","user":7}"#, AttemptError::Form),
            (
                r#"{"ts":"2017-03-27T13:08:09Z","outcome":"failure","user":"\ud800"}"#,
                AttemptError::Form,
            ),
            (r#"{"ts":"hunter2","outcome":"failure"}"#, AttemptError::Time),
        ];
        for (line, expected) in cases {
            let error = Attempt::parse(0, line.as_bytes()).unwrap_err();
            assert_eq!(error, expected, "{line}");
            assert!(!error.to_string().contains("hunter2"));
        }
        let long = vec![b' '; LINE_BYTES_MAX + 1];
        assert_eq!(Attempt::parse(0, &long).unwrap_err(), AttemptError::Length);
    }
}
