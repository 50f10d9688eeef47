//! Settings for actix-web's extractors whose errors do not repeat what the client sent.

use std::fmt;

use actix_web::error::{JsonPayloadError, UrlencodedError};
use actix_web::http::StatusCode;
use actix_web::web::{FormConfig, JsonConfig, PathConfig, QueryConfig};
use actix_web::{Error, ResponseError};
use audit_redact::ParseError;
use audit_redact::parse::ParseErrorKind;

/// Settings for `Json` whose errors name line and column and withhold the content.
///
/// By itself actix-web repeats a value that does not fit, in the response and in the error that
/// middleware may log. The status is the one that actix-web would choose. Register these for the
/// whole application:
///
/// ```
/// use actix_web::{App, web};
/// use audit_runtime::{form_config, json_config, path_config, query_config};
///
/// let app = App::new()
///     .app_data(json_config().limit(65_536))
///     .app_data(form_config())
///     .app_data(query_config())
///     .app_data(path_config())
///     .route("/", web::get().to(|| async { "here" }));
/// ```
pub fn json_config() -> JsonConfig {
    JsonConfig::default().error_handler(|error, _| {
        let status = error.status_code();
        match error {
            JsonPayloadError::Deserialize(error) => Rejected::input(status, error.into()),
            _ => Rejected::bare(status),
        }
    })
}

/// Settings for `Form` whose errors withhold the content; see [`json_config`].
pub fn form_config() -> FormConfig {
    FormConfig::default().error_handler(|error, _| {
        let status = error.status_code();
        match error {
            UrlencodedError::Parse(_) => Rejected::input(status, mismatched()),
            _ => Rejected::bare(status),
        }
    })
}

/// Settings for `Query` whose errors withhold the content; see [`json_config`].
pub fn query_config() -> QueryConfig {
    QueryConfig::default()
        .error_handler(|error, _| Rejected::input(error.status_code(), mismatched()))
}

/// Settings for `Path` whose errors withhold the content; see [`json_config`].
pub fn path_config() -> PathConfig {
    // What actix-web answers unless it is told otherwise, whatever the error says of itself.
    PathConfig::default().error_handler(|_, _| Rejected::input(StatusCode::NOT_FOUND, mismatched()))
}

/// The formats of forms, queries and paths have no lines to point at.
const fn mismatched() -> ParseError {
    ParseError::new(ParseErrorKind::Mismatched)
}

/// The error of an extractor, without what the client sent.
#[derive(Debug)]
struct Rejected {
    status: StatusCode,
    why: Option<ParseError>,
}

impl Rejected {
    /// The input has come, and does not fit.
    fn input(status: StatusCode, why: ParseError) -> Error {
        Self { status, why: Some(why) }.into()
    }

    /// It has not come, or not in a way that is read; the status says all that there is to say.
    fn bare(status: StatusCode) -> Error {
        Self { status, why: None }.into()
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Some(why) => why.fmt(f),
            None => f.write_str(self.status.canonical_reason().unwrap_or("refused")),
        }
    }
}

impl ResponseError for Rejected {
    fn status_code(&self) -> StatusCode {
        self.status
    }
}
