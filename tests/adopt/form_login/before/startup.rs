//! The server with its routes.

use std::net::TcpListener;

use actix_session::SessionMiddleware;
use actix_session::storage::CookieSessionStore;
use actix_web::cookie::Key;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};

use super::authentication::reject_anonymous_users;
use super::configuration::Settings;
use super::database::Database;
use super::routes::{
    change_password, change_password_form, dashboard, health_check, log_in, log_out, login_form,
    publish_issue, readers, remove_reader, subscribe,
};

pub fn run(
    listener: TcpListener,
    database: Database,
    settings: &Settings,
) -> anyhow::Result<Server> {
    let database = Data::new(database);
    let key = Key::try_from(settings.session_secret.as_bytes())?;
    let server = HttpServer::new(move || {
        let sessions = SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_secure(false)
            .build();
        App::new()
            .app_data(database.clone())
            .route("/health_check", web::get().to(health_check))
            .route("/login", web::get().to(login_form))
            .route("/login", web::post().to(log_in))
            .route("/subscriptions", web::post().to(subscribe))
            .service(
                web::scope("/admin")
                    .wrap(from_fn(reject_anonymous_users))
                    .route("/dashboard", web::get().to(dashboard))
                    .route("/issues", web::post().to(publish_issue))
                    .route("/readers", web::get().to(readers))
                    .route("/readers/{id}/remove", web::post().to(remove_reader))
                    .route("/password", web::get().to(change_password_form))
                    .route("/password", web::post().to(change_password))
                    .route("/logout", web::post().to(log_out)),
            )
            .wrap(sessions)
    })
    .workers(1)
    .listen(listener)?
    .run();
    Ok(server)
}
