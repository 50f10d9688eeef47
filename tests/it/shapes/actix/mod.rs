//! Shapes of actix-web, by what makes them special.

mod answers;
mod around;
mod bodies;
mod macros;
mod methods;
mod patterns;
mod sessions;

use actix_web::http::header::HeaderMap;

/// Who says so.
fn user_of(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("x-user")?.to_str().ok()?.to_owned())
}
