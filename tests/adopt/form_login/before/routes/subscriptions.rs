//! The form with which people subscribe.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};

use super::super::database::Database;

#[derive(serde::Deserialize)]
pub struct SubscriptionForm {
    name: String,
    email: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    #[error("{0}")]
    Validation(&'static str),
    #[error("Something went wrong.")]
    Unexpected(#[from] anyhow::Error),
}

impl ResponseError for SubscribeError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Validation(_) => StatusCode::BAD_REQUEST,
            Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

struct NewReader {
    name: String,
    email: String,
}

impl TryFrom<SubscriptionForm> for NewReader {
    type Error = SubscribeError;

    fn try_from(form: SubscriptionForm) -> Result<Self, SubscribeError> {
        let SubscriptionForm { name, email } = form;
        if name.trim().is_empty() || name.len() > 256 {
            return Err(SubscribeError::Validation("That is no name."));
        }
        if !email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
        {
            return Err(SubscribeError::Validation("That is no e-mail address."));
        }
        Ok(Self { name, email })
    }
}

pub async fn subscribe(
    form: web::Form<SubscriptionForm>,
    database: web::Data<Database>,
) -> Result<HttpResponse, SubscribeError> {
    let NewReader { name, email } = form.0.try_into()?;
    let insert = "INSERT OR IGNORE INTO readers (name, email) VALUES (?1, ?2)";
    database.run(move |connection| connection.execute(insert, (name, email))).await?;
    Ok(HttpResponse::Ok().finish())
}
