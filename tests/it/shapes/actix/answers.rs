//! What is returned: aliases, errors folded into responses, secrets as bodies (shapes 3, 4, 5, 8 and 26).

use std::fmt::Display;

use actix_web::error::ErrorConflict;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{Either, HttpResponse, ResponseError};
use audit_runtime::{Redact, Unrecorded, audited};
use serde::{Deserialize, Serialize};

use super::super::{JSON, Service};

const SERVICE: Service = Service::Actix(routes);

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(Data::new(Shelf))
        .route("/books/{id}", web::put().to(replace_book))
        .route("/books/{id}", web::delete().to(delete_book::<Shelf>))
        .route("/users/{id}", web::put().to(register))
        .route("/reports/{id}", web::post().to(report))
        .route("/dead-ends/{id}", web::post().to(boxed_report))
        .route("/login", web::post().to(log_in));
}

#[derive(Debug)]
enum ApiError {
    NotFound(u32),
    Unrecorded,
}

impl Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound(id) => write!(f, "there is no book {id}"),
            Self::Unrecorded => f.write_str("not now"),
        }
    }
}

impl From<Unrecorded> for ApiError {
    fn from(_: Unrecorded) -> Self {
        Self::Unrecorded
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Unrecorded => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

type ApiResponse = Result<HttpResponse, ApiError>;

#[audited(action = "ReplaceBook", target(Book, id = id))]
async fn replace_book(id: Path<u32>) -> ApiResponse {
    Shelf.find(*id)?;
    Ok(HttpResponse::NoContent().finish())
}

#[test]
fn shape_3_an_alias_that_hides_a_result() {
    let ask = |line| SERVICE.ask(line, &[], "").told();
    assert_eq!(ask("PUT /books/1"), "204; ReplaceBook success anonymous Book:1");
    assert_eq!(ask("PUT /books/9"), "404; ReplaceBook failure anonymous Book:9");
    SERVICE.refuses("PUT /books/1", &[], "");
}

trait Repository: 'static {
    type Error: Display;

    fn find(&self, id: u32) -> Result<u32, Self::Error>;
}

struct Shelf;

impl Repository for Shelf {
    type Error = ApiError;

    fn find(&self, id: u32) -> Result<u32, ApiError> {
        (id < 5).then_some(id).ok_or(ApiError::NotFound(id))
    }
}

#[audited(action = "DeleteBook", target(Book, id = *id))]
async fn delete_book<R>(repository: Data<R>, id: Path<u32>) -> HttpResponse
where
    R: Repository,
    R::Error: Display,
{
    match repository.find(*id) {
        Ok(_) => HttpResponse::NoContent().finish(),
        Err(error) => HttpResponse::NotFound().body(error.to_string()),
    }
}

#[test]
fn shape_4_a_generic_handler_that_folds_its_error_into_a_response() {
    let ask = |line| SERVICE.ask(line, &[], "").told();
    assert_eq!(ask("DELETE /books/1"), "204; DeleteBook success anonymous Book:1");
    assert_eq!(ask("DELETE /books/9"), "404; DeleteBook failure anonymous Book:9");
    SERVICE.refuses("DELETE /books/1", &[], "");
}

#[derive(Serialize)]
struct User {
    id: u32,
}

type Registered = Either<Json<User>, HttpResponse>;

#[audited(action = "RegisterUser", target(User, id = id))]
async fn register(id: Path<u32>) -> Registered {
    match *id {
        7 => Either::Left(Json(User { id: 7 })),
        _ => Either::Right(HttpResponse::Forbidden().finish()),
    }
}

#[test]
fn shape_5_an_alias_of_either_a_value_or_a_response() {
    let ask = |line| SERVICE.ask(line, &[], "").told();
    assert_eq!(ask("PUT /users/7"), "200; RegisterUser success anonymous User:7");
    assert_eq!(ask("PUT /users/8"), "403; RegisterUser denied anonymous User:8");
    SERVICE.refuses("PUT /users/7", &[], "");
}

#[audited(action = "WriteReport", target(Report, id = id))]
fn report(id: Path<u32>) -> impl Future<Output = HttpResponse> {
    let pages = *id * 2;
    async move {
        actix_web::rt::task::yield_now().await;
        if pages > 8 { HttpResponse::PayloadTooLarge() } else { HttpResponse::Ok() }.finish()
    }
}

#[audited(action = "WriteBoxedReport", target(Report, id = id))]
fn boxed_report(
    id: Path<u32>,
) -> std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, actix_web::Error>>>> {
    Box::pin(async move {
        if *id > 4 { Err(ErrorConflict("no")) } else { Ok(HttpResponse::Ok().finish()) }
    })
}

#[test]
fn shape_8_a_function_that_returns_a_future() {
    let ask = |line| SERVICE.ask(line, &[], "").told();
    assert_eq!(ask("POST /reports/4"), "200; WriteReport success anonymous Report:4");
    assert_eq!(ask("POST /reports/5"), "413; WriteReport failure anonymous Report:5");
    assert_eq!(ask("POST /dead-ends/4"), "200; WriteBoxedReport success anonymous Report:4");
    assert_eq!(ask("POST /dead-ends/5"), "409; WriteBoxedReport failure anonymous Report:5");
    SERVICE.refuses("POST /reports/4", &[], "");
    SERVICE.refuses("POST /dead-ends/4", &[], "");
}

#[derive(Deserialize, Redact)]
struct LoginRequest {
    #[public]
    name: String,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
}

#[derive(Serialize, Redact)]
struct LoginResponse {
    #[sensitive]
    token: String,
}

#[audited(action = "LogIn", category = authentication, fields(request))]
async fn log_in(
    Json(request): Json<LoginRequest>,
) -> Result<Json<LoginResponse>, actix_web::Error> {
    Ok(Json(LoginResponse { token: "token-of-".to_owned() + &request.password }))
}

#[test]
fn shape_26_an_answer_that_is_the_secret() {
    let body = r#"{"name":"ada","password":"correct-horse"}"#;
    let seen = SERVICE.ask("POST /login", &[JSON], body);
    assert_eq!(seen.told(), "200; LogIn success anonymous");
    assert!(seen.answer.ends_with(r#"{"token":"token-of-correct-horse"}"#), "{}", seen.answer);
    assert_eq!(seen.actions[0]["args"]["request"]["name"], "ada");
    assert!(!seen.records_say("correct-horse") && !seen.records_say("token-of"));
    SERVICE.refuses("POST /login", &[JSON], body);
}
