//! The service from its start to its orderly end.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::panic;
use std::path::Path;
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use audit_runtime::{AuditMiddleware, Recorder, json_config, path_config};
use tracing_subscriber::filter::LevelFilter;

use crate::handlers::routes;
use crate::sessions;
use crate::users::Users;

/// What the line begins with that tells the service's address.
pub(crate) const ANNOUNCEMENT: &str = "listening on http://";

/// How long the end may take: first the requests that are running, then the journal.
const GRACE: Duration = Duration::from_secs(5);

/// Where the service listens and what it keeps where.
pub(crate) struct Settings<'a> {
    pub(crate) address: &'a str,
    pub(crate) journal: &'a Path,
    pub(crate) users: &'a Path,
    /// Stop when standard input ends, not only on a signal.
    pub(crate) until_eof: bool,
}

/// Serves until Ctrl-C, SIGTERM or, if asked, the end of standard input.
///
/// # Errors
/// Fails when the journal, the user table or the address cannot be used, and when the journal
/// could not be closed.
pub(crate) fn serve(settings: &Settings<'_>) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(log_level())
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    print_panics_without_text();
    actix_web::rt::System::new().block_on(run(settings))
}

/// What of the log is printed: the level in `RUST_LOG`, such as `off`. The trail is no log, so no
/// level changes what is in it.
pub(crate) fn log_level() -> LevelFilter {
    let named = std::env::var("RUST_LOG").ok();
    let level = named.and_then(|level| level.parse().ok());
    level.unwrap_or(LevelFilter::INFO)
}

async fn run(settings: &Settings<'_>) -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::builder(settings.journal)
        .service("users-api", env!("CARGO_PKG_VERSION"))
        .install()?;
    let users = Users::open(settings.users).map_err(|error| {
        format!("cannot use the user table {}: {error}", settings.users.display())
    })?;
    let users = web::Data::new(users);
    let app = move || {
        App::new()
            .app_data(users.clone())
            // What is refused of a request is told without being repeated.
            .app_data(json_config())
            .app_data(path_config())
            .configure(routes)
            .wrap(from_fn(sessions::recognize))
            // Outermost, so that it sees every request and every response.
            .wrap(AuditMiddleware::new())
    };
    let server = HttpServer::new(app)
        .workers(2)
        .shutdown_timeout(GRACE.as_secs())
        .bind(settings.address)
        .map_err(|error| format!("cannot listen on {}: {error}", settings.address))?;
    for address in server.addrs() {
        writeln!(io::stdout(), "{ANNOUNCEMENT}{address}")?;
    }
    let server = server.run();
    if settings.until_eof {
        stop_at_eof(server.handle());
    }
    server.await?;
    // The server has stopped, so nothing more is recorded: write what is queued, close the journal.
    recorder.shutdown(GRACE)?;
    Ok(())
}

/// Prints where a panic happened, but not its text, which may quote what a client sent.
///
/// No panic text enters the journal, with or without this hook. But the hook that Rust installs
/// prints it to standard error, so a service that handles secrets should have one of its own.
fn print_panics_without_text() {
    panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => tracing::error!("panicked at {place}"),
        None => tracing::error!("panicked"),
    }));
}

fn stop_at_eof(server: ServerHandle) {
    thread::spawn(move || {
        // An error of standard input is as good as its end.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        // The order is given at once; the future that is dropped would tell when it is carried out.
        drop(server.stop(true));
    });
}
