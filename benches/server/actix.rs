//! The actix-web servers, each with one worker.

use std::net::TcpListener;
use std::thread;

use actix_web::rt::System;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use audit_runtime::{AuditMiddleware, Disclosed, audited};

use crate::problem::Problem;
use crate::role::{Side, Work, answer, until_end};
use crate::types::Profile;
use crate::users;

pub(crate) fn serve(side: Side, work: Work, listener: TcpListener) {
    let work = Data::new(work);
    let app = move || App::new().app_data(work.clone()).configure(|config| routes(side, config));
    System::new().block_on(async {
        let server = if side.records() > 0 {
            let app = move || app().wrap(AuditMiddleware::new());
            HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run()
        } else {
            HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run()
        };
        let handle = server.handle();
        thread::spawn(move || {
            until_end();
            drop(handle.stop(true));
        });
        server.await.unwrap();
    });
}

fn routes(side: Side, config: &mut ServiceConfig) {
    match side {
        Side::Plain => config.route("/accounts/{id}", web::get().to(plain)),
        Side::Queued => config.route("/accounts/{id}", web::get().to(queued)),
        Side::Encoded => config.route("/accounts/{id}", web::get().to(encoded)),
        Side::Synced => config.route("/accounts/{id}", web::get().to(synced)),
        Side::Read => config.route("/users/{id}", web::get().to(read)),
        Side::ReadQueued => config.route("/users/{id}", web::get().to(read_queued)),
        Side::ReadSynced => config.route("/users/{id}", web::get().to(read_synced)),
    };
}

async fn plain(id: Path<u64>) -> HttpResponse {
    account(&id)
}

#[audited(action = "ReadAccount", target(Account, id = id), durability = queued)]
async fn queued(id: Path<u64>) -> HttpResponse {
    account(&id)
}

#[audited(action = "CheckAccount", target(Account, id = id))]
async fn synced(id: Path<u64>) -> HttpResponse {
    account(&id)
}

async fn encoded(id: Path<u64>, work: Data<Work>) -> HttpResponse {
    work.lines.iter().for_each(|lines| lines.encode_and_hash());
    account(&id)
}

async fn read(id: Path<i64>, work: Data<Work>) -> Result<Disclosed<Json<Profile>>, Problem> {
    profile(*id, &work).await
}

#[audited(action = "ReadProfile", target(User, id = id), durability = queued)]
async fn read_queued(id: Path<i64>, work: Data<Work>) -> Result<Disclosed<Json<Profile>>, Problem> {
    profile(*id, &work).await
}

#[audited(action = "ReadUser", target(User, id = id))]
async fn read_synced(id: Path<i64>, work: Data<Work>) -> Result<Disclosed<Json<Profile>>, Problem> {
    profile(*id, &work).await
}

fn account(id: &u64) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body(answer(*id))
}

async fn profile(id: i64, work: &Work) -> Result<Disclosed<Json<Profile>>, Problem> {
    let users = work.users.as_ref().ok_or(Problem::Broken)?;
    let profile = users.with(move |table| users::profile(table, id)).await?;
    profile.map(|profile| Disclosed(Json(profile))).ok_or(Problem::NoSuchUser)
}
