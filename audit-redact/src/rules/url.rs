//! Rule for the addresses of the crate `url`, which often carry secrets.

use serde::Serializer;
use url::Url;

use super::compared;
use crate::{Element, HiddenPaths, REDACTED, Redact, Redaction};

/// Shows scheme, host, port and path, and hides the user and password, the query and the fragment:
/// `https://[redacted]@example.org/reset?[redacted]`. Of an address without a host, such as
/// `mailto:` or `data:`, only the scheme is shown. A secret in the path itself is not recognised:
/// mark such a field `#[sensitive]`.
impl Redact for Url {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(self))
    }

    fn hidden(report: &mut HiddenPaths) {
        report.hide("");
    }
}

compared! { Url }

impl Element for Url {}

fn shown(url: &Url) -> String {
    let mut text = format!("{}:", url.scheme());
    if url.cannot_be_a_base() {
        text.push_str(REDACTED);
        return text;
    }
    if let Some(host) = url.host_str() {
        text.push_str("//");
        if !url.username().is_empty() || url.password().is_some() {
            text.push_str(REDACTED);
            text.push('@');
        }
        text.push_str(host);
        if let Some(port) = url.port() {
            text.push_str(&format!(":{port}"));
        }
    }
    text.push_str(url.path());
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if part.is_some() {
            text.push(mark);
            text.push_str(REDACTED);
        }
    }
    text
}
