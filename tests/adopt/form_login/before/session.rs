//! The session of a browser: who is logged in, and one message for the next page.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt, SessionGetError, SessionInsertError};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

/// A session whose keys cannot be mistyped.
pub struct TypedSession(Session);

impl TypedSession {
    const EDITOR: &'static str = "user_id";
    const FLASH: &'static str = "flash";

    /// Begins anew, as this editor.
    pub fn log_in(&self, editor: i64) -> Result<(), SessionInsertError> {
        self.0.renew();
        self.0.insert(Self::EDITOR, editor)
    }

    pub fn editor(&self) -> Result<Option<i64>, SessionGetError> {
        self.0.get(Self::EDITOR)
    }

    pub fn log_out(&self) {
        self.0.remove(Self::EDITOR);
        self.0.renew();
    }

    /// Says something on the next page.
    pub fn flash(&self, message: &str) -> Result<(), SessionInsertError> {
        self.0.insert(Self::FLASH, message)
    }

    pub fn take_flash(&self) -> Option<String> {
        self.0.remove_as(Self::FLASH)?.ok()
    }
}

impl FromRequest for TypedSession {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.get_session())))
    }
}
