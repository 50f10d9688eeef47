//! The answers that all routes give.

use std::fmt::{Debug, Display};

use actix_web::HttpResponse;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::{ContentType, LOCATION};

use super::session::TypedSession;

/// A page.
pub fn page(title: &str, body: &str) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>{title}</title></head>\
         <body>{body}</body></html>\n"
    ))
}

/// The browser goes on there.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// Back to the form, which says what was wrong.
pub fn sent_back(
    session: &TypedSession,
    location: &str,
    problem: &str,
) -> actix_web::Result<HttpResponse> {
    audit_runtime::fail("sent_back");
    session.flash(problem)?;
    Ok(see_other(location))
}

/// An error that tells the browser nothing.
pub fn e500<E: Debug + Display + 'static>(error: E) -> actix_web::Error {
    ErrorInternalServerError(error)
}

/// The message for this page, if there is one.
pub fn flash(session: &TypedSession) -> String {
    session
        .take_flash()
        .map(|message| format!("<p><i>{}</i></p>", escaped(&message)))
        .unwrap_or_default()
}

/// Text as it may stand in a page.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
