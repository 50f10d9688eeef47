//! JSON Web Tokens, verified by jsonwebtoken in a middleware of the application.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorUnauthorized;
use actix_web::middleware::{Next as ActixNext, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpMessage};
use audit_runtime::{Actor, ActorLayer, ActorMiddleware, ClaimsActor};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn as axum_from_fn};
use axum::response::Response;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Journal, Routes, books, books_in_axum};

const KEY: &[u8] = b"a key for these tests only";

/// As a service declares what it reads, and keeps the rest.
#[derive(Clone, Deserialize, Serialize)]
struct Claims {
    sub: String,
    team: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

fn token(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(KEY)).unwrap()
}

/// The claims of a request, if it has some; an error, if they are forged.
fn verified(authorization: Option<&[u8]>) -> Result<Option<Claims>, ()> {
    let Some(value) = authorization else { return Ok(None) };
    let token = value.strip_prefix(b"Bearer ").and_then(|token| str::from_utf8(token).ok());
    let validation = Validation::new(Algorithm::HS256);
    let key = DecodingKey::from_secret(KEY);
    let decoded = jsonwebtoken::decode::<Claims>(token.ok_or(())?, &key, &validation);
    decoded.map(|token| Some(token.claims)).map_err(|_| ())
}

async fn verify(
    request: ServiceRequest,
    next: ActixNext<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let value = request.headers().get("authorization").map(|value| value.as_bytes());
    if let Some(claims) = verified(value).map_err(|()| ErrorUnauthorized("forged"))? {
        request.extensions_mut().insert(claims);
    }
    next.call(request).await
}

async fn verify_in_axum(mut request: Request, next: Next) -> Result<Response, StatusCode> {
    let value = request.headers().get("authorization").map(|value| value.as_bytes());
    if let Some(claims) = verified(value).map_err(|()| StatusCode::UNAUTHORIZED)? {
        request.extensions_mut().insert(claims);
    }
    Ok(next.run(request).await)
}

fn routes(config: &mut ServiceConfig) {
    let actor = ActorMiddleware::new(ClaimsActor::<Claims>::registered());
    config.service(web::scope("").wrap(actor).wrap(from_fn(verify)).configure(books));
}

fn routes_in_axum() -> Router {
    let actor = ActorLayer::new(ClaimsActor::<Claims>::registered());
    books_in_axum().layer(actor).layer(axum_from_fn(verify_in_axum))
}

fn both() -> [Routes; 2] {
    [Routes::Actix(routes), Routes::Axum(routes_in_axum())]
}

/// What a request with these claims leaves, which is denied what it asks for.
fn denied(routes: Routes, claims: &Value) -> Journal {
    let token = token(claims);
    let journal = routes.serve(|client| {
        client.ask("DELETE /books", &[&format!("authorization: Bearer {token}")], 403);
    });
    for part in token.split('.') {
        assert!(!journal.says(part), "{part}");
    }
    journal
}

const LATER: u64 = 4_102_444_800;

#[test]
fn the_registered_claims_name_the_actor_and_the_token_stays_out() {
    let claims = json!({
        "sub": "7", "name": "Ada", "roles": ["author", "reader"], "scope": "books:write",
        "amr": ["pwd", "otp"], "jti": "token-1", "sid": "session-canary", "exp": LATER,
    });
    for routes in both() {
        let journal = denied(routes, &claims);
        assert_eq!(journal.told(), ["BurnBooks denied user:7", "403 denied user:7"]);
        for record in &journal.records {
            let actor = &record["actor"];
            assert_eq!(actor["name"], "Ada");
            assert_eq!(actor["roles"], json!(["author", "reader"]));
            let auth = json!({"method": "jwt", "mfa": ["pwd", "otp"], "credential_id": "token-1"});
            assert_eq!(actor["auth"], auth);
            assert!(record["session"].is_string());
        }
        assert!(!journal.says("session-canary"));
    }
}

#[test]
fn nobody_and_a_forger_are_nobody() {
    let good = token(&json!({"sub": "7", "exp": LATER}));
    let (head, _) = good.rsplit_once('.').unwrap();
    let forged = format!("authorization: Bearer {head}.Zm9yZ2VkLWNhbmFyeQ");
    for routes in both() {
        let journal = routes.serve(|client| {
            client.ask("GET /books", &[], 200);
            client.ask("GET /books", &[&forged], 401);
        });
        let told =
            ["ListBooks success anonymous", "200 success anonymous", "401 failure anonymous"];
        assert_eq!(journal.told(), told);
        assert!(!journal.says("Zm9yZ2VkLWNhbmFyeQ"));
    }
}

#[test]
fn who_acts_for_a_subject_is_the_actor() {
    let claims = json!({
        "sub": "7", "name": "Ada", "client_id": "shop", "amr": "pwd", "jti": "token-2", "exp": LATER,
        "act": {"sub": "shop", "act": {"sub": "helpdesk", "client_id": "helpdesk", "act": {"sub": "9"}}},
    });
    for routes in both() {
        let journal = denied(routes, &claims);
        assert_eq!(journal.told(), ["BurnBooks denied service:shop", "403 denied service:shop"]);
        for record in &journal.records {
            assert_eq!(
                record["actor"]["auth"],
                json!({"method": "jwt", "credential_id": "token-2"})
            );
            let subject = json!({
                "type": "user", "id": "7", "name": "Ada",
                "auth": {"method": "jwt", "mfa": ["pwd"], "credential_id": "token-2"},
            });
            let chain = json!([subject, {"type": "service", "id": "helpdesk"}, {"type": "user", "id": "9"}]);
            assert_eq!(record["actor"]["on_behalf_of"], chain);
        }
    }
}

#[test]
fn who_acts_is_never_the_subject_because_nobody_can_read_who_it_is() {
    for (act, expected) in [
        (json!({"client_id": "shop"}), "service:shop"),
        (json!({"iss": "elsewhere"}), "agent"),
        (json!("shop"), "agent"),
    ] {
        let claims = json!({"sub": "7", "amr": "pwd", "exp": LATER, "act": act});
        for routes in both() {
            let journal = denied(routes, &claims);
            assert_eq!(journal.told()[0], format!("BurnBooks denied {expected}"));
            let actor = &journal.of("BurnBooks")["actor"];
            assert!(actor["auth"]["mfa"].is_null(), "{actor}");
            let subject = &actor["on_behalf_of"][0];
            assert_eq!((&subject["id"], &subject["auth"]["mfa"]), (&json!("7"), &json!(["pwd"])));
        }
    }
    for routes in both() {
        let journal = denied(routes, &json!({"sub": "7", "exp": LATER, "act": null}));
        assert_eq!(journal.told()[0], "BurnBooks denied user:7");
    }
}

#[test]
fn a_client_that_acts_for_itself_is_a_service_with_its_scopes() {
    let claims = json!({"sub": "shop", "client_id": "shop", "scope": "books:read books:write", "exp": LATER});
    for routes in both() {
        let journal = denied(routes, &claims);
        assert_eq!(journal.told()[0], "BurnBooks denied service:shop");
        let roles = &journal.of("BurnBooks")["actor"]["roles"];
        assert_eq!(*roles, json!(["books:read", "books:write"]));
    }
}

#[test]
fn an_application_reads_its_own_claims() {
    let by_hand = ClaimsActor::by(|claims: &Claims| {
        Some(Actor::user(claims.sub.clone()).tenant(claims.team.clone()?))
    });
    let routes =
        books_in_axum().layer(ActorLayer::new(by_hand)).layer(axum_from_fn(verify_in_axum));
    let journal = denied(Routes::Axum(routes), &json!({"sub": "7", "team": "red", "exp": LATER}));
    let actor = &journal.of("BurnBooks")["actor"];
    assert_eq!(
        (actor["tenant"].as_str(), actor["auth"]["method"].as_str()),
        (Some("red"), Some("jwt"))
    );
}
