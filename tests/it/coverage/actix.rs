//! With actix-web: the middleware that denies stands around the whole application, before its router.

use std::sync::mpsc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorUnauthorized};
use actix_web::guard::Header;
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Json, Path, post, resource, scope};
use actix_web::{
    App, Error, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder, delete, put,
};
use audit_runtime::testing::Trail;
use audit_runtime::{
    Actor, AuditMiddleware, Event, assert_audited, assert_not_audited, audited, deny, fail, record,
    set_actor,
};

use super::{ADMIN, ANYBODY, GUEST, NOBODY, SENT_BACK, actions, ask, assert_blocked};

#[audited(
    action = "DeleteCoveredUser",
    target(User, id = id),
    fields(audit = true),
    description = "{target} is deleted",
    severity = high,
    retention = "accounts",
    durability = write_ahead,
    version = 3
)]
#[delete("/covered/people/{id}")]
async fn delete_user(id: Path<u32>) -> HttpResponse {
    if *id == 0 {
        deny("is_root");
        return HttpResponse::Forbidden().finish();
    }
    HttpResponse::NoContent().finish()
}

/// Its path says nothing: that of another resource ends alike.
#[audited(action = "DeleteCoveredNote", target(Note, id = id))]
#[delete("/{id}")]
async fn delete_note(id: Path<u32>) -> impl Responder {
    HttpResponse::NoContent()
}

/// Its attribute stands below that of the route, which nobody can see from there.
#[put("/covered/posts/{id}")]
#[audited(action = "UpdateCoveredPost", target(Post, id = id), route = "PUT /covered/posts/{id}")]
async fn update_post(id: Path<u32>, _title: Json<String>) -> impl Responder {
    HttpResponse::NoContent()
}

/// Audited here, and not under the other scope.
#[audited(action = "CreateCoveredFolder")]
#[actix_web::post("/covered/folders")]
async fn create_folder() -> impl Responder {
    HttpResponse::Created()
}

/// A guard among the arguments of a handler.
struct Moderator;

impl FromRequest for Moderator {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let is_admin = request.headers().get("x-as").is_some_and(|who| who == "admin");
        std::future::ready(if is_admin { Ok(Self) } else { Err(ErrorForbidden("moderators only")) })
    }
}

#[audited(action = "HideCoveredPost", target(Post, id = id))]
#[actix_web::route("/covered/hidden/{id}", method = "PUT", method = "PATCH")]
async fn hide_post(id: Path<u32>, _: Moderator) -> impl Responder {
    HttpResponse::NoContent()
}

async fn authorize(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let who = request.headers().get("x-as").and_then(|who| who.to_str().ok()).map(str::to_owned);
    let answer = match who.as_deref() {
        Some("nobody") => return Err(ErrorUnauthorized("who is it")),
        Some("guest") => {
            set_actor(Actor::user("guest"));
            HttpResponse::Forbidden().finish()
        }
        Some("sent-back") => {
            deny("session_expired");
            HttpResponse::SeeOther().insert_header(("location", "/login")).finish()
        }
        _ => return Ok(next.call(request).await?.map_into_left_body()),
    };
    Ok(request.into_response(answer).map_into_right_body())
}

async fn save() -> HttpResponse {
    HttpResponse::Ok().body("saved")
}

async fn save_and_tell() -> HttpResponse {
    drop(record(Event::activity("SaveByHand").succeeded()));
    HttpResponse::Ok().finish()
}

async fn refuse() -> HttpResponse {
    fail("stale");
    HttpResponse::Ok().finish()
}

/// What a service leaves in a trail when it is asked for these in turn, and the statuses.
fn serve(requests: &[(&str, &str)]) -> (Trail, Vec<u16>) {
    let trail = Trail::new();
    let audit = AuditMiddleware::new().recorder(trail.recorder());
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let app = move || {
            App::new()
                .service(delete_user)
                .service(update_post)
                .service(hide_post)
                .service(scope("/covered/notes").service(delete_note))
                .service(scope("/v1").service(delete_user).service(create_folder))
                .route("/v2/covered/folders", post().to(save))
                .service(resource("/guarded").guard(Header("x-as", "admin")).route(post().to(save)))
                .route("/covered/files/{id}", actix_web::web::delete().to(save))
                .route("/plain/{id}", post().to(save))
                .route("/told", post().to(save_and_tell))
                .route("/waived", post().to(save))
                .route("/stale", post().to(refuse))
                .wrap(from_fn(authorize))
                .wrap(audit.clone())
        };
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(app).workers(1).disable_signals();
            let server = server.bind(("127.0.0.1", 0)).unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            tell.send((address, server.handle())).unwrap();
            server.await
        })
    });
    let (address, running) = told.recv().unwrap();
    let statuses = ask(address, requests);
    actix_web::rt::System::new().block_on(running.stop(true));
    thread.join().unwrap().unwrap();
    (trail, statuses)
}

#[test]
fn a_denial_before_the_router_names_the_action_that_it_blocked() {
    for (who, expected) in [(NOBODY, 401), (GUEST, 403), (SENT_BACK, 303)] {
        for (line, route) in [
            ("DELETE /covered/people/7", "/covered/people/{id}"),
            ("DELETE /v1/covered/people/7", "/v1/covered/people/{id}"),
        ] {
            let (trail, statuses) = serve(&[(line, who)]);
            assert_eq!(statuses, [expected], "{who}");
            assert_blocked(&trail, "DeleteCoveredUser", route, expected);
        }
    }
    let (trail, _) = serve(&[("DELETE /covered/people/7", SENT_BACK)]);
    let message = trail.records()[0].reason.clone().unwrap().message;
    assert_eq!(message.as_deref(), Some("session_expired"));
    let (trail, _) = serve(&[("DELETE /covered/people/7", GUEST)]);
    assert_audited!(trail, actor = "user:guest", action = "DeleteCoveredUser", count = 1);
}

#[test]
fn a_route_is_known_where_it_is_said_and_by_a_guard_among_the_arguments() {
    let (trail, statuses) = serve(&[
        ("PUT /covered/posts/7", NOBODY),
        ("PUT /covered/hidden/7", ANYBODY),
        ("PATCH /covered/hidden/7", GUEST),
    ]);
    assert_eq!(statuses, [401, 403, 403]);
    assert_audited!(trail, action = "UpdateCoveredPost", outcome = denied, status = 401, count = 1);
    assert_audited!(trail, action = "HideCoveredPost", outcome = denied, status = 403, count = 2);
    assert_eq!(actions(&trail).len(), 3);
}

#[test]
fn what_began_is_not_recorded_a_second_time_and_what_cannot_be_known_not_at_all() {
    let (trail, statuses) = serve(&[
        // The handler's own end.
        ("DELETE /covered/people/7", ADMIN),
        ("DELETE /covered/people/0", ADMIN),
        // Another resource ends alike, and the handler of this one is not audited.
        ("DELETE /covered/files/7", NOBODY),
        // No denial: a body that is none, no such route, another method, a guard that looks away.
        ("PUT /covered/posts/7", ADMIN),
        ("DELETE /missing", NOBODY),
        ("GET /covered/people/7", ADMIN),
        ("POST /guarded", ANYBODY),
        // All that is known of it is `/{id}`.
        ("DELETE /covered/notes/7", NOBODY),
    ]);
    assert_eq!(statuses[..3], [204, 403, 401]);
    assert!(matches!(statuses[3], 400 | 415), "{statuses:?}");
    assert_eq!(statuses[4..], [401, 404, 404, 401]);
    assert_audited!(
        trail,
        action = "DeleteCoveredUser",
        outcome = denied,
        reason = "is_root",
        count = 1
    );
    assert_not_audited!(trail, reason = super::REASON);
    assert_eq!(trail.records().iter().filter(|it| it.action == "HttpRequest").count(), 8);
}

#[test]
fn a_change_without_a_record_is_told_once_for_its_route() {
    let (trail, statuses) = serve(&[
        ("POST /plain/1", ANYBODY),
        ("POST /plain/2", ANYBODY),
        ("DELETE /covered/files/7", ADMIN),
        ("DELETE /covered/notes/7", ADMIN),
        ("POST /told", ANYBODY),
        ("POST /waived", ANYBODY),
        ("POST /stale", ANYBODY),
        ("GET /plain/1", ANYBODY),
        ("POST /plain/1", NOBODY),
        ("POST /guarded", ANYBODY),
        ("DELETE /covered/people/7", ADMIN),
    ]);
    assert_eq!(statuses, [200, 200, 200, 204, 200, 200, 200, 404, 401, 404, 204]);
    let expected = ["DELETE /covered/files/{id}", "POST /plain/{id}"];
    assert_eq!(trail.unaudited_routes(), expected);
    assert_audited!(trail, category = journal, action = "RouteUnaudited", count = 2);
    assert_audited!(
        trail,
        category = journal,
        target(Route, id = "POST /plain/{id}"),
        outcome = failure,
        reason = "no_record",
        severity = medium,
        count = 1
    );
}

#[test]
#[should_panic(expected = "change something and leave no record of it:\n    POST /plain/{id}\n")]
fn a_test_fails_by_a_route_that_is_not_audited() {
    let (trail, _) = serve(&[("POST /plain/1", ANYBODY), ("POST /told", ANYBODY)]);
    trail.assert_routes_audited();
}

#[test]
fn a_test_passes_where_all_is_audited_or_waived() {
    let (trail, _) = serve(&[("POST /waived", ANYBODY), ("DELETE /covered/people/7", ADMIN)]);
    trail.assert_routes_audited();
}

#[test]
fn an_action_speaks_for_no_route_that_only_ends_like_its_own() {
    let (trail, statuses) =
        serve(&[("POST /v1/covered/folders", ANYBODY), ("POST /v2/covered/folders", ANYBODY)]);
    assert_eq!(statuses, [201, 200]);
    assert_audited!(trail, action = "CreateCoveredFolder", outcome = success, count = 1);
    assert_eq!(trail.unaudited_routes(), ["POST /v2/covered/folders"]);
}

#[test]
fn a_test_that_reads_no_body_finds_the_route_all_the_same() {
    actix_web::rt::System::new().block_on(async {
        let trail = Trail::new();
        let audit = AuditMiddleware::new().recorder(trail.recorder());
        let saves = async || HttpResponse::Ok().body("saved");
        let app = App::new().route("/unread", post().to(saves)).wrap(audit);
        let service = init_service(app).await;
        drop(call_service(&service, TestRequest::post().uri("/unread").to_request()).await);
        assert_eq!(trail.unaudited_routes(), ["POST /unread"]);
    });
}
