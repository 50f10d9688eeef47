//! What an access record takes from a request: method, route, address and ids, and nothing else.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicU64;

use super::settings::{AuditMiddleware, ForwardingHeader};
use crate::event::{
    CorrelationId, HOPS_MAX, Http, Origin, Peer, TraceContext, USER_AGENT_BYTES_MAX,
};
use crate::say;
use audit_journal::Timestamp;

/// The head of a request, as its framework has it.
pub(super) trait Head {
    fn method(&self) -> &str;

    fn path(&self) -> &str;

    /// The template of its route, if one is known.
    fn template(&self) -> Option<String>;

    /// The other end of its connection; `None` where nobody tells.
    fn peer(&self) -> Option<Peer>;

    /// The value of the first header of this name, which is in lower case.
    fn header<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.headers(name).next()
    }

    /// The values of all headers of this name, which is in lower case. A request has few headers: to compare
    /// their names costs less than to look one up, which reads and hashes the name first.
    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;
}

/// Method, route and request id. The status comes with the response.
pub(super) fn http(request: &impl Head) -> Http {
    let http = Http::of(request.method(), request.template(), request.path());
    match client_id(request, "x-request-id") {
        Some(id) => http.request_id(id.as_str()),
        None => http,
    }
}

/// Address and user agent; `None` where nobody tells of the connection.
pub(super) fn origin(request: &impl Head, settings: &AuditMiddleware) -> Option<Origin> {
    let Some(peer) = request.peer() else {
        if settings.proxies.trusts(Peer::Unix) {
            warn_of_untold();
        }
        return None;
    };
    let hops = match settings.forwarding {
        _ if !settings.proxies.trusts(peer) => Vec::new(),
        ForwardingHeader::XForwardedFor => x_forwarded_for(request.headers("x-forwarded-for")),
        ForwardingHeader::Forwarded => forwarded(request.headers("forwarded")),
    };
    let origin = Origin::behind(peer, &hops, &settings.proxies);
    Some(match request.header("user-agent") {
        Some(bytes) => {
            // One byte too many, so that the record confesses the cut.
            let copied = &bytes[..bytes.len().min(USER_AGENT_BYTES_MAX + 1)];
            match std::str::from_utf8(copied) {
                Ok(text) => origin.user_agent(text),
                Err(_) => origin.user_agent(String::from_utf8_lossy(copied)),
            }
        }
        None => origin,
    })
}

/// Says it now and then: it may be so in each request.
fn warn_of_untold() {
    static UNTOLD: AtomicU64 = AtomicU64::new(0);
    if let Some(count) = say::seldom(&UNTOLD) {
        say::warning(format_args!(
            "proxies on Unix sockets are trusted, but nothing tells over which connection a request has \
             come ({count} so far): its record has no origin. In actix-web, pass \
             `audit_runtime::note_peer` to `HttpServer::on_connect` and the socket to `listen_uds`, as \
             `bind_uds` does not call it; in axum, make the service with \
             `into_make_service_with_connect_info::<audit_runtime::Peer>()`"
        ));
    }
}

/// The client's id, if it is fit to be recorded and echoed, or else a fresh one.
pub(super) fn correlation_id(request: &impl Head, name: &str, now: Timestamp) -> CorrelationId {
    client_id(request, name).unwrap_or_else(|| CorrelationId::made_at(now))
}

/// The trace that the request belongs to.
pub(super) fn trace(request: &impl Head) -> Option<TraceContext> {
    TraceContext::parse(text(request.header("traceparent")?)?)
}

fn client_id(request: &impl Head, name: &str) -> Option<CorrelationId> {
    CorrelationId::from_client(text(request.header(name)?)?)
}

/// A header's value as text, where it is visible ASCII as RFC 9110, section 5.5, asks for.
fn text(value: &[u8]) -> Option<&str> {
    let is_visible = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    std::str::from_utf8(value).ok().filter(|_| value.iter().all(is_visible))
}

/// The addresses that `X-Forwarded-For` names.
fn x_forwarded_for<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<IpAddr> {
    let hops = lines.flat_map(|line| line.split(|byte| *byte == b',').map(address));
    trailing_addresses(hops.collect())
}

/// The addresses that `Forwarded` (RFC 7239) names.
fn forwarded<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<IpAddr> {
    trailing_addresses(lines.flat_map(|line| unquoted(line, b',').map(for_parameter)).collect())
}

/// The last of `claimed`, the client's end first.
///
/// They are read from the server's end, and only up to what is no address: whoever wrote that
/// vouches for nothing further out.
fn trailing_addresses(claimed: Vec<Option<IpAddr>>) -> Vec<IpAddr> {
    let hops = claimed.into_iter().rev().map_while(|hop| hop).take(HOPS_MAX);
    let mut hops: Vec<IpAddr> = hops.collect();
    hops.reverse();
    hops
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:80`.
///
/// Bytes that are no text spoil only the address that they are in: proxies append theirs to the line
/// that the client has sent.
fn address(value: &[u8]) -> Option<IpAddr> {
    let text = text(value)?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

/// The address in one element of `Forwarded`: `for="[2001:db8::1]:80";proto=https`.
fn for_parameter(element: &[u8]) -> Option<IpAddr> {
    let mut parameters = unquoted(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
        Some((name.trim_ascii(), value[1..].trim_ascii()))
    });
    let (_, value) = parameters.find(|(name, _)| name.eq_ignore_ascii_case(b"for"))?;
    let bare = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    address(bare.unwrap_or(value))
}

/// Splits at `separator`, except inside quoted strings (RFC 9110, section 5.6.4), where a proxy
/// may repeat what the client sent.
fn unquoted(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    line.split(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return *byte == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(hops: &[IpAddr]) -> Vec<String> {
        hops.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_up_to_what_is_no_address() {
        let read =
            |lines: &[&str]| texts(&x_forwarded_for(lines.iter().map(|line| line.as_bytes())));
        assert_eq!(read(&["192.0.2.1, 192.0.2.2:80"]), ["192.0.2.1", "192.0.2.2"]);
        assert_eq!(read(&["[2001:db8::1]:80, 2001:db8::2"]), ["2001:db8::1", "2001:db8::2"]);
        assert_eq!(read(&["192.0.2.1, unknown, 192.0.2.3"]), ["192.0.2.3"]);
        assert_eq!(read(&["192.0.2.1", "192.0.2.2"]), ["192.0.2.1", "192.0.2.2"]);
        assert_eq!(read(&["192.0.2.1,"]), [""; 0]);
        // A client cannot make the address illegible that a proxy adds to its line.
        assert_eq!(read(&["192.0.2.1, \u{e9}, 192.0.2.3"]), ["192.0.2.3"]);
        assert_eq!(read(&["192.0.2.1, \u{a0}192.0.2.3"]), [""; 0]);
        assert_eq!(read(&["192.0.2.1,".repeat(99).trim_end_matches(',')]).len(), HOPS_MAX);
    }

    #[test]
    fn forwarded_counts_by_its_for_parameters() {
        let read = |lines: &[&str]| texts(&forwarded(lines.iter().map(|line| line.as_bytes())));
        assert_eq!(
            read(&["for=192.0.2.1;proto=https, For=\"[2001:db8::1]:47011\"; by=x"]),
            ["192.0.2.1", "2001:db8::1"]
        );
        assert_eq!(read(&["for=192.0.2.1, for=_hidden, for=192.0.2.3"]), ["192.0.2.3"]);
        assert_eq!(read(&["for=192.0.2.1, proto=https"]), [""; 0]);
        // A client's host name, repeated by the proxy, is no element of its own.
        let repeated = r#"for=192.0.2.3;host="x\", for=6.6.6.6""#;
        assert_eq!(read(&["for=192.0.2.1", repeated]), ["192.0.2.1", "192.0.2.3"]);
        assert_eq!(read(&["for=\"6.6.6.6, for=192.0.2.3"]), [""; 0]);
        assert_eq!(read(&["for=\u{e9}, for=192.0.2.3;host=\"\u{e9}\""]), ["192.0.2.3"]);
    }
}
