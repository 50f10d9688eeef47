//! What goes wrong, and what the client reads of it.

use actix_web::error::BlockingError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("authentication is required")]
    Unauthorized,
    #[error("wrong name or password")]
    WrongCredentials,
    #[error("this note is somebody else's")]
    Forbidden,
    #[error("there is no such note")]
    NotFound,
    #[error("{0} is taken")]
    Taken(&'static str),
    #[error("{0}")]
    Invalid(&'static str),
    #[error("the database failed")]
    Database(#[from] rusqlite::Error),
    #[error("a task was given up")]
    Blocking(#[from] BlockingError),
    #[error("the token cannot be made")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("the password cannot be hashed")]
    Hash,
}

/// What the handlers return.
pub type ApiResult = Result<HttpResponse, ApiError>;

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Taken(_) => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if self.status_code() == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!("a request failed: {self}");
        }
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}
