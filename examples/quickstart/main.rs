//! The README's quickstart: a complete service with one audited handler.

use actix_web::web::Json;
use actix_web::{App, HttpResponse, HttpServer, post};
use audit_runtime::{self as audit, Actor, AuditMiddleware, Authenticated, Redact, audited};

#[derive(serde::Deserialize, Redact)]
struct Login {
    #[sensitive] // People type their password into the wrong field.
    #[serde(deserialize_with = "audit_runtime::withheld")] // No error quotes it.
    name: String,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
    remember_me: bool,
}

#[audited(action = "Login", category = authentication, fields(login))]
#[post("/login")]
async fn log_in(Json(login): Json<Login>) -> HttpResponse {
    // Your user table and its password hashes stand here.
    if login.name == "ada" && login.password == "analytical-engine" {
        let ada = Actor::user("1").named("ada");
        audit::set_actor(ada.authenticated(Authenticated::by("password")));
        HttpResponse::NoContent().finish()
    } else {
        audit::set_actor(Actor::unknown_user(login.name));
        audit::fail("wrong_credentials");
        HttpResponse::Unauthorized().finish()
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recorder = audit::open("audit-journal")?;
    let address = std::env::var("LISTEN").unwrap_or("127.0.0.1:8080".into());
    HttpServer::new(|| App::new().service(log_in).wrap(AuditMiddleware::new()))
        .bind(address)?
        .run()
        .await?;
    recorder.shutdown(std::time::Duration::from_secs(5))?;
    Ok(())
}
