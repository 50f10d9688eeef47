//! A newsletter: people subscribe, and its editors log in with a form to write issues.

mod authentication;
mod configuration;
mod database;
mod responses;
mod routes;
mod session;
mod startup;

use std::net::TcpListener;

use anyhow::Context;
use configuration::Settings;
use database::Database;

#[actix_web::main]
pub async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let settings = Settings::from_env()?;
    let _recorder = audit_runtime::open("audit-journal")?;
    let database = Database::open(&settings.database)?;
    authentication::seed_editor(&database, &settings.editor, &settings.editor_password).await?;
    let listener = TcpListener::bind(&settings.address).context("the address cannot be used")?;
    tracing::info!("listening on {}", listener.local_addr()?);
    startup::run(listener, database, &settings)?.await?;
    Ok(())
}
