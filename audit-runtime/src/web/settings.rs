//! What the middleware of every framework is told: whom to believe, what to echo, where to record.

use std::fmt;
use std::sync::Arc;

use super::policy::{Activities, InvalidRoute};
use crate::event::TrustedProxies;
use crate::recorder::{Recorder, Shared};

/// Records every request, and tells the handlers inside who acts, from where and in which request.
///
/// Register it outermost.
#[cfg_attr(
    feature = "actix",
    doc = r#"
In actix-web that means last:

```no_run
use actix_web::{App, HttpServer, web};
use audit_runtime::{AuditMiddleware, TrustedProxies};

# #[actix_web::main]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
let recorder = audit_runtime::open("/var/lib/users-api/audit")?;
let audit = AuditMiddleware::new().trusted_proxies(TrustedProxies::parse(["10.0.0.0/8"])?);
HttpServer::new(move || {
    App::new()
        .route("/users/{id}", web::get().to(|| async { "a user" }))
        .wrap(audit.clone())
})
.bind("127.0.0.1:8080")?
.run()
.await?;
recorder.shutdown(std::time::Duration::from_secs(5))?;
# Ok(())
# }
```
"#
)]
#[cfg_attr(
    feature = "axum",
    doc = r#"
In axum, where it is called [`AuditLayer`](crate::AuditLayer), it goes to `Router::layer` as the last one, and the connections
tell from where they come:

```
use std::net::SocketAddr;

use audit_runtime::AuditLayer;
use axum::{Router, routing::get};

let app: Router = Router::new()
    .route("/users/{id}", get(|| async { "a user" }))
    .layer(AuditLayer::new());
let service = app.into_make_service_with_connect_info::<SocketAddr>();
# drop(service);
```
"#
)]
///
/// Each request leaves exactly one record of category `access`, whatever becomes of it: answered
/// by a handler, by an extractor or by another middleware, routed nowhere, broken by a panic, or
/// left by its client. It names the actor that the context knows at the end, the method, the
/// template of the route, the status, the duration, the client's address and user agent, and the
/// ids of the request. Other headers, bodies and queries are not recorded, and of a path without a
/// route only a keyed hash and the length. Nothing turns the recording off. Of a flood of strangers a count is recorded
/// (`docs/operations.md`), and what went well on a route with a [`waive!`](crate::waive) has no record.
///
/// The record is made when the last part of the response has been handed to the server. A client
/// that leaves before that, as far as the framework notices, is recorded as `cancelled` with
/// `client_gone`. So is a request that a server drops as it stops, or middleware around this one:
/// from here they look the same. axum drops a handler as soon as its client is gone. In actix-web,
/// over HTTP/1, a handler runs on when its client closes the connection in an orderly way, and the
/// operating system takes its response; only a reset ends it. A protocol upgrade (status 101) is
/// recorded at once. Bytes that a server refuses before they make a request reach no middleware and
/// leave no record.
///
/// The correlation id is echoed in every response. In actix-web so it is where other middleware
/// returns an error instead of a response: the error passes on inside another one that answers alike
/// and adds the header. The error of a tower service is passed on as it is, and recorded as `error`.
///
/// The actor is anonymous until [`set_actor`](crate::set_actor) names one. Outside any audited
/// action [`deny`](crate::deny), [`fail`](crate::fail) and [`set_target`](crate::set_target) speak
/// of the access record.
///
/// Middleware cannot keep a panic's message from the panic hook, and the standard one prints it
/// to standard error: a service whose panics may quote secrets sets a hook of its own that prints
/// the place only.
#[derive(Clone)]
#[must_use = "middleware records nothing until it is passed to `wrap` or `layer`"]
pub struct AuditMiddleware {
    /// In lower case.
    pub(super) correlation_header: Arc<str>,
    pub(super) proxies: TrustedProxies,
    pub(super) forwarding: ForwardingHeader,
    pub(super) activities: Activities,
    pub(super) recorder: Option<Arc<Shared>>,
}

/// The header in which trusted proxies say whom they forward for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`, a list of addresses.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), of which the `for` parameters count.
    Forwarded,
}

impl AuditMiddleware {
    /// Middleware that believes no proxy and uses the process's own recorder.
    pub fn new() -> Self {
        Self {
            correlation_header: "x-correlation-id".into(),
            proxies: TrustedProxies::none(),
            forwarding: ForwardingHeader::default(),
            activities: Activities::default(),
            recorder: None,
        }
    }

    /// Takes the client's address from the forwarding header, if one of these `proxies` sent it.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// The header that the trusted proxies write; `X-Forwarded-For` by default.
    ///
    /// Only one is read: proxies pass on what they do not write themselves, so that a client could
    /// forge the other one.
    pub fn forwarding_header(mut self, header: ForwardingHeader) -> Self {
        self.forwarding = header;
        self
    }

    /// The header that carries the correlation id, in requests and in responses;
    /// `x-correlation-id` by default.
    ///
    /// # Errors
    /// Fails when `name` is no header name, looks like that of a secret (`x-api-key`,
    /// `x-csrf-token`), which would be recorded and echoed, or names a header that means something
    /// else to HTTP, which the echo would overwrite.
    pub fn correlation_header(mut self, name: &str) -> Result<Self, InvalidHeader> {
        let header = name.to_ascii_lowercase();
        if !is_header_name(&header) || !may_carry_an_id(&header) {
            return Err(InvalidHeader::correlation(name));
        }
        self.correlation_header = header.into();
        Ok(self)
    }

    /// Makes the requests to these routes part of the audit trail, where their handlers are no audited actions:
    /// a route is named by its whole template, for one method or for all.
    ///
    /// Such a request is refused with 503 if it cannot be recorded. Its record has the category `activity` and
    /// is on disk before the response is sent; if it does not get there in time, the response is a 503, and
    /// what the handler did stands. It ends with the answer, and does not tell how the body was sent. In no
    /// flood is it counted only.
    ///
    /// ```
    /// use audit_runtime::AuditMiddleware;
    ///
    /// let audit = AuditMiddleware::new().activities(["GET /patients/{id}", "/exports/{id}"])?;
    /// # drop(audit);
    /// # Ok::<(), audit_runtime::InvalidRoute>(())
    /// ```
    ///
    /// A router that tells the route with its response only ([`RouteTemplate`](crate::RouteTemplate)) lets the
    /// handler run in any case.
    ///
    /// # Errors
    /// Fails on the first text that names no route. Whether the router has it nobody can tell here.
    pub fn activities<'a>(
        mut self,
        routes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidRoute> {
        self.activities = self.activities.with(routes)?;
        Ok(self)
    }

    /// Records with `recorder`, for tests or for several journals in one process; everything
    /// inside the request uses it too.
    ///
    /// This does not keep the journal open: keep the recorder until the server has stopped.
    pub fn recorder(mut self, recorder: &Recorder) -> Self {
        self.recorder = Some(recorder.shared());
        self
    }
}

impl Default for AuditMiddleware {
    fn default() -> Self {
        Self::new()
    }
}

/// What all frameworks take: letters, digits and what words are joined with.
pub(super) fn is_header_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// False for the headers of HTTP itself, and for names that look like those of secrets.
fn may_carry_an_id(name: &str) -> bool {
    let reserved =
        RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|start| name.starts_with(start));
    !reserved && audit_syntax::sensitive_part(name).is_none()
}

/// Headers that frame a message, describe its content or the connection, or steer caches.
const RESERVED: [&str; 29] = [
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "host",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "proxy-authenticate",
    "range",
    "retry-after",
    "server",
    "strict-transport-security",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "www-authenticate",
];
const RESERVED_PREFIXES: [&str; 5] = ["access-control-", "content-", "if-", "sec-", "x-forwarded-"];

/// A text that cannot name the correlation header, or that of API keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidHeader {
    name: String,
    of: &'static str,
}

impl InvalidHeader {
    fn correlation(name: &str) -> Self {
        let of = "the correlation header: name one of letters, digits and hyphens that neither looks \
                  like a secret's nor has a meaning in HTTP, such as x-correlation-id";
        Self { name: name.to_owned(), of }
    }

    pub(super) fn api_key(name: &str) -> Self {
        let of =
            "the header of API keys: name one of letters, digits and hyphens, such as x-api-key";
        Self { name: name.to_owned(), of }
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be {}", self.name.escape_debug(), self.of)
    }
}

impl std::error::Error for InvalidHeader {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correlation_header_is_neither_a_secret_nor_a_part_of_http() {
        for name in ["X-Trace", "x-request-id", "x-amzn-trace-id", "request-id"] {
            assert!(AuditMiddleware::new().correlation_header(name).is_ok(), "{name}");
        }
        for refused in [
            "",
            "x trace",
            "x:trace",
            "Authorization",
            "proxy-authorization",
            "cookie",
            "Set-Cookie",
            "x-api-key",
            "X-Auth-Token",
            "x-csrf-token",
            "x-session-id",
            "Content-Type",
            "content-length",
            "transfer-encoding",
            "connection",
            "location",
        ] {
            let error = AuditMiddleware::new().correlation_header(refused).err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with(&format!("`{refused}` cannot be")), "{refused}: {error}");
        }
    }
}
