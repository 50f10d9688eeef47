//! Why a request was not served, and the response that says so.

use std::fmt;

use actix_web::ResponseError;
use actix_web::error::BlockingError;
use actix_web::http::StatusCode;
use audit_runtime::Unrecorded;

/// Why a request was not served. Its text goes to the client, so it repeats nothing that was sent.
#[derive(Debug)]
pub(crate) enum Problem {
    NotLoggedIn,
    WrongCredentials,
    Locked,
    Forbidden,
    NoSuchUser,
    Broken,
    Unrecorded,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotLoggedIn => "log in first",
            Self::WrongCredentials => "the name or the password is wrong",
            Self::Locked => "the account is locked; ask an administrator",
            Self::Forbidden => "you are not allowed to do that",
            Self::NoSuchUser => "there is no such user",
            Self::Broken => "something broke here; it is not your fault",
            Self::Unrecorded => "this cannot be done now, because it cannot be recorded",
        })
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotLoggedIn | Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::Locked => StatusCode::LOCKED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NoSuchUser => StatusCode::NOT_FOUND,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unrecorded => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Lets a `fail_closed` action be refused through this type.
impl From<Unrecorded> for Problem {
    fn from(unrecorded: Unrecorded) -> Self {
        tracing::error!("{unrecorded}");
        Self::Unrecorded
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        // The error's text may quote what was stored, so only its code is logged.
        tracing::error!(code = ?error.sqlite_error_code(), "the user table failed");
        Self::Broken
    }
}

impl From<argon2::password_hash::Error> for Problem {
    fn from(_: argon2::password_hash::Error) -> Self {
        tracing::error!("a password could not be hashed");
        Self::Broken
    }
}

impl From<getrandom::Error> for Problem {
    fn from(_: getrandom::Error) -> Self {
        tracing::error!("the operating system gave no random bytes");
        Self::Broken
    }
}

impl From<BlockingError> for Problem {
    fn from(_: BlockingError) -> Self {
        tracing::error!("the thread pool is shutting down");
        Self::Broken
    }
}
