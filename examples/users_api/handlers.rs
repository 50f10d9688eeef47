//! What users do here: read themselves, change and delete users, read reports, export.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::rt::time::sleep;
use actix_web::web::{Bytes, Data, Json, Path, ServiceConfig};
use actix_web::{HttpResponse, delete, get, put};
use audit_runtime::{self as audit, Disclosed, Event, Redact as _, Target, audited};
use futures_util::stream;

use crate::login::{log_in, log_out};
use crate::passwords;
use crate::problem::Problem;
use crate::sessions::Session;
use crate::types::{Changes, Profile, Role};
use crate::users::{self, User, Users};

/// How long the export takes for each user.
const EXPORT_PAUSE: Duration = Duration::from_millis(20);

/// Adds all routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(log_in)
        .service(log_out)
        .service(read_profile)
        .service(update_user)
        .service(delete_user)
        .service(read_report)
        .service(export_users);
}

#[audited(action = "ReadProfile", target(User, id = session.user.id))]
#[get("/me")]
async fn read_profile(
    users: Data<Users>,
    session: Session,
) -> Result<Disclosed<Json<Profile>>, Problem> {
    let id = session.user.id;
    let profile = users.with(move |table| users::profile(table, id)).await?;
    profile.map(|profile| Disclosed(Json(profile))).ok_or(Problem::NoSuchUser)
}

#[audited(action = "UpdateUser", target(User, id = id), fields(changes))]
#[put("/users/{id}")]
async fn update_user(
    users: Data<Users>,
    session: Session,
    id: Path<i64>,
    Json(mut changes): Json<Changes>,
) -> Result<Disclosed<Json<Profile>>, Problem> {
    let id = id.into_inner();
    if changes.role.is_some() {
        demand_admin(&session, "ChangeRole", user(id)).await?;
    }
    demand_self_or_admin(&session, "UpdateUser", id).await?;
    // The derived `Debug` hides what is sensitive, here as everywhere.
    tracing::info!(?changes, "changing a user");
    let hash = match changes.new_password.take() {
        Some(password) => Some(passwords::hash_off_thread(password).await?),
        None => None,
    };
    let profile = users
        .with(move |table| users::update(table, id, &changes, hash.as_ref()))
        .await?
        .ok_or(Problem::NoSuchUser)?;
    tracing::info!(profile = ?profile.redacted(), "changed a user");
    Ok(Disclosed(Json(profile)))
}

#[audited(action = "DeleteUser", target(User, id = id))]
#[delete("/users/{id}")]
async fn delete_user(
    users: Data<Users>,
    session: Session,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    demand_self_or_admin(&session, "DeleteUser", id).await?;
    if users.with(move |table| users::delete(table, id)).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::NoSuchUser)
    }
}

/// A report is named like `usage-2026-05.csv`.
///
/// The action has no target: the name is free text until it is known that such a report exists.
#[audited(action = "ReadReport")]
#[get("/reports/{name}")]
async fn read_report(_session: Session, name: Path<String>) -> HttpResponse {
    // The bug: a shorter name panics here, and the panic's text quotes the name.
    let month = &name[6..13];
    HttpResponse::Ok().body(format!("month,requests\n{month},0\n"))
}

/// The record says that the export began; the request's own record says whether it was received.
#[audited(action = "ExportUsers", op = read)]
#[get("/export")]
async fn export_users(users: Data<Users>, session: Session) -> Result<HttpResponse, Problem> {
    demand_admin(&session, "ExportUsers", Target::new("Table", "users")).await?;
    let users = users.with(users::all).await?;
    let lines = stream::unfold(users.into_iter(), |mut users| async {
        sleep(EXPORT_PAUSE).await;
        let User { id, name, role } = users.next()?;
        let line = format!("{id},{name},{}\n", role.as_str());
        Some((Ok::<_, Infallible>(Bytes::from(line)), users))
    });
    Ok(HttpResponse::Ok().content_type("text/csv").streaming(lines))
}

/// Everybody may act on itself, an administrator on everybody.
async fn demand_self_or_admin(
    session: &Session,
    action: &'static str,
    id: i64,
) -> Result<(), Problem> {
    if session.user.id == id {
        return Ok(());
    }
    demand_admin(session, action, user(id)).await
}

/// A denial is recorded as a decision of its own, with the policy that decided, and ends the
/// running action as denied.
async fn demand_admin(
    session: &Session,
    action: &'static str,
    resource: Target,
) -> Result<(), Problem> {
    if session.user.role == Role::Admin {
        return Ok(());
    }
    audit::deny("role_missing");
    let decision =
        Event::authorization(resource, action).policy("users/self-or-admin").denied("role_missing");
    audit::record(decision).await?;
    Err(Problem::Forbidden)
}

fn user(id: i64) -> Target {
    Target::new("User", id)
}
