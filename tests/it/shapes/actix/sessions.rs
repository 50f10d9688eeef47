//! Who acts: sessions, identities and what a middleware leaves in the request (shapes 1, 2, 15 and 27).

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorUnauthorized, InternalError};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError,
};
use audit_runtime::{Actor, Unrecorded, audited};
use serde::Deserialize;

use super::super::{ADA, FORM, Seen, Service};
use super::user_of;

const SERVICE: Service = Service::Actix(routes);

fn routes(config: &mut ServiceConfig) {
    let users = Users(HashMap::from([("ada".to_owned(), ("correct horse".to_owned(), 7))]));
    config
        .app_data(web::Data::new(users))
        .route("/login", web::post().to(log_in))
        .route("/profile", web::get().to(profile))
        .route("/tokens", web::delete().to(revoke_tokens))
        .service(
            web::scope("/admin")
                .wrap(from_fn(reject_anonymous_users))
                .route("/passwords", web::post().to(change_password)),
        );
}

struct Users(HashMap<String, (String, u32)>);

/// A session as an extractor, whose state cannot leave its thread.
struct Session(RefCell<Option<u32>>);

impl Session {
    fn renew(&self, user: u32) {
        *self.0.borrow_mut() = Some(user);
        audit_runtime::set_actor(Actor::user(user.to_string()));
    }
}

impl FromRequest for Session {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(RefCell::new(None))))
    }
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

#[derive(Debug)]
enum LoginError {
    Credentials,
    Unrecorded(Unrecorded),
}

impl From<Unrecorded> for LoginError {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::Unrecorded(unrecorded)
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials => f.write_str("wrong name or password"),
            Self::Unrecorded(unrecorded) => unrecorded.fmt(f),
        }
    }
}

impl ResponseError for LoginError {}

#[audited(action = "LogIn", category = authentication, target(User, id = form.name))]
async fn log_in(
    form: web::Form<Credentials>,
    users: web::Data<Users>,
    session: Session,
) -> Result<HttpResponse, InternalError<LoginError>> {
    let Credentials { name, password } = form.0;
    match users.0.get(&name) {
        Some((known, user)) if *known == password => {
            session.renew(*user);
            Ok(see_other("/admin"))
        }
        _ => Err(InternalError::from_response(LoginError::Credentials, see_other("/login"))),
    }
}

fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

#[test]
fn shape_1_a_form_a_state_and_a_session_whose_failure_goes_back_to_its_form() {
    let seen = SERVICE.ask("POST /login", &[FORM], "name=ada&password=correct+horse");
    assert_eq!(seen.told(), "303; LogIn success user:7 User:ada");
    assert!(!seen.records_say("correct horse"));
    let seen = SERVICE.ask("POST /login", &[FORM], "name=ada&password=guessed");
    assert_eq!(seen.told(), "303; LogIn failure anonymous User:ada");
    assert!(seen.actions[0]["error"]["type"].as_str().unwrap().contains("LoginError"));
    assert!(!seen.records_say("guessed") && !seen.records_say("wrong name"));
    SERVICE.refuses("POST /login", &[FORM], "name=ada&password=correct+horse");
}

#[derive(Clone, Copy)]
struct UserId(u32);

impl Deref for UserId {
    type Target = u32;

    fn deref(&self) -> &u32 {
        &self.0
    }
}

/// Leaves the user in the request, and tells the trail who that is.
async fn reject_anonymous_users(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(user) = user_of(request.headers()) else {
        let error = ErrorUnauthorized("nobody");
        return Err(InternalError::from_response(error, see_other("/login")).into());
    };
    request.extensions_mut().insert(UserId(user.parse().map_err(ErrorUnauthorized)?));
    audit_runtime::set_actor(Actor::user(user));
    next.call(request).await
}

#[audited(action = "ChangePassword", target(User, id = **user_id))]
async fn change_password(
    form: web::Form<Credentials>,
    user_id: web::ReqData<UserId>,
) -> Result<HttpResponse, Error> {
    let user_id = user_id.into_inner();
    if form.password.is_empty() || *user_id != 7 {
        return Ok(HttpResponse::UnprocessableEntity().finish());
    }
    Ok(see_other("/admin"))
}

#[test]
fn shape_2_the_user_that_a_middleware_left_in_the_request() {
    let ask =
        |headers: &[&str]| SERVICE.ask("POST /admin/passwords", headers, "name=ada&password=new");
    assert_eq!(ask(&[FORM, ADA]).told(), "303; ChangePassword success user:7 User:7");
    let other = ask(&[FORM, "x-user: 8"]);
    assert_eq!(other.told(), "422; ChangePassword failure user:8 User:8");
    // The handler is never reached: the request has a record, the action has none.
    let nobody = ask(&[FORM]);
    assert_eq!(nobody.told(), "303");
    assert_eq!(nobody.access["actor"]["type"], "anonymous");
    SERVICE.refuses("POST /admin/passwords", &[FORM, ADA], "name=ada&password=new");
}

/// Who is logged in, as an extractor that tells the trail.
struct Identity(String);

impl Identity {
    fn id(&self) -> Result<String, StatusCode> {
        Ok(self.0.clone())
    }
}

impl FromRequest for Identity {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = user_of(request.headers()).map(|user| {
            audit_runtime::set_actor(Actor::user(user.clone()));
            Self(user)
        });
        ready(identity.ok_or_else(|| ErrorUnauthorized("nobody")))
    }
}

#[audited(action = "GetProfile", fields(known = identity.is_some()))]
async fn profile(identity: Option<Identity>) -> actix_web::Result<impl Responder> {
    let id = match identity.map(|user| user.id()) {
        None => "anonymous".to_owned(),
        Some(Ok(id)) => id,
        Some(Err(_)) => return Err(actix_web::error::ErrorInternalServerError("no id")),
    };
    Ok(format!("Hello {id}"))
}

#[test]
fn shape_15_somebody_or_nobody() {
    let somebody = SERVICE.ask("GET /profile", &[ADA], "");
    assert_eq!(somebody.told(), "200; GetProfile success user:7");
    assert_eq!(somebody.actions[0]["args"]["known"], true);
    assert!(somebody.answer.ends_with("Hello 7"));
    let nobody = SERVICE.ask("GET /profile", &[], "");
    assert_eq!(nobody.told(), "200; GetProfile success anonymous");
    assert_eq!(nobody.actions[0]["args"]["known"], false);
}

/// A guard that a handler names only to be called by those who have it.
struct Token;

impl FromRequest for Token {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Identity::from_request(request, payload).into_inner().map(|_| Self))
    }
}

#[audited(action = "RevokeTokens")]
async fn revoke_tokens(_: Token) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

#[test]
fn shape_27_a_guard_without_a_name() {
    assert_eq!(revoked(&[ADA]).told(), "204; RevokeTokens success user:7");
    let nobody = revoked(&[]);
    assert_eq!(nobody.told(), "401");
    assert_eq!(nobody.access["outcome"], "failure");
    SERVICE.refuses("DELETE /tokens", &[ADA], "");
}

fn revoked(headers: &[&str]) -> Seen {
    SERVICE.ask("DELETE /tokens", headers, "")
}
