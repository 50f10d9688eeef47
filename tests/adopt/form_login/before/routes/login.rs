//! The login form and what it sends.

use actix_web::error::InternalError;
use actix_web::{HttpResponse, web};

use super::super::authentication::{AuthError, Credentials, validate_credentials};
use super::super::database::Database;
use super::super::responses::{flash, page, see_other};
use super::super::session::TypedSession;

#[derive(serde::Deserialize)]
pub struct LoginForm {
    username: String,
    password: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("Authentication failed.")]
    Rejected,
    #[error("Something went wrong.")]
    Unexpected(#[from] anyhow::Error),
}

pub async fn login_form(session: TypedSession) -> HttpResponse {
    let form = "<form action=\"/login\" method=\"post\">\
                <input name=\"username\"><input type=\"password\" name=\"password\">\
                <button>Log in</button></form>";
    page("Log in", &(flash(&session) + form))
}

pub async fn log_in(
    form: web::Form<LoginForm>,
    database: web::Data<Database>,
    session: TypedSession,
) -> Result<HttpResponse, InternalError<LoginError>> {
    let LoginForm { username, password } = form.0;
    match validate_credentials(Credentials { username, password }, &database).await {
        Ok(editor) => {
            session.log_in(editor).map_err(|error| login_redirect(&session, anyhow(error)))?;
            Ok(see_other("/admin/dashboard"))
        }
        Err(AuthError::InvalidCredentials) => Err(login_redirect(&session, LoginError::Rejected)),
        Err(AuthError::Unexpected(error)) => Err(login_redirect(&session, error.into())),
    }
}

/// Back to the form, with what went wrong.
fn login_redirect(session: &TypedSession, error: LoginError) -> InternalError<LoginError> {
    if let Err(error) = session.flash(&error.to_string()) {
        tracing::error!("a message is lost: {error}");
    }
    InternalError::from_response(error, see_other("/login"))
}

fn anyhow(error: impl Into<anyhow::Error>) -> LoginError {
    LoginError::Unexpected(error.into())
}
