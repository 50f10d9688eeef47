//! What an access record takes from a request: method, route, address and ids, and nothing else.

use std::net::{IpAddr, SocketAddr};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, USER_AGENT};

use super::{AuditMiddleware, ForwardingHeader};
use crate::event::{CorrelationId, HOPS_MAX, Http, Origin, TraceContext, USER_AGENT_BYTES_MAX};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Method, route and request id. The status comes with the response.
pub(super) fn http(request: &ServiceRequest) -> Http {
    let method = request.method().as_str().to_owned();
    let http = match request.match_pattern() {
        Some(template) => Http::routed(method, template),
        None => Http::unrouted(method, request.path()),
    };
    match client_id(request.headers(), &REQUEST_ID) {
        Some(id) => http.request_id(id.as_str()),
        None => http,
    }
}

/// Address and user agent; `None` where the connection has no address, as a Unix socket.
pub(super) fn origin(request: &ServiceRequest, settings: &AuditMiddleware) -> Option<Origin> {
    let hops = forwarded_for(request.headers(), settings.forwarding);
    let origin = Origin::behind(request.peer_addr()?, &hops, &settings.proxies);
    Some(match request.headers().get(USER_AGENT) {
        Some(text) => {
            let bytes = text.as_bytes();
            // One byte too many, so that the record confesses the cut.
            let copied = &bytes[..bytes.len().min(USER_AGENT_BYTES_MAX + 1)];
            origin.user_agent(String::from_utf8_lossy(copied))
        }
        None => origin,
    })
}

/// The client's id, if it is fit to be recorded and echoed, or else a fresh one.
pub(super) fn correlation_id(request: &ServiceRequest, name: &HeaderName) -> CorrelationId {
    client_id(request.headers(), name).unwrap_or_else(CorrelationId::random)
}

/// The trace that the request belongs to.
pub(super) fn trace(request: &ServiceRequest) -> Option<TraceContext> {
    TraceContext::parse(request.headers().get(TRACEPARENT)?.to_str().ok()?)
}

fn client_id(headers: &HeaderMap, name: &HeaderName) -> Option<CorrelationId> {
    CorrelationId::from_client(headers.get(name)?.to_str().ok()?)
}

/// The addresses that the forwarding header names, the client's end first.
///
/// They are read from the server's end, and only up to what is no address: whoever wrote that
/// vouches for nothing further out.
fn forwarded_for(headers: &HeaderMap, header: ForwardingHeader) -> Vec<IpAddr> {
    let name = match header {
        ForwardingHeader::XForwardedFor => X_FORWARDED_FOR,
        ForwardingHeader::Forwarded => FORWARDED,
    };
    let mut claimed: Vec<Option<IpAddr>> = Vec::new();
    for line in headers.get_all(name) {
        // A line that is no text is one hop that is no address.
        let line = line.to_str().unwrap_or_default();
        match header {
            ForwardingHeader::XForwardedFor => claimed.extend(line.split(',').map(address)),
            ForwardingHeader::Forwarded => claimed.extend(unquoted(line, ',').map(for_parameter)),
        }
    }
    let hops = claimed.into_iter().rev().map_while(|hop| hop).take(HOPS_MAX);
    let mut hops: Vec<IpAddr> = hops.collect();
    hops.reverse();
    hops
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

/// The address in one element of `Forwarded`: `for="[2001:db8::1]:80";proto=https`.
fn for_parameter(element: &str) -> Option<IpAddr> {
    let mut parameters = unquoted(element, ';').filter_map(|pair| pair.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(value.trim().trim_matches('"'))
}

/// Splits at `separator`, except inside quoted strings (RFC 9110, section 5.6.4), where a proxy
/// may repeat what the client sent.
fn unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return character == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn hops(header: ForwardingHeader, name: HeaderName, lines: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_str(line).unwrap());
        }
        let hops = forwarded_for(&headers, header);
        hops.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_up_to_what_is_no_address() {
        let read = |lines: &[&str]| hops(ForwardingHeader::XForwardedFor, X_FORWARDED_FOR, lines);
        assert_eq!(read(&["192.0.2.1, 192.0.2.2:80"]), ["192.0.2.1", "192.0.2.2"]);
        assert_eq!(read(&["[2001:db8::1]:80, 2001:db8::2"]), ["2001:db8::1", "2001:db8::2"]);
        assert_eq!(read(&["192.0.2.1, unknown, 192.0.2.3"]), ["192.0.2.3"]);
        assert_eq!(read(&["192.0.2.1", "192.0.2.2"]), ["192.0.2.1", "192.0.2.2"]);
        assert_eq!(read(&["192.0.2.1,"]), [""; 0]);
        assert_eq!(read(&["192.0.2.1,".repeat(99).trim_end_matches(',')]).len(), HOPS_MAX);
    }

    #[test]
    fn forwarded_counts_by_its_for_parameters() {
        let read = |lines: &[&str]| hops(ForwardingHeader::Forwarded, FORWARDED, lines);
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
    }
}
