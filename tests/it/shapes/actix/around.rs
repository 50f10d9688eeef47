//! Around handlers: upgrades, middleware functions and closures (shapes 16, 18 and 30).

use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorBadRequest, ErrorForbidden, ErrorUnauthorized};
use actix_web::http::header;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use audit_runtime::{Actor, audited};
use futures_util::StreamExt;

use super::super::{ADA, Seen, Service};
use super::user_of;
use crate::support::Trail;
use crate::web::client::Client;

const SERVICE: Service = Service::Actix(routes);

fn routes(config: &mut ServiceConfig) {
    config
        .route("/chat", web::get().to(open_chat))
        .service(
            web::resource("/checked/{id}")
                .wrap(from_fn(authorize))
                .route(web::post().to(close_account)),
        )
        .route(
            "/closures/{id}",
            web::post().to(async |id: web::Path<u32>| close(id.into_inner()).await),
        )
        .service(
            web::resource("/wrapped")
                .wrap(from_fn(export))
                .route(web::post().to(async || HttpResponse::PayloadTooLarge()))
                .route(web::get().to(async || "fine")),
        );
}

/// Accepts an upgrade, sends back the first bytes that come, and ends; the frames are not read.
#[audited(action = "OpenChat", target(Room, id = 5))]
async fn open_chat(request: HttpRequest, stream: Payload) -> Result<HttpResponse, Error> {
    if request.headers().get(header::UPGRADE).is_none_or(|protocol| protocol != "websocket") {
        return Err(ErrorBadRequest("no upgrade"));
    }
    Ok(HttpResponse::SwitchingProtocols().upgrade("websocket").streaming(stream.take(1)))
}

#[test]
fn shape_16_an_upgraded_connection() {
    let upgrade = "GET /chat HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let (heard, records) = SERVICE.serve(Trail::new(), |address| {
        let mut client = Client::connect(address);
        client.send(upgrade.as_bytes());
        let heard = client.read_until(b"\r\n\r\n");
        client.send(b"ping");
        String::from_utf8(heard).unwrap() + &client.read_to_end()
    });
    assert!(heard.contains("ping"), "{heard}");
    let seen = Seen::new(heard, &records);
    // The action is over once the connection is another protocol's; the request once it is closed.
    assert_eq!(seen.told(), "101; OpenChat success anonymous Room:5");
    assert_eq!(seen.access["outcome"], "success", "{}", seen.access);
    let seen = SERVICE.ask("GET /chat", &[], "");
    assert_eq!(seen.told(), "400; OpenChat failure anonymous Room:5");
    SERVICE.refuses("GET /chat", &["upgrade: websocket"], "");
}

struct Account(u32);

/// Decides who may go on, in front of every handler of its scope.
#[audited(action = "Authorize", category = authorization, target(Path, id = req.path()))]
async fn authorize(
    mut req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let account = req.extract::<web::Path<u32>>().await?.into_inner();
    let user = user_of(req.headers()).ok_or_else(|| ErrorUnauthorized("nobody"))?;
    let is_ada = user == "7";
    audit_runtime::set_actor(Actor::user(user));
    if !is_ada {
        return Err(ErrorForbidden("not yours"));
    }
    req.extensions_mut().insert(Rc::new(Account(account)));
    next.call(req).await
}

#[audited(action = "CloseAccount", target(Account, id = account.0))]
async fn close_account(account: web::ReqData<Rc<Account>>) -> HttpResponse {
    close_status(account.0)
}

fn close_status(id: u32) -> HttpResponse {
    match id {
        9 => HttpResponse::NotFound().finish(),
        _ => HttpResponse::NoContent().finish(),
    }
}

#[test]
fn shape_18_a_middleware_function_that_decides() {
    let seen = SERVICE.ask("POST /checked/1", &[ADA], "");
    let expected = "204; CloseAccount success user:7 Account:1; \
                    Authorize success user:7 Path:/checked/1";
    assert_eq!(seen.told(), expected);
    assert_eq!(seen.actions[0]["causation_id"], seen.actions[1]["id"]);
    let seen = SERVICE.ask("POST /checked/1", &["x-user: 8"], "");
    assert_eq!(seen.told(), "403; Authorize denied user:8 Path:/checked/1");
    let seen = SERVICE.ask("POST /checked/9", &[ADA], "");
    let expected = "404; CloseAccount failure user:7 Account:9; \
                    Authorize failure user:7 Path:/checked/9";
    assert_eq!(seen.told(), expected);
    SERVICE.refuses("POST /checked/1", &[ADA], "");
}

/// What the closure calls, which no attribute can stand on.
#[audited(action = "CloseAccount", target(Account, id = id))]
async fn close(id: u32) -> HttpResponse {
    close_status(id)
}

/// Audits whatever handlers a resource has.
#[audited(action = "ExportAccounts")]
async fn export(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    next.call(request).await
}

#[test]
fn shape_30_closures_as_handlers() {
    let seen = SERVICE.ask("POST /closures/1", &[], "");
    assert_eq!(seen.told(), "204; CloseAccount success anonymous Account:1");
    let seen = SERVICE.ask("POST /closures/9", &[], "");
    assert_eq!(seen.told(), "404; CloseAccount failure anonymous Account:9");
    assert_eq!(
        SERVICE.ask("GET /wrapped", &[], "").told(),
        "200; ExportAccounts success anonymous"
    );
    let seen = SERVICE.ask("POST /wrapped", &[], "");
    assert_eq!(seen.told(), "413; ExportAccounts failure anonymous");
    SERVICE.refuses("POST /closures/1", &[], "");
    SERVICE.refuses("GET /wrapped", &[], "");
}
