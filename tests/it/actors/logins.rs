//! axum-login, with the sessions of tower-sessions.

use std::convert::Infallible;

use audit_runtime::{Actor, ActorLayer, Authenticated, LoginActor, audited};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Form, Router};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend};
use serde::Deserialize;
use tower_sessions::{MemoryStore, SessionManagerLayer};

use super::{Routes, books_in_axum, cookie};
use crate::web::client::header;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

#[derive(Clone, Debug)]
struct User;

impl AuthUser for User {
    type Id = u32;

    fn id(&self) -> u32 {
        7
    }

    fn session_auth_hash(&self) -> &[u8] {
        b"the hash of a password"
    }
}

#[derive(Clone)]
struct Backend;

#[derive(Clone, Deserialize)]
struct Credentials {
    password: String,
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = Infallible;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, Infallible> {
        Ok((credentials.password == "correct horse").then_some(User))
    }

    async fn get_user(&self, id: &u32) -> Result<Option<User>, Infallible> {
        tokio::task::yield_now().await;
        Ok((*id == 7).then_some(User))
    }
}

fn routes(source: LoginActor<Backend>, data_key: &'static str) -> Routes {
    let sessions = SessionManagerLayer::new(MemoryStore::default());
    let logins = AuthManagerLayerBuilder::new(Backend, sessions).with_data_key(data_key).build();
    let app = Router::new()
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .merge(books_in_axum())
        .layer(ActorLayer::new(source))
        .layer(logins);
    Routes::Axum(app)
}

#[audited(action = "LogIn", category = authentication)]
async fn log_in(
    mut login: AuthSession<Backend>,
    Form(credentials): Form<Credentials>,
) -> Result<StatusCode, StatusCode> {
    let broken = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let user = login.authenticate(credentials).await.map_err(broken)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    login.login(&user).await.map_err(broken)?;
    Ok(StatusCode::NO_CONTENT)
}

#[audited(action = "LogOut", category = authentication)]
async fn log_out(mut login: AuthSession<Backend>) -> StatusCode {
    match login.logout().await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[test]
fn a_login_is_named_from_the_login_on_to_the_logout() {
    let mut secret = String::new();
    // As axum-login has it where nothing is said.
    let service = routes(LoginActor::new(), "axum-login.data");
    let journal = service.serve(|client| {
        client.ask("GET /books", &[], 200);
        client.send("POST /login", &[FORM], "password=guessed-canary", 401);
        let answer = client.send("POST /login", &[FORM], "password=correct+horse", 204);
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
            "LogIn failure anonymous",
            "401 failure anonymous",
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
    for canary in [&*secret, "guessed-canary", "correct horse", "the hash of a password"] {
        assert!(!journal.says(canary), "{canary}");
    }
    let denied = journal.of("BurnBooks");
    assert_eq!(denied["actor"]["auth"]["method"], "session");
    // The same session is the same hash.
    assert!(denied["session"].is_string());
    assert_eq!(denied["session"], journal.of("LogOut")["session"]);
}

#[test]
fn the_application_says_how_a_user_is_named_and_where_logins_are_kept() {
    let named = LoginActor::<Backend>::new().kept_under("own").by(|user| {
        let how = Authenticated::by("password");
        Actor::user(user.id().to_string()).named("ada").role("reader").authenticated(how)
    });
    let journal = routes(named, "own").serve(|client| {
        let answer = client.send("POST /login", &[FORM], "password=correct+horse", 204);
        assert!(header(&answer, "set-cookie").is_some());
    });
    let actor = &journal.of("LogIn")["actor"];
    assert_eq!((actor["name"].as_str(), actor["roles"][0].as_str()), (Some("ada"), Some("reader")));
    assert_eq!(actor["auth"]["method"], "password");
}
