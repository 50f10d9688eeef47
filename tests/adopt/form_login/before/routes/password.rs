//! The form with which an editor changes the password.

use actix_web::{HttpResponse, web};

use super::super::authentication::{
    self, AuthError, Credentials, EditorId, username, validate_credentials,
};
use super::super::database::Database;
use super::super::responses::{e500, flash, page, see_other, sent_back};
use super::super::session::TypedSession;

const FORM: &str = "/admin/password";

#[derive(serde::Deserialize)]
pub struct PasswordForm {
    current_password: String,
    new_password: String,
    new_password_again: String,
}

pub async fn change_password_form(session: TypedSession) -> HttpResponse {
    let form = "<form action=\"/admin/password\" method=\"post\">\
                <input type=\"password\" name=\"current_password\">\
                <input type=\"password\" name=\"new_password\">\
                <input type=\"password\" name=\"new_password_again\">\
                <button>Change</button></form>";
    page("Change the password", &(flash(&session) + form))
}

pub async fn change_password(
    form: web::Form<PasswordForm>,
    session: TypedSession,
    database: web::Data<Database>,
    editor: web::ReqData<EditorId>,
) -> actix_web::Result<HttpResponse> {
    let PasswordForm { current_password, new_password, new_password_again } = form.0;
    if new_password != new_password_again {
        return sent_back(&session, FORM, "The new passwords differ.");
    }
    let username = username(**editor, &database).await.map_err(e500)?;
    let credentials = Credentials { username, password: current_password };
    match validate_credentials(credentials, &database).await {
        Ok(editor) => {
            authentication::change_password(editor, new_password, &database).await.map_err(e500)?;
            session.flash("Your password has been changed.")?;
            Ok(see_other(FORM))
        }
        Err(AuthError::InvalidCredentials) => {
            sent_back(&session, FORM, "The current password is wrong.")
        }
        Err(error @ AuthError::Unexpected(_)) => Err(e500(error)),
    }
}
