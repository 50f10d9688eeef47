//! actix-identity, which stands on actix-session.

use std::time::Duration;

use actix_identity::{Identity, IdentityMiddleware};
use actix_session::SessionMiddleware;
use actix_session::storage::CookieSessionStore;
use actix_web::cookie::Key;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use audit_runtime::{ActorMiddleware, SessionActor, audited};

use super::{Routes, books, cookie};

fn routes(config: &mut ServiceConfig) {
    config.configure(|config| with(IdentityMiddleware::default(), config));
}

/// Whose logins are over at once.
fn forgetful(config: &mut ServiceConfig) {
    let over = IdentityMiddleware::builder().login_deadline(Some(Duration::ZERO)).build();
    config.configure(|config| with(over, config));
}

fn with(identities: IdentityMiddleware, config: &mut ServiceConfig) {
    let sessions = SessionMiddleware::new(CookieSessionStore::default(), Key::from(&[7; 64]));
    config.service(
        web::scope("")
            .wrap(ActorMiddleware::new(SessionActor::identity()))
            .wrap(identities)
            .wrap(sessions)
            .route("/login", web::post().to(log_in))
            .route("/logout", web::post().to(log_out))
            .configure(books),
    );
}

#[audited(action = "LogIn", category = authentication)]
async fn log_in(request: HttpRequest) -> Result<HttpResponse, Error> {
    Identity::login(&request.extensions(), "ada".to_owned())?;
    Ok(HttpResponse::NoContent().finish())
}

#[audited(action = "LogOut", category = authentication)]
async fn log_out(identity: Identity) -> HttpResponse {
    identity.logout();
    HttpResponse::NoContent().finish()
}

#[test]
fn an_identity_is_named_from_the_login_on_to_the_logout() {
    let mut secret = String::new();
    let journal = Routes::Actix(routes).serve(|client| {
        client.ask("POST /logout", &[], 401);
        let answer = client.ask("POST /login", &[], 204);
        let (cookie, value) = cookie(&answer);
        secret = value;
        client.ask("DELETE /books", &[&cookie], 403);
        client.ask("POST /logout", &[&cookie], 204);
    });
    assert_eq!(
        journal.told(),
        [
            "401 failure anonymous",
            "LogIn success user:ada",
            "204 success user:ada",
            "BurnBooks denied user:ada",
            "403 denied user:ada",
            "LogOut success user:ada",
            "204 success user:ada",
        ]
    );
    assert_eq!(journal.of("BurnBooks")["actor"]["auth"]["method"], "session");
    assert!(!journal.says(&secret));
}

#[test]
fn a_login_that_is_over_names_nobody() {
    let journal = Routes::Actix(forgetful).serve(|client| {
        let (cookie, _) = cookie(&client.ask("POST /login", &[], 204));
        client.ask("GET /books", &[&cookie], 200);
    });
    assert_eq!(journal.told()[2..], ["ListBooks success anonymous", "200 success anonymous"]);
}
