//! Arguments that are taken apart, and state of every kind (shapes 7, 9, 10, 12, 13 and 14).

use std::cell::Cell;
use std::rc::Rc;

use actix_web::web::{self, Data, Form, Json, Path, Query, ServiceConfig};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload, post, put, route,
};
use audit_runtime::{Redact, audited};
use serde::Deserialize;

use super::super::{FORM, JSON, Service};

const SERVICE: Service = Service::Actix(routes);

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(Data::new(Counter::default()))
        .service(search)
        .service(wrapped)
        .service(move_item)
        .service(nested)
        .service(greet)
        .route("/count", web::post().to(count));
}

#[derive(Deserialize, Redact)]
struct Page {
    first: u32,
}

#[route("/search", method = "GET", method = "POST")]
#[audited(action = "SearchItems", op = read, fields(first = page.as_ref().map(|page| page.first)))]
async fn search(page: Option<Query<Page>>) -> impl Responder {
    match page {
        Some(page) if page.first > 100 => HttpResponse::NotFound().finish(),
        page => HttpResponse::Ok().body(page.map_or(0, |page| page.first).to_string()),
    }
}

#[test]
fn shape_7_a_route_of_two_methods_with_an_optional_query() {
    let seen = SERVICE.ask("GET /search?first=5", &[], "");
    assert_eq!(seen.told(), "200; SearchItems success anonymous");
    assert_eq!(seen.actions[0]["args"]["first"], 5);
    let seen = SERVICE.ask("POST /search", &[], "");
    assert_eq!(seen.told(), "200; SearchItems success anonymous");
    assert!(seen.actions[0]["args"]["first"].is_null());
    let seen = SERVICE.ask("GET /search?first=101", &[], "");
    assert_eq!(seen.told(), "404; SearchItems failure anonymous");
}

#[derive(Deserialize, Redact)]
struct Note {
    id: u32,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    text: String,
}

/// Takes a note from a form, whatever it is called.
struct Wrapper(Note);

impl FromRequest for Wrapper {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, body: &mut Payload) -> Self::Future {
        let form = Form::<Note>::from_request(request, body);
        Box::pin(async move { Ok(Self(form.await?.into_inner())) })
    }
}

#[audited(action = "PostNote", target(Note, id = inner.id), fields(inner))]
#[post("/notes")]
async fn wrapped(Wrapper(inner): Wrapper) -> impl Responder {
    match inner.text.as_str() {
        "" => Err(actix_web::error::ErrorBadRequest("empty")),
        _ => Ok(inner.text),
    }
}

#[test]
fn shape_9_a_wrapper_taken_apart_and_any_responder() {
    let seen = SERVICE.ask("POST /notes", &[FORM], "id=3&text=private");
    assert_eq!(seen.told(), "200; PostNote success anonymous Note:3");
    assert_eq!(seen.actions[0]["args"]["inner"]["text"], "[redacted]");
    assert!(seen.answer.ends_with("private") && !seen.records_say("private"));
    let seen = SERVICE.ask("POST /notes", &[FORM], "id=3&text=");
    assert_eq!(seen.told(), "400; PostNote failure anonymous Note:3");
    SERVICE.refuses("POST /notes", &[FORM], "id=3&text=private");
}

#[put("/shelves/{shelf}/items/{item}")]
#[audited(action = "MoveItem", target(Shelf, id = path.0), target(Item, id = path.1), fields(payload))]
async fn move_item(
    path: Path<(u32, String)>,
    Json(payload): Json<Page>,
) -> actix_web::Result<HttpResponse> {
    let (shelf, item) = path.into_inner();
    if shelf == 0 {
        return Err(actix_web::error::ErrorNotFound(item));
    }
    Ok(HttpResponse::Ok().json(payload.first))
}

#[test]
fn shape_10_a_json_taken_apart_and_a_path_of_two() {
    let ask = |line| SERVICE.ask(line, &[JSON], r#"{"first":1}"#);
    let seen = ask("PUT /shelves/5/items/cup");
    assert_eq!(seen.told(), "200; MoveItem success anonymous Shelf:5 Item:cup");
    assert_eq!(seen.actions[0]["args"]["payload"]["first"], 1);
    let seen = ask("PUT /shelves/0/items/cup");
    assert_eq!(seen.told(), "404; MoveItem failure anonymous Shelf:0 Item:cup");
    SERVICE.refuses("PUT /shelves/5/items/cup", &[JSON], r#"{"first":1}"#);
}

#[derive(Deserialize)]
struct Change {
    id: u32,
    page: Page,
    note: Option<Note>,
}

#[audited(action = "ChangePage", target(Page, id = id), fields(first, mut_first = first + 1, note))]
#[post("/nested")]
async fn nested(
    Json(Change { id, page: Page { mut first }, note, .. }): Json<Change>,
) -> actix_web::Result<impl Responder> {
    first += id;
    Ok(format!("{first} {}", note.is_some()))
}

#[test]
fn shape_12_a_deep_pattern() {
    let body = r#"{"id":2,"page":{"first":5},"note":{"id":1,"text":"private"}}"#;
    let seen = SERVICE.ask("POST /nested", &[JSON], body);
    assert_eq!(seen.told(), "200; ChangePage success anonymous Page:2");
    let expected = serde_json::json!({
        "first": 5, "mut_first": 6, "note": { "id": 1, "text": "[redacted]" },
    });
    assert_eq!(seen.actions[0]["args"], expected);
    assert!(seen.answer.ends_with("7 true"));
    SERVICE.refuses("POST /nested", &[JSON], body);
}

#[audited(action = "GreetUser", target(User, id = path.0))]
#[post("/hello/{name}")]
async fn greet(path: Path<(String,)>) -> actix_web::Result<impl Responder> {
    let (name,) = path.into_inner();
    Ok(format!("hello {name}"))
}

#[test]
fn shape_13_a_tuple_of_one() {
    let seen = SERVICE.ask("POST /hello/ada", &[], "");
    assert_eq!(seen.told(), "200; GreetUser success anonymous User:ada");
    SERVICE.refuses("POST /hello/ada", &[], "");
}

/// Lives on its worker's thread and cannot leave it.
#[derive(Clone, Default)]
struct Counter(Rc<Cell<u32>>);

#[audited(action = "CountVisit", fields(before = counter.0.get()))]
async fn count(counter: Data<Counter>) -> HttpResponse {
    let shared = Rc::clone(&counter.0);
    actix_web::rt::task::yield_now().await;
    shared.set(shared.get() + 1);
    HttpResponse::Ok().body(shared.get().to_string())
}

#[test]
fn shape_14_a_state_that_stays_on_its_thread() {
    let seen = SERVICE.ask("POST /count", &[], "");
    assert_eq!(seen.told(), "200; CountVisit success anonymous");
    assert_eq!(seen.actions[0]["args"]["before"], 0);
    assert!(seen.answer.ends_with('1'));
    SERVICE.refuses("POST /count", &[], "");
}
