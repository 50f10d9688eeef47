//! The attribute among others, and on what macros write (shape 11).

use std::fmt::Display;

use actix_web::web::{self, Json, Path, ServiceConfig};
use actix_web::{HttpResponse, Responder, delete, get, patch, post, put};
use audit_runtime::audited;
use serde::Serialize;
use tracing::instrument;
use utoipa::{OpenApi, ToSchema};

use super::super::Service;

const SERVICE: Service = Service::Actix(routes);

fn routes(config: &mut ServiceConfig) {
    config
        .service(lowest)
        .service(middle)
        .service(highest)
        .service(documented)
        .service(documented_below)
        .route("/plain/{id}", web::post().to(plain))
        .route("/result/{id}", web::post().to(of_result))
        .route("/opaque/{id}", web::post().to(of_responder))
        .route("/future/{id}", web::post().to(of_future));
}

#[derive(Debug, Serialize, ToSchema)]
struct Item {
    id: u32,
}

fn find(id: u32) -> actix_web::Result<Json<Item>> {
    match id {
        9 => Err(actix_web::error::ErrorNotFound("no such item")),
        id => Ok(Json(Item { id })),
    }
}

/// Reads an item.
#[get("/items/{id}")]
#[instrument(name = "read item", skip_all, fields(item = %id))]
#[audited(action = "ReadItem", target(Item, id = id))]
async fn lowest(id: Path<u32>) -> actix_web::Result<Json<Item>> {
    find(*id)
}

/// Replaces an item.
#[instrument(skip(id), err(Debug), ret)]
#[audited(action = "ReplaceItem", target(Item, id = id))]
#[put("/items/{id}")]
async fn middle(id: Path<u32>) -> actix_web::Result<Json<Item>> {
    find(*id)
}

/// Makes an item.
#[audited(action = "MakeItem", target(Item, id = id))]
#[instrument(skip_all, err)]
#[post("/items/{id}")]
#[allow(clippy::needless_pass_by_value)]
async fn highest(id: Path<u32>) -> actix_web::Result<Json<Item>> {
    find(*id)
}

#[test]
fn shape_11_between_a_route_and_a_span_in_every_order() {
    for (method, action) in [("GET", "ReadItem"), ("PUT", "ReplaceItem"), ("POST", "MakeItem")] {
        let seen = SERVICE.ask(&format!("{method} /items/1"), &[], "");
        assert_eq!(seen.told(), format!("200; {action} success anonymous Item:1"));
        let seen = SERVICE.ask(&format!("{method} /items/9"), &[], "");
        assert_eq!(seen.told(), format!("404; {action} failure anonymous Item:9"));
    }
    SERVICE.refuses("PUT /items/1", &[], "");
    SERVICE.refuses("POST /items/1", &[], "");
}

/// Removes an item.
#[utoipa::path(responses((status = 200, body = Item), (status = 404)), params(("id" = u32, Path)))]
#[instrument(skip_all)]
#[audited(action = "RemoveItem", target(Item, id = id))]
#[delete("/items/{id}")]
async fn documented(id: Path<u32>) -> actix_web::Result<Json<Item>> {
    find(*id)
}

/// Changes an item.
#[audited(action = "ChangeItem", target(Item, id = id))]
#[utoipa::path(responses((status = 200, body = Item), (status = 404)), params(("id" = u32, Path)))]
#[instrument(skip_all)]
#[patch("/items/{id}")]
async fn documented_below(id: Path<u32>) -> actix_web::Result<Json<Item>> {
    find(*id)
}

#[derive(OpenApi)]
#[openapi(paths(documented, documented_below))]
struct Description;

#[test]
fn shape_11_under_the_description_of_an_open_api() {
    for (method, action) in [("DELETE", "RemoveItem"), ("PATCH", "ChangeItem")] {
        let seen = SERVICE.ask(&format!("{method} /items/1"), &[], "");
        assert_eq!(seen.told(), format!("200; {action} success anonymous Item:1"));
        let seen = SERVICE.ask(&format!("{method} /items/9"), &[], "");
        assert_eq!(seen.told(), format!("404; {action} failure anonymous Item:9"));
        SERVICE.refuses(&format!("{method} /items/1"), &[], "");
    }
    // The description is what it is without the attribute.
    let described = serde_json::to_value(Description::openapi()).unwrap();
    let item = &described["paths"]["/items/{id}"];
    assert_eq!(item["delete"]["summary"], "Removes an item.");
    assert_eq!(item["patch"]["summary"], "Changes an item.");
    assert_eq!(item["patch"]["parameters"][0]["name"], "id");
}

/// Writes a handler of what it is given, all of it whole fragments.
macro_rules! handler {
    ($action:literal, $name:ident($id:pat, $ty:ty) of $shown:expr, -> $output:ty $body:block) => {
        #[audited(action = $action, target(Item, id = $shown))]
        async fn $name($id: $ty) -> $output $body
    };
}

handler!("MakePlain", plain(id, Path<u32>) of id, -> HttpResponse {
    answer(*id)
});

handler!("MakeResult", of_result(id, Path<u32>) of id, -> actix_web::Result<impl Responder> {
    find(*id)
});

handler!("MakeOpaque", of_responder(id, Path<u32>) of id, -> impl Responder {
    answer(*id)
});

/// The same for functions that return futures.
macro_rules! future {
    ($action:literal, $name:ident($($arguments:tt)*), -> $output:ty $body:block) => {
        #[audited(action = $action)]
        fn $name($($arguments)*) -> $output $body
    };
}

future!("MakeFuture", of_future(id: Path<u32>), -> impl Future<Output = impl Responder> {
    async move {
        audit_runtime::set_target("Item", &id as &dyn Display);
        answer(*id)
    }
});

fn answer(id: u32) -> HttpResponse {
    match id {
        9 => HttpResponse::NotFound().finish(),
        _ => HttpResponse::Ok().finish(),
    }
}

#[test]
fn handlers_that_a_macro_writes() {
    for (path, action) in [
        ("plain", "MakePlain"),
        ("result", "MakeResult"),
        ("opaque", "MakeOpaque"),
        ("future", "MakeFuture"),
    ] {
        let seen = SERVICE.ask(&format!("POST /{path}/1"), &[], "");
        assert_eq!(seen.told(), format!("200; {action} success anonymous Item:1"));
        let seen = SERVICE.ask(&format!("POST /{path}/9"), &[], "");
        assert_eq!(seen.told(), format!("404; {action} failure anonymous Item:9"));
        SERVICE.refuses(&format!("POST /{path}/1"), &[], "");
    }
}
