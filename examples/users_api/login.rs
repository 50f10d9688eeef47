//! Logging in and out: every attempt is an authentication event, however it ends.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};
use audit_runtime::{
    self as audit, Actor, Disclosed, Event, Sensitive, Signal, Target, audited, deny_leaks,
};

use crate::passwords;
use crate::problem::Problem;
use crate::sessions::{self, Session};
use crate::types::{Login, NewSession};
use crate::users::{self, FAILURES_MAX, User, Users};

/// How an attempt ended.
enum Attempt {
    Accepted(User),
    UnknownName(Sensitive<String>),
    WrongPassword { user: User, failures: u32 },
    Locked,
}

/// A failed attempt does not make its request one of the user who was named: that user is the
/// record's target, and the actor stays who it was.
#[audited(action = "Login", category = authentication)]
#[post("/login")]
pub(crate) async fn log_in(
    users: Data<Users>,
    Json(login): Json<Login>,
) -> Result<Disclosed<Json<NewSession>>, Problem> {
    match attempt(&users, login).await? {
        Attempt::Accepted(user) => {
            // Without a session nobody has logged in, so the actor is set when there is one.
            let session = sessions::begin(&users, &user).await?;
            audit::set_actor(user.actor("password"));
            Ok(Disclosed(Json(session)))
        }
        Attempt::UnknownName(typed) => {
            // The name may be a mistyped password, so the record holds a keyed hash of it.
            audit::set_actor(Actor::unknown_user(typed.expose().clone()));
            audit::fail("unknown_user");
            Err(Problem::WrongCredentials)
        }
        Attempt::WrongPassword { user, failures } => {
            audit::fail("bad_password");
            if failures == FAILURES_MAX {
                audit::record(account_locked(&user)).await?;
            }
            Err(Problem::WrongCredentials)
        }
        Attempt::Locked => {
            audit::fail("account_locked");
            Err(Problem::Locked)
        }
    }
}

/// Ends the session.
#[audited(action = "Logout", category = authentication)]
#[post("/logout")]
pub(crate) async fn log_out(users: Data<Users>, session: Session) -> Result<HttpResponse, Problem> {
    sessions::end(&users, session).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[deny_leaks]
async fn attempt(users: &Users, login: Login) -> Result<Attempt, Problem> {
    let Login { name, password } = login;
    let key = name.clone();
    let account = users.with(move |table| users::account(table, key.expose())).await?;
    let Some((user, password_hash)) = account else {
        // As slow as a wrong password, so that the time does not tell which names exist.
        passwords::fits(password, None).await?;
        return Ok(Attempt::UnknownName(name));
    };
    let id = user.id;
    audit::set_target("User", id);
    let fits = passwords::fits(password, password_hash).await?;
    // Judged after the slow part and in one statement: guesses at the same time are counted, too.
    let failures = users.with(move |table| users::count_attempt(table, id, fits)).await?;
    Ok(match failures {
        None => Attempt::Locked,
        Some(0) => Attempt::Accepted(user),
        Some(failures) => Attempt::WrongPassword { user, failures },
    })
}

fn account_locked(user: &User) -> Event {
    Event::signal(Signal::AccountLocked)
        .target(Target::new("User", user.id).named(user.name.clone()))
        .succeeded()
}
