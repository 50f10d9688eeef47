//! What belongs together: the correlation id and the W3C trace context of a request.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use audit_journal::{EventId, Timestamp};

/// The longest correlation id that is taken from a client, in bytes.
const CLIENT_ID_BYTES_MAX: usize = 128;

/// Joins the records of one request, or of one piece of work across services.
///
/// It may come from a client, so it is never identity: it says what a client wants joined.
#[derive(Clone, Debug)]
pub struct CorrelationId {
    text: Arc<str>,
    /// It was made here, and holds nothing that a client has sent.
    is_own: bool,
}

impl CorrelationId {
    /// A fresh id.
    pub fn random() -> Self {
        Self::made_at(Timestamp::now())
    }

    pub(crate) fn made_at(time: Timestamp) -> Self {
        let id = EventId::new(time);
        Self { text: id.encode(&mut [0; 36]).into(), is_own: true }
    }

    /// Takes a client's id if it is 1 to 128 printable ASCII characters without spaces, quotes or
    /// backslashes: what does not fit there is noise or an attack.
    pub fn from_client(text: &str) -> Option<Self> {
        let fits = (1..=CLIENT_ID_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        fits.then(|| Self { text: text.into(), is_own: false })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True for an id that was made here, of which the guard need not read a letter.
    pub(super) fn is_own(&self) -> bool {
        self.is_own
    }
}

impl PartialEq for CorrelationId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for CorrelationId {}

impl Hash for CorrelationId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The trace and span that a request belongs to (W3C Trace Context, level 1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    pub(super) trace_id: Arc<str>,
    pub(super) span_id: Arc<str>,
}

impl TraceContext {
    /// Reads a `traceparent` header: `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`.
    ///
    /// Later versions may append fields, which are ignored; ids of zeros only are invalid.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = hex(parts.next()?, 16)?;
        hex(parts.next()?, 2)?;
        let extended = parts.next().is_some();
        let zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        let valid =
            version != "ff" && (version != "00" || !extended) && !zero(trace_id) && !zero(span_id);
        valid.then(|| Self { trace_id: trace_id.into(), span_id: span_id.into() })
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The caller's span: 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        &self.span_id
    }
}

fn hex(text: &str, length: usize) -> Option<&str> {
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == length && text.bytes().all(lower_hex)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traceparent_follows_the_recommendation() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let span = "b7ad6b7169203331";
        let parsed = TraceContext::parse(&format!("00-{trace}-{span}-01")).unwrap();
        assert_eq!((parsed.trace_id(), parsed.span_id()), (trace, span));
        assert!(TraceContext::parse(&format!("cc-{trace}-{span}-01-more")).is_some());
        for refused in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-01-more"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
        ] {
            assert_eq!(TraceContext::parse(&refused), None, "{refused}");
        }
    }

    #[test]
    fn a_client_cannot_smuggle_text_through_its_id() {
        assert!(CorrelationId::from_client("req-1_A:b/c").is_some());
        for refused in ["", "a b", "a\n", "\"", "\\", "é", &"a".repeat(129)] {
            assert_eq!(CorrelationId::from_client(refused), None, "{refused}");
        }
    }
}
