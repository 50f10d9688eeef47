//! Bodies that come in parts, behind macros that add a guard (shapes 6 and 29).

use std::collections::HashSet;

use actix_multipart::Multipart;
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::dev::ServiceRequest;
use actix_web::error::ErrorBadRequest;
use actix_web::web::{self, BytesMut, ServiceConfig};
use actix_web::{Error, HttpResponse, Responder, post};
use actix_web_grants::GrantsMiddleware;
use actix_web_grants::protect;
use audit_runtime::{Actor, audited};
use futures_util::StreamExt;
use tracing::instrument;

use super::super::{ADA, Service};
use super::user_of;

const SERVICE: Service = Service::Actix(routes);

/// A body with two parts, as a browser writes it.
const BODY: &str = "--part\r\ncontent-disposition: form-data; name=\"id\"\r\ncontent-length: 1\r\n\r\n4\r\n\
                    --part\r\ncontent-disposition: form-data; name=\"text\"\r\ncontent-length: 7\r\n\r\nprivate\r\n--part--\r\n";
const PARTS: &str = "content-type: multipart/form-data; boundary=part";

fn routes(config: &mut ServiceConfig) {
    let guarded = web::scope("/guarded").wrap(GrantsMiddleware::with_extractor(grants));
    config.service(guarded.service(upload)).route("/forms", web::post().to(send_form));
}

/// What a caller may do, for `#[protect]`.
async fn grants(request: &mut ServiceRequest) -> Result<HashSet<String>, Error> {
    let user = user_of(request.headers());
    let role = if user.as_deref() == Some("7") { "UPLOAD" } else { "READ" };
    user.into_iter().for_each(|user| audit_runtime::set_actor(Actor::user(user)));
    Ok(HashSet::from([role.to_owned()]))
}

#[post("/files")]
#[protect("UPLOAD")]
#[instrument(skip_all)]
#[audited(action = "UploadFile")]
async fn upload(mut payload: Multipart) -> Result<HttpResponse, Error> {
    let mut bytes = BytesMut::new();
    while let Some(field) = payload.next().await {
        let mut field = field?;
        while let Some(chunk) = field.next().await {
            bytes.extend_from_slice(&chunk.map_err(ErrorBadRequest)?);
        }
    }
    audit_runtime::set_target("File", bytes.len());
    Ok(HttpResponse::Created().finish())
}

#[test]
fn shape_6_a_body_in_parts_behind_a_macro_that_protects() {
    let seen = SERVICE.ask("POST /guarded/files", &[PARTS, ADA], BODY);
    assert_eq!(seen.told(), "201; UploadFile success user:7 File:8");
    let seen = SERVICE.ask("POST /guarded/files", &[PARTS, "x-user: 8"], BODY);
    assert_eq!(seen.told(), "403; UploadFile denied user:8");
    let seen = SERVICE.ask("POST /guarded/files", &[PARTS, ADA], "no part");
    assert_eq!(seen.told(), "400; UploadFile failure user:7");
    SERVICE.refuses("POST /guarded/files", &[PARTS, ADA], BODY);
}

#[derive(MultipartForm)]
struct Upload {
    id: Text<u32>,
    text: Text<String>,
}

#[audited(action = "SendForm", target(Form, id = form.id.0))]
async fn send_form(MultipartForm(form): MultipartForm<Upload>) -> impl Responder {
    form.text.into_inner()
}

#[test]
fn shape_29_a_form_in_parts() {
    let seen = SERVICE.ask("POST /forms", &[PARTS], BODY);
    assert_eq!(seen.told(), "200; SendForm success anonymous Form:4");
    assert!(seen.answer.ends_with("private") && !seen.records_say("private"));
    // What the extractor refuses never reaches the handler.
    let seen = SERVICE.ask("POST /forms", &[PARTS], "no part");
    assert_eq!(seen.told(), "400");
    SERVICE.refuses("POST /forms", &[PARTS], BODY);
}
