//! actix-session, with its cookies.

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::{BodySize, MessageBody};
use actix_web::cookie::Key;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse};
use audit_runtime::{
    Actor, ActorMiddleware, Authenticated, Outcome, SessionActor, audited, set_actor,
};

use super::{Routes, books, cookie};

fn routes(config: &mut ServiceConfig) {
    let sessions = SessionMiddleware::new(CookieSessionStore::default(), Key::from(&[7; 64]));
    config.service(
        web::scope("")
            .wrap(ActorMiddleware::new(SessionActor::key("user_id")))
            .wrap(sessions)
            .route("/login", web::post().to(log_in))
            .route("/login/form", web::post().to(log_in_by_form))
            .route("/login/telling", web::post().to(log_in_telling))
            .route("/logout", web::post().to(log_out))
            .configure(books),
    );
}

#[audited(action = "LogIn", category = authentication)]
async fn log_in(session: Session) -> Result<HttpResponse, Error> {
    session.insert("user_id", 7)?;
    session.insert("note", "a session is longer than its user")?;
    Ok(HttpResponse::NoContent().finish())
}

/// A wrong password brings the form back, as a page like any other; what went wrong is told beside it.
#[audited(action = "LogIn", category = authentication, outcome = of_form)]
async fn log_in_by_form(password: String, session: Session) -> Result<HttpResponse, Error> {
    match password == "correct horse" {
        true => session.insert("user_id", 7)?,
        false => session.insert("wrong", true)?,
    }
    Ok(HttpResponse::Ok().body(if password == "correct horse" { "welcome" } else { "again" }))
}

fn of_form(answer: &Result<HttpResponse, Error>) -> Outcome {
    match answer.as_ref().map(|answer| answer.body().size()) {
        Ok(BodySize::Sized(7)) => Outcome::Success,
        Ok(_) => Outcome::Failure,
        Err(_) => Outcome::Error,
    }
}

/// It knows more than its session does.
#[audited(action = "LogIn", category = authentication)]
async fn log_in_telling(session: Session) -> Result<HttpResponse, Error> {
    session.insert("user_id", 7)?;
    let how = Authenticated::by("password").factor("totp");
    set_actor(Actor::user("7").named("ada").authenticated(how));
    Ok(HttpResponse::NoContent().finish())
}

#[audited(action = "LogOut", category = authentication)]
async fn log_out(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::NoContent().finish()
}

#[test]
fn a_session_names_its_user_from_the_login_on_to_the_logout() {
    let mut secret = String::new();
    let journal = Routes::Actix(routes).serve(|client| {
        client.ask("GET /books", &[], 200);
        let answer = client.ask("POST /login", &[], 204);
        let (cookie, value) = cookie(&answer);
        secret = value;
        client.ask("GET /books", &[&cookie], 200);
        client.ask("DELETE /books", &[&cookie], 403);
        client.ask("POST /logout", &[&cookie], 204);
    });
    assert_eq!(
        journal.told(),
        [
            "ListBooks success anonymous",
            "200 success anonymous",
            "LogIn success user:7",
            "204 success user:7",
            "ListBooks success user:7",
            "200 success user:7",
            "BurnBooks denied user:7",
            "403 denied user:7",
            "LogOut success user:7",
            "204 success user:7",
        ]
    );
    assert_eq!(journal.of("LogIn")["actor"]["auth"]["method"], "session");
    assert_eq!(journal.of("BurnBooks")["actor"]["auth"]["method"], "session");
    assert!(!journal.says(&secret));
}

#[test]
fn what_a_handler_says_of_its_actor_stays() {
    let journal = Routes::Actix(routes).serve(|client| {
        client.ask("POST /login/telling", &[], 204);
    });
    for record in &journal.records {
        assert_eq!(record["actor"]["name"], "ada");
        assert_eq!(record["actor"]["auth"]["method"], "password");
        assert_eq!(record["actor"]["auth"]["mfa"][0], "totp");
    }
    assert_eq!(journal.records.len(), 2);
}

#[test]
fn an_outcome_that_was_told_stays_while_the_actor_is_awaited() {
    let journal = Routes::Actix(routes).serve(|client| {
        client.send("POST /login/form", &[], "guessed", 200);
        client.send("POST /login/form", &[], "correct horse", 200);
    });
    let told = ["LogIn failure anonymous", "200 success anonymous"];
    assert_eq!(journal.told()[..2], told);
    assert_eq!(journal.told()[2..], ["LogIn success user:7", "200 success user:7"]);
}

#[test]
fn a_forged_session_names_nobody() {
    let journal = Routes::Actix(routes).serve(|client| {
        client.ask("GET /books", &["cookie: id=forged-canary; user_id=7"], 200);
    });
    assert_eq!(journal.told(), ["ListBooks success anonymous", "200 success anonymous"]);
    assert!(!journal.says("forged-canary"));
}
