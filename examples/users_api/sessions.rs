//! Sessions: a random token with the client, its hash in the table.

use std::future::{Ready, ready};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use audit_runtime::{self as audit, Digest, Sensitive, deny_leaks};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension as _, params};

use crate::problem::Problem;
use crate::types::NewSession;
use crate::users::{User, Users};

const SECONDS: i64 = 3600;

/// A request's session. To take it as a parameter is to demand a login.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: User,
    token_hash: Sensitive<String>,
}

/// Middleware that finds the session of every request that has one.
///
/// It tells the trail who acts before any handler or extractor runs, so that a request that is
/// refused on the way is attributed as well.
#[deny_leaks]
pub(crate) async fn recognize(
    users: web::Data<Users>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if let Some(token) = bearer(&request)
        && let Some(session) = find(&users, &token).await?
    {
        audit::set_actor(session.user.actor("session"));
        audit::set_session(session.token_hash.expose().clone());
        request.extensions_mut().insert(session);
    }
    next.call(request).await
}

impl FromRequest for Session {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Self>().cloned();
        ready(session.ok_or(Problem::NotLoggedIn))
    }
}

/// Begins a session: the client gets the token, the table its hash only.
#[deny_leaks]
pub(crate) async fn begin(users: &Users, user: &User) -> Result<NewSession, Problem> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let token = Sensitive::new(BASE64_URL_SAFE_NO_PAD.encode(random));
    let row = (hash(&token), user.id, now() + SECONDS);
    let insert = "INSERT INTO sessions (token_hash, user_id, expires) VALUES (?1, ?2, ?3)";
    users.with(move |table| table.execute(insert, row)).await?;
    Ok(NewSession { token, seconds: SECONDS })
}

/// Ends a session: its token is worth nothing from then on.
pub(crate) async fn end(users: &Users, session: Session) -> Result<(), Problem> {
    let delete = "DELETE FROM sessions WHERE token_hash = ?1";
    users.with(move |table| table.execute(delete, [session.token_hash])).await?;
    Ok(())
}

#[deny_leaks]
async fn find(users: &Users, token: &Sensitive<String>) -> Result<Option<Session>, Problem> {
    let token_hash = hash(token);
    let select = "SELECT users.id, users.name, users.role FROM sessions
                  JOIN users ON users.id = sessions.user_id
                  WHERE sessions.token_hash = ?1 AND sessions.expires > ?2";
    let key = token_hash.clone();
    let user = users
        .with(move |table| table.query_row(select, params![key, now()], User::read).optional())
        .await?;
    Ok(user.map(|user| Session { user, token_hash }))
}

/// The token of `Authorization: Bearer TOKEN`.
fn bearer(request: &ServiceRequest) -> Option<Sensitive<String>> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Sensitive::new(token.to_owned()))
}

/// A token is random, so that its plain hash cannot be guessed.
fn hash(token: &Sensitive<String>) -> Sensitive<String> {
    Sensitive::new(Digest::of(token.expose().as_bytes()).to_string())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(i64::MAX, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
