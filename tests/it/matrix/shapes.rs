//! What is audited: four shapes with each durability, and bodies that end as they are told.

use std::time::Duration;

use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::rt::{spawn, time::sleep, time::timeout};
use actix_web::web::{self, Json, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use audit_runtime::{Context, audited, deny, fail};

use super::grid::{Ending, Order};
use super::marks::{LOOK, Marks, Sign};
use super::process;
use super::service::LIMIT;

/// What panics say, so that their hook knows them.
pub(super) const PANIC: &str = "as the matrix wants it";

/// How the work of an order ended; an error can say that the action was refused.
type Done = Result<(), String>;

/// What the trait method belongs to.
trait Work {
    async fn work(&self, order: &Order) -> Done;
}

macro_rules! shapes {
    ($($durability:ident)*) => {$(
        mod $durability {
            use super::*;

            #[audited(action = "RunHandler", durability = $durability)]
            async fn handler(order: Json<Order>) -> actix_web::Result<HttpResponse> {
                body(&order).await.map_err(ErrorInternalServerError)?;
                Ok(answer(&order, Ok(())))
            }

            #[audited(action = "RunFunction", durability = $durability)]
            fn function(order: &Order) -> Done {
                blocking_body(order)
            }

            struct Worker;

            impl Work for Worker {
                #[audited(action = "RunMethod", durability = $durability)]
                async fn work(&self, order: &Order) -> Done {
                    body(order).await
                }
            }

            #[audited(action = "RunTask", durability = $durability)]
            async fn task(order: &Order) -> Done {
                body(order).await
            }

            async fn through_function(Json(order): Json<Order>) -> impl Responder {
                let (context, moved) = (Context::current(), order.clone());
                let done = web::block(move || context.enter(|| function(&moved))).await;
                answer(&order, done.unwrap_or_else(|panicked| Err(panicked.to_string())))
            }

            async fn through_method(Json(order): Json<Order>) -> impl Responder {
                answer(&order, Worker.work(&order).await)
            }

            async fn through_task(Json(order): Json<Order>) -> impl Responder {
                let moved = order.clone();
                let task = async move { within_limit(&moved, task(&moved)).await };
                let done = spawn(Context::current().scope(task)).await;
                answer(&order, done.unwrap_or_else(|panicked| Err(panicked.to_string())))
            }

            pub(super) fn routes(config: &mut ServiceConfig) {
                config
                    .route("/handler", web::post().to(handler))
                    .route("/function", web::post().to(through_function))
                    .route("/method", web::post().to(through_method))
                    .route("/task", web::post().to(through_task));
            }
        }
    )*

        /// Every shape with every durability.
        pub(super) fn routes(config: &mut ServiceConfig) {
            config$(.service(
                web::scope(concat!("/", stringify!($durability))).configure($durability::routes),
            ))*;
        }
    };
}

shapes!(queued synced write_ahead);

async fn body(order: &Order) -> Done {
    begin(order);
    while must_stay(order) {
        sleep(LOOK).await;
    }
    end(order)
}

fn blocking_body(order: &Order) -> Done {
    begin(order);
    while must_stay(order) {
        std::thread::sleep(LOOK);
    }
    end(order)
}

fn begin(order: &Order) {
    marks().set(Sign::Begun, &order.cell);
}

fn must_stay(order: &Order) -> bool {
    use Ending::{Gone, KilledInBody, Stopped, Timeout};
    let stays = matches!(order.ending, Gone | Timeout | Stopped | KilledInBody);
    stays && !marks().is_set(Sign::Go, &order.cell)
}

fn end(order: &Order) -> Done {
    match order.ending {
        Ending::Err => return Err("it broke".to_owned()),
        Ending::Denied => deny("role_missing"),
        Ending::Failed => fail("stale"),
        Ending::Panic => std::panic::panic_any(PANIC),
        _ => {}
    }
    Ok(())
}

/// A task goes on without its request, so that what limits the request does not limit it.
async fn within_limit(order: &Order, task: impl Future<Output = Done>) -> Done {
    match order.ending {
        // Its request must be given up first, or it would have an answer.
        Ending::Timeout => timeout(LIMIT + Duration::from_millis(200), task)
            .await
            .unwrap_or_else(|late| Err(late.to_string())),
        _ => task.await,
    }
}

fn answer(order: &Order, done: Done) -> HttpResponse {
    let status = match (done, order.ending) {
        (Err(_), _) => StatusCode::INTERNAL_SERVER_ERROR,
        (Ok(()), Ending::Denied) => StatusCode::FORBIDDEN,
        (Ok(()), Ending::Failed) => StatusCode::CONFLICT,
        (Ok(()), _) => StatusCode::OK,
    };
    HttpResponse::new(status)
}

fn marks() -> Marks {
    Marks::of(&process::journal())
}
