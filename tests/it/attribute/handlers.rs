//! Handlers as they are written for actix-web: extractors, patterns, and every kind of answer.

use std::cell::RefCell;
use std::rc::Rc;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Bytes, Data, Form, Json, Path, Query};
use actix_web::{
    App, Either, FromRequest, HttpRequest, HttpResponse, Responder, ResponseError, get, post, web,
};
use audit_runtime::{Redact, Unrecorded, audited};
use serde::Deserialize;

use crate::support::{only, run, summary};

#[derive(Deserialize, Redact)]
struct Login {
    #[public]
    user: String,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
    tags: Vec<u16>,
}

const LOGIN: &str = r#"{"user":"ada","password":"correct horse","tags":[1]}"#;

#[post("/whole")]
#[audited(action = "PostWhole", target(User, id = body.user), fields(body = *body))]
async fn whole(body: Json<Login>) -> impl Responder {
    body.into_inner().password
}

#[post("/open")]
#[audited(action = "PostOpen", target(User, id = login.user), fields(login))]
async fn open(Json(mut login): Json<Login>) -> actix_web::Result<impl Responder> {
    login.tags.push(1);
    Ok(login.password)
}

#[post("/deep/{id}/{part}")]
#[audited(action = "PostDeep", target(User, id = path.0, name = user), fields(tags))]
async fn deep(
    path: Path<(u32, u8)>,
    Json(Login { user, tags, .. }): Json<Login>,
) -> Result<HttpResponse, actix_web::Error> {
    let part = path.1;
    if part == 0 {
        let elsewhere = HttpResponse::SeeOther().finish();
        return Err(InternalError::from_response(user, elsewhere).into());
    }
    Ok(HttpResponse::Ok().json(tags))
}

#[derive(Deserialize)]
struct Page {
    first: u32,
    last: u32,
}

#[get("/page")]
#[audited(action = "GetPages", target(Page, id = first), fields(asked = body.is_some()))]
async fn pages(Query(Page { first, mut last }): Query<Page>, body: Option<Json<Login>>) -> String {
    last += 1;
    format!("{first} to {last}, {}", body.is_some())
}

#[derive(Clone)]
struct State {
    log: Rc<RefCell<Vec<u32>>>,
}

#[post("/state/{id}")]
#[audited(action = "PostState", target(User, id = id))]
async fn state(
    id: Path<u32>,
    state: Data<State>,
    _: HttpRequest,
) -> Either<HttpResponse, &'static str> {
    state.log.borrow_mut().push(*id);
    match *id {
        1 => Either::Right("one"),
        _ => Either::Left(HttpResponse::Accepted().finish()),
    }
}

/// An extractor for everything.
struct Wrapper<T>(T);

impl<T: FromRequest> FromRequest for Wrapper<T>
where
    T::Future: 'static,
{
    type Error = T::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, T::Error>>>>;

    fn from_request(request: &HttpRequest, body: &mut actix_web::dev::Payload) -> Self::Future {
        let inner = T::from_request(request, body);
        Box::pin(async move { inner.await.map(Wrapper) })
    }
}

#[audited(action = "PostFuture", fields(length = inner.len()))]
fn future(Wrapper(inner): Wrapper<Bytes>) -> impl Future<Output = HttpResponse> {
    let length = inner.len();
    async move { HttpResponse::Ok().body(length.to_string()) }
}

#[derive(Debug)]
enum Oops {
    Unrecorded(Unrecorded),
    NotFound,
}

impl std::fmt::Display for Oops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("oops")
    }
}

impl From<Unrecorded> for Oops {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::Unrecorded(unrecorded)
    }
}

impl ResponseError for Oops {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unrecorded(unrecorded) => unrecorded.status_code(),
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }
}

trait Database: 'static {
    fn find(&self, id: u32) -> Option<u32>;
}

impl Database for State {
    fn find(&self, _: u32) -> Option<u32> {
        None
    }
}

#[audited(action = "DeleteGeneric", target(User, id = *id))]
async fn generic<D>(database: Data<D>, id: Path<u32>) -> Result<Json<u32>, Oops>
where
    D: Database,
{
    database.find(*id).map(Json).ok_or(Oops::NotFound)
}

#[audited(action = "PostForm", target(User, id = form.user))]
async fn form(Form(form): Form<Login>) -> HttpResponse {
    HttpResponse::Ok().body(form.password)
}

#[test]
fn handlers_of_every_kind() {
    let (_, records) = run(async {
        let state_of_app = State { log: Rc::default() };
        let app = App::new().app_data(Data::new(state_of_app));
        let app = app.service(whole).service(open).service(deep).service(pages).service(state);
        let app = app.route("/future", web::post().to(future));
        let app = app.route("/generic/{id}", web::delete().to(generic::<State>));
        let app = init_service(app).await;
        let json = |path: &str| {
            let request = TestRequest::post().uri(path);
            request.insert_header(("content-type", "application/json")).set_payload(LOGIN)
        };
        for (request, status) in [
            (json("/whole"), 200),
            (json("/open"), 200),
            (json("/deep/7/1"), 200),
            (json("/deep/7/0"), 303),
            (TestRequest::get().uri("/page?first=5&last=6"), 200),
            (json("/state/1"), 200),
            (json("/state/2"), 202),
            (json("/future"), 200),
            (TestRequest::delete().uri("/generic/9"), 404),
        ] {
            let answer = call_service(&app, request.to_request()).await;
            assert_eq!(answer.status(), status);
        }
    });
    let expected = [
        "PostWhole success",
        "PostOpen success",
        "PostDeep success",
        // An error that sends the client elsewhere is an error.
        "PostDeep failure",
        "GetPages success",
        "PostState success",
        "PostState success",
        "PostFuture success",
        "DeleteGeneric failure",
    ];
    assert_eq!(summary(&records), expected);
    assert_eq!(records[0]["args"]["body"]["password"], "[redacted]");
    assert_eq!(records[1]["targets"][0]["id"], "ada");
    assert_eq!(records[2]["targets"][0]["id"], "7");
    assert_eq!(records[7]["args"]["length"], LOGIN.len());
    assert!(records.iter().all(|record| !record.to_string().contains("correct horse")));
}

#[test]
fn forms_are_destructured_too() {
    let login = Login { user: "ada".into(), password: "correct horse".into(), tags: vec![] };
    let (response, records) = run(form(Form(login)));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(only(records)["targets"][0]["id"], "ada");
}
