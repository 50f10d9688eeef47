//! An API for notes: accounts with JSON Web Tokens, and notes in SQLite.

mod auth;
mod db;
mod error;
mod notes;
mod users;

use std::env;

use actix_web::{App, HttpServer, web};
use auth::TokenKeys;
use db::Db;

#[actix_web::main]
pub async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let _recorder = audit_runtime::open("audit-journal")?;
    let db = web::Data::new(Db::open(&env::var("DATABASE")?)?);
    let keys = web::Data::new(TokenKeys::new(env::var("JWT_SECRET")?.as_bytes()));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(db.clone())
            .app_data(keys.clone())
            .app_data(web::JsonConfig::default().limit(64 * 1024))
            .service(web::scope("/api").configure(users::routes).configure(notes::routes))
            .wrap(audit_runtime::AuditMiddleware::new())
    })
    .workers(1)
    .bind(env::var("LISTEN")?)?;
    tracing::info!("listening on {}", server.addrs()[0]);
    server.run().await?;
    Ok(())
}
