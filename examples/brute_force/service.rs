//! The service under attack: a login, and orders that only their owners may read.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::Server;
use actix_web::error::{ErrorForbidden, ErrorInternalServerError, ErrorUnauthorized};
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Json, Path};
use actix_web::{App, HttpRequest, HttpServer, get, post};
use audit_runtime::{
    self as audit, Actor, AuditMiddleware, Authenticated, Disclosed, Redact, Sensitive,
    TrustedProxies, audited, json_config, wrap_sensitive,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::typed::ACCOUNTS;

/// Whose the sessions are, by their tokens; a real service keeps hashes of these as well.
#[derive(Default)]
struct Sessions(Mutex<HashMap<String, &'static str>>);

/// People type their password into the wrong field, so the name is a secret as well.
#[wrap_sensitive]
#[derive(Deserialize, Redact)]
struct Login {
    #[sensitive]
    name: String,
    #[sensitive]
    password: String,
}

#[wrap_sensitive]
#[derive(Serialize, Redact)]
struct NewSession {
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire")]
    token: String,
}

#[audited(action = "Login", category = authentication)]
#[post("/login")]
async fn log_in(
    sessions: Data<Sessions>,
    Json(Login { name, password }): Json<Login>,
) -> actix_web::Result<Disclosed<Json<NewSession>>> {
    // A real service compares hashes, as `examples/users_api` does, and as slowly if there is none.
    let account = ACCOUNTS.into_iter().find(|(user, ..)| name.expose() == user);
    let Some((user, right, _)) = account else {
        // The record has a keyed hash of the name, never the name.
        audit::set_actor(Actor::unknown_user(name.expose().clone()));
        audit::fail("unknown_user");
        return Err(ErrorUnauthorized("the name or the password is wrong"));
    };
    // Whose account it is about, which the rules count by. Nothing is proved yet.
    audit::set_actor(Actor::user(user));
    if password.expose() != right {
        audit::fail("bad_password");
        return Err(ErrorUnauthorized("the name or the password is wrong"));
    }
    audit::set_actor(Actor::user(user).authenticated(Authenticated::by("password")));
    open_session(&sessions, user).await.map(|session| Disclosed(Json(session)))
}

#[audited(action = "OpenSession", target(User, id = user))]
async fn open_session(sessions: &Sessions, user: &'static str) -> actix_web::Result<NewSession> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(ErrorInternalServerError)?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(random);
    sessions.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), user);
    Ok(NewSession { token: Sensitive::new(token) })
}

#[audited(action = "ReadOrder", target(Order, id = id))]
#[get("/orders/{id}")]
async fn read_order(
    sessions: Data<Sessions>,
    id: Path<u32>,
    request: HttpRequest,
) -> actix_web::Result<String> {
    let user = sessions.user(&request).ok_or_else(|| ErrorUnauthorized("log in first"))?;
    audit::set_actor(Actor::user(user).authenticated(Authenticated::by("session")));
    if ACCOUNTS.iter().any(|(name, _, order)| *name == user && *order == *id) {
        return Ok(format!("order {id}: one difference engine"));
    }
    audit::deny("not_yours");
    Err(ErrorForbidden("this order is not yours"))
}

impl Sessions {
    fn user(&self, request: &HttpRequest) -> Option<&'static str> {
        let token = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied()
    }
}

/// Starts the service on a free port of this machine.
pub(crate) fn start() -> Result<(SocketAddr, Server), Failure> {
    let sessions = Data::new(Sessions::default());
    // Only what comes from this machine may say for whom it forwards; nobody else is believed.
    let proxies = TrustedProxies::parse(["127.0.0.1"])?;
    let app = move || {
        App::new()
            .app_data(sessions.clone())
            .app_data(json_config())
            .service((log_in, read_order))
            .wrap(AuditMiddleware::new().trusted_proxies(proxies.clone()))
    };
    let server = HttpServer::new(app).workers(1).bind("127.0.0.1:0")?;
    let address = *server.addrs().first().ok_or("the service has no address")?;
    Ok((address, server.run()))
}
