//! The pages of the newsletter.

mod admin;
mod login;
mod password;
mod subscriptions;

use actix_web::HttpResponse;

pub use admin::{dashboard, log_out, publish_issue, readers, remove_reader};
pub use login::{log_in, login_form};
pub use password::{change_password, change_password_form};
pub use subscriptions::subscribe;

pub async fn health_check() -> HttpResponse {
    HttpResponse::Ok().finish()
}
