//! Bodies that come in parts, behind macros that add a guard (shapes 6 and 29).

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::{ErrorBadRequest, ErrorForbidden};
use actix_web::web::{self, Bytes, BytesMut, ServiceConfig};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, Responder, post};
use audit_runtime::{Actor, Redact, audited};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::instrument;

use super::super::{ADA, Service};
use super::user_of;

const SERVICE: Service = Service::Actix(routes);

/// A body with one part, as a browser writes it.
const BODY: &str = "--part\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n{\"id\":4,\"text\":\"private\"}\r\n--part--\r\n";
const PARTS: &str = "content-type: multipart/form-data; boundary=part";

fn routes(config: &mut ServiceConfig) {
    config.service(upload).route("/forms", web::post().to(send_form));
}

/// A body in parts, which is read while the handler runs.
struct Multipart {
    boundary: String,
    payload: web::Payload,
}

impl Multipart {
    /// The bytes of the only part.
    async fn read(&mut self) -> Result<Bytes, Error> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.payload.next().await {
            body.extend_from_slice(&chunk?);
        }
        let text = std::str::from_utf8(&body).map_err(ErrorBadRequest)?;
        let mut parts = text.split(&self.boundary).filter_map(|part| part.split_once("\r\n\r\n"));
        let (_, part) = parts.next().ok_or_else(|| ErrorBadRequest("no part"))?;
        Ok(Bytes::copy_from_slice(part.trim_end_matches("\r\n").as_bytes()))
    }
}

impl FromRequest for Multipart {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let header = request.headers().get("content-type").and_then(|value| value.to_str().ok());
        let boundary = header.and_then(|value| value.split_once("boundary="));
        let boundary = boundary.map(|(_, boundary)| "--".to_owned() + boundary);
        let payload = web::Payload::from_request(request, body);
        Box::pin(async move {
            let boundary = boundary.ok_or_else(|| ErrorBadRequest("no boundary"))?;
            Ok(Self { boundary, payload: payload.await? })
        })
    }
}

/// What a caller may do, for the guard below.
struct Grants(bool);

impl FromRequest for Grants {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = user_of(request.headers());
        let is_ada = user.as_deref() == Some("7");
        user.into_iter().for_each(|user| audit_runtime::set_actor(Actor::user(user)));
        std::future::ready(Ok(Self(is_ada)))
    }
}

/// A guard as attributes write it that protect a handler: one more argument, and the body behind it.
macro_rules! protect {
    (
        $(#[$outer:meta])*
        async fn $name:ident($($arguments:tt)*) -> $output:ty $body:block
    ) => {
        $(#[$outer])*
        async fn $name(grants: Grants, $($arguments)*) -> $output {
            if !grants.0 {
                return Err(ErrorForbidden("not allowed"));
            }
            $body
        }
    };
}

protect! {
    #[post("/files")]
    #[instrument(skip_all)]
    #[audited(action = "UploadFile")]
    async fn upload(mut payload: Multipart) -> Result<HttpResponse, Error> {
        let file = payload.read().await?;
        audit_runtime::set_target("File", file.len());
        Ok(HttpResponse::Created().finish())
    }
}

#[test]
fn shape_6_a_body_in_parts_behind_a_macro_that_protects() {
    let seen = SERVICE.ask("POST /files", &[PARTS, ADA], BODY);
    assert_eq!(seen.told(), "201; UploadFile success user:7 File:25");
    let seen = SERVICE.ask("POST /files", &[PARTS, "x-user: 8"], BODY);
    assert_eq!(seen.told(), "403; UploadFile denied user:8");
    let seen = SERVICE.ask("POST /files", &[PARTS, ADA], "no part");
    assert_eq!(seen.told(), "400; UploadFile failure user:7");
    SERVICE.refuses("POST /files", &[PARTS, ADA], BODY);
}

/// A body in parts, read and typed before the handler runs.
struct MultipartForm<T>(T);

impl<T: DeserializeOwned> FromRequest for MultipartForm<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let parts = Multipart::from_request(request, body);
        Box::pin(async move {
            let part = parts.await?.read().await?;
            serde_json::from_slice(&part).map(Self).map_err(|_| ErrorBadRequest("another form"))
        })
    }
}

#[derive(Deserialize, Redact)]
struct Upload {
    id: u32,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    text: String,
}

#[audited(action = "SendForm", target(Form, id = form.id), fields(form))]
async fn send_form(MultipartForm(form): MultipartForm<Upload>) -> impl Responder {
    form.text
}

#[test]
fn shape_29_a_form_in_parts() {
    let seen = SERVICE.ask("POST /forms", &[PARTS], BODY);
    assert_eq!(seen.told(), "200; SendForm success anonymous Form:4");
    assert_eq!(seen.actions[0]["args"]["form"]["text"], "[redacted]");
    assert!(seen.answer.ends_with("private") && !seen.records_say("private"));
    // What the extractor refuses never reaches the handler.
    let seen = SERVICE.ask("POST /forms", &[PARTS], "no part");
    assert_eq!(seen.told(), "400");
    SERVICE.refuses("POST /forms", &[PARTS], BODY);
}
