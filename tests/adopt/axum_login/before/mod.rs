//! A stock list of a warehouse: clerks, managers and admins log in, with a page and a JSON API.

mod users;
mod web;

use std::env;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use users::Backend;

#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let backend = Backend::open(&env::var("DATABASE")?)?;
    backend.seed("root", &env::var("ROOT_PASSWORD")?, "admin").await?;
    let listener = TcpListener::bind(env::var("LISTEN")?).await.context("no such address")?;
    tracing::info!("listening on {}", listener.local_addr()?);
    let app = web::router(backend);
    axum::serve(listener, app).with_graceful_shutdown(terminated()).await?;
    Ok(())
}

/// Comes to an end when the service is asked to stop.
async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => _ = signal.recv().await,
        Err(error) => tracing::error!("the service cannot be stopped gracefully: {error}"),
    }
}
