//! What the service is told by its environment.

use std::env;

use anyhow::Context;

pub struct Settings {
    pub address: String,
    pub database: String,
    pub session_secret: String,
    pub editor: String,
    pub editor_password: String,
}

impl Settings {
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            address: env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".into()),
            database: env::var("DATABASE").unwrap_or_else(|_| "newsletter.db".into()),
            session_secret: required("SESSION_SECRET")?,
            editor: env::var("EDITOR_NAME").unwrap_or_else(|_| "editor".into()),
            editor_password: required("EDITOR_PASSWORD")?,
        })
    }
}

fn required(name: &str) -> anyhow::Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}
