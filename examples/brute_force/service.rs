//! The service under attack: a login, and orders that only their owners may read.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::Server;
use actix_web::error::{ErrorForbidden, ErrorInternalServerError, ErrorUnauthorized};
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Json, Path};
use actix_web::{App, HttpRequest, HttpServer, get, post, web};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use audit_runtime::{
    self as audit, Actor, AuditMiddleware, Authenticated, Disclosed, Redact, Sensitive,
    TrustedProxies, audited, json_config, wrap_sensitive,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::typed::ACCOUNTS;

/// Who may log in, and who has; a real service keeps both in a database.
struct Shop {
    hashes: HashMap<&'static str, String>,
    /// Stands in where there is no account, so that an unknown name takes as long as a wrong password.
    nobodys: String,
    sessions: Mutex<HashMap<String, &'static str>>,
}

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
    shop: Data<Shop>,
    Json(Login { name, password }): Json<Login>,
) -> actix_web::Result<Disclosed<Json<NewSession>>> {
    let account = shop.hashes.get_key_value(name.expose().as_str());
    let hash = account.map_or(&shop.nobodys, |(_, hash)| hash).clone();
    let fits = web::block(move || fits(&password, &hash)).await?;
    let Some((user, _)) = account else {
        // The record has a keyed hash of the name, never the name.
        audit::set_actor(Actor::unknown_user(name.expose().clone()));
        audit::fail("unknown_user");
        return Err(ErrorUnauthorized("the name or the password is wrong"));
    };
    // Whose account it is about, which the rules count by. Nothing is proved yet.
    audit::set_actor(Actor::user(*user));
    if !fits {
        audit::fail("bad_password");
        return Err(ErrorUnauthorized("the name or the password is wrong"));
    }
    audit::set_actor(Actor::user(*user).authenticated(Authenticated::by("password")));
    open_session(&shop, user).await.map(|session| Disclosed(Json(session)))
}

#[audited(action = "OpenSession", target(User, id = user))]
async fn open_session(shop: &Shop, user: &'static str) -> actix_web::Result<NewSession> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(ErrorInternalServerError)?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(random);
    shop.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), user);
    Ok(NewSession { token: Sensitive::new(token) })
}

#[audited(action = "ReadOrder", target(Order, id = id))]
#[get("/orders/{id}")]
async fn read_order(
    shop: Data<Shop>,
    id: Path<u32>,
    request: HttpRequest,
) -> actix_web::Result<String> {
    let user = shop.user(&request).ok_or_else(|| ErrorUnauthorized("log in first"))?;
    audit::set_actor(Actor::user(user).authenticated(Authenticated::by("session")));
    if ACCOUNTS.iter().any(|(name, _, order)| *name == user && *order == *id) {
        return Ok(format!("order {id}: one difference engine"));
    }
    audit::deny("not_yours");
    Err(ErrorForbidden("this order is not yours"))
}

impl Shop {
    fn open() -> Result<Self, Failure> {
        let hash = |password: &str| {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| "a password cannot be hashed")
        };
        let hashed = |(name, password, _)| Ok((name, hash(password)?));
        let hashes = ACCOUNTS.into_iter().map(hashed).collect::<Result<_, Failure>>()?;
        Ok(Self { hashes, nobodys: hash("nobody's")?, sessions: Mutex::default() })
    }

    fn user(&self, request: &HttpRequest) -> Option<&'static str> {
        let token = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied()
    }
}

fn fits(password: &Sensitive<String>, hash: &str) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash);
    PasswordHash::new(hash).is_ok_and(|hash| verify(hash).is_ok())
}

/// Starts the service on a free port of this machine.
pub(crate) fn start() -> Result<(SocketAddr, Server), Failure> {
    let shop = Data::new(Shop::open()?);
    // Only what comes from this machine may say for whom it forwards; nobody else is believed.
    let proxies = TrustedProxies::parse(["127.0.0.1"])?;
    let app = move || {
        App::new()
            .app_data(shop.clone())
            .app_data(json_config())
            .service((log_in, read_order))
            .wrap(AuditMiddleware::new().trusted_proxies(proxies.clone()))
    };
    let server = HttpServer::new(app).workers(1).bind("127.0.0.1:0")?;
    let address = *server.addrs().first().ok_or("the service has no address")?;
    Ok((address, server.run()))
}
