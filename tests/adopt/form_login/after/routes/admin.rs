//! The editors' pages: issues and readers.

use actix_web::error::ErrorNotFound;
use actix_web::{HttpResponse, web};

use super::super::authentication::{EditorId, username};
use super::super::database::Database;
use super::super::responses::{e500, escaped, flash, page, see_other, sent_back};
use super::super::session::TypedSession;

#[derive(serde::Deserialize)]
pub struct IssueForm {
    title: String,
    content: String,
}

pub async fn dashboard(
    session: TypedSession,
    database: web::Data<Database>,
    editor: web::ReqData<EditorId>,
) -> actix_web::Result<HttpResponse> {
    let name = username(**editor, &database).await.map_err(e500)?;
    Ok(page("Dashboard", &format!("{}<p>Welcome {}!</p>", flash(&session), escaped(&name))))
}

#[audit_runtime::audited(action = "PublishIssue", fields(title = audit_runtime::public(&form.title)))]
pub async fn publish_issue(
    form: web::Form<IssueForm>,
    session: TypedSession,
    database: web::Data<Database>,
    editor: web::ReqData<EditorId>,
) -> actix_web::Result<HttpResponse> {
    let IssueForm { title, content } = form.0;
    if title.trim().is_empty() {
        return sent_back(&session, "/admin/dashboard", "An issue needs a title.");
    }
    let editor = **editor;
    let insert = "INSERT INTO issues (title, content, editor) VALUES (?1, ?2, ?3)";
    let inserted =
        database.run(move |connection| connection.execute(insert, (title, content, editor)));
    inserted.await.map_err(e500)?;
    session.flash("The issue has been published.")?;
    Ok(see_other("/admin/dashboard"))
}

#[audit_runtime::audited(action = "ListReaders")]
pub async fn readers(database: web::Data<Database>) -> actix_web::Result<HttpResponse> {
    let list = database.run(|connection| {
        let mut query = connection.prepare("SELECT id, name, email FROM readers ORDER BY id")?;
        let rows = query.query_map([], |row| {
            let (id, name, email) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok::<(i64, String, String), _>((id, name, email))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    });
    let item = |(id, name, email): (i64, String, String)| {
        format!("<li>{id}: {} ({})</li>", escaped(&name), escaped(&email))
    };
    let items: String = list.await.map_err(e500)?.into_iter().map(item).collect();
    Ok(page("Readers", &format!("<ul>{items}</ul>")))
}

#[audit_runtime::audited(action = "RemoveReader", target(Reader, id = id))]
pub async fn remove_reader(
    id: web::Path<i64>,
    session: TypedSession,
    database: web::Data<Database>,
) -> actix_web::Result<HttpResponse> {
    let id = id.into_inner();
    let delete = "DELETE FROM readers WHERE id = ?1";
    let removed = database.run(move |connection| connection.execute(delete, [id]));
    if removed.await.map_err(e500)? == 0 {
        return Err(ErrorNotFound("there is no such reader"));
    }
    session.flash("The reader has been removed.")?;
    Ok(see_other("/admin/readers"))
}

#[audit_runtime::audited(action = "LogOut", category = authentication)]
pub async fn log_out(session: TypedSession) -> actix_web::Result<HttpResponse> {
    session.log_out();
    session.flash("You have logged out.")?;
    Ok(see_other("/login"))
}
