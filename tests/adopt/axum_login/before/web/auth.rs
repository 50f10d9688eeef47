//! Logging in with a form, and out.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use super::super::users::{AuthSession, Backend, Credentials};

pub fn routes() -> Router<Backend> {
    Router::new().route("/login", get(login_form).post(log_in)).route("/logout", post(log_out))
}

#[derive(Deserialize)]
struct Hint {
    failed: Option<u8>,
}

async fn login_form(Query(Hint { failed }): Query<Hint>) -> Html<String> {
    let hint = failed.map_or("", |_| "<p>Wrong name or password.</p>");
    Html(format!(
        "<!DOCTYPE html><title>Log in</title>{hint}<form method=\"post\">\
         <input name=\"name\"><input type=\"password\" name=\"password\"><button>Log in</button>\
         </form>"
    ))
}

async fn log_in(
    mut session: AuthSession,
    Form(credentials): Form<Credentials>,
) -> impl IntoResponse {
    let user = match session.authenticate(credentials.clone()).await {
        Ok(Some(user)) => user,
        Ok(None) => {
            tracing::info!("a login failed");
            return Redirect::to("/login?failed=1").into_response();
        }
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    if session.login(&user).await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    // Only to a page of ours.
    let next = credentials.next.filter(|next| next.starts_with('/') && !next.starts_with("//"));
    Redirect::to(next.as_deref().unwrap_or("/")).into_response()
}

async fn log_out(mut session: AuthSession) -> impl IntoResponse {
    match session.logout().await {
        Ok(_) => Redirect::to("/login").into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
