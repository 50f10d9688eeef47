//! What is audited: four shapes with each durability, and bodies that end as they are told.

use std::time::Duration;

use audit_runtime::{deny, fail};
use tokio::time::{sleep, timeout};

use super::grid::{Ending, Order};
use super::marks::{LOOK, Marks, Sign};
use super::process;
use super::service::LIMIT;

/// What panics say, so that their hook knows them.
pub(super) const PANIC: &str = "as the matrix wants it";

/// What answers say, besides their status.
pub(super) const ANSWER: &str = "done";

/// How the work of an order ended; an error can say that the action was refused.
pub(super) type Done = Result<(), String>;

/// What the trait method belongs to.
pub(super) trait Work {
    async fn work(&self, order: &Order) -> Done;
}

/// The four shapes with each durability, and their routes, for the framework whose module asks.
///
/// That module says what the framework has for it: the extractor `Json`, the types `Answer`,
/// `Failure` and `Routes`, and the functions `answered`, `broken`, `on_thread`, `in_task`,
/// `no_routes` and `post`.
macro_rules! shapes {
    ($($durability:ident)*) => {
        $(mod $durability {
            use audit_runtime::{Context, audited};

            use super::super::grid::Order;
            use super::super::shapes::{Done, Work, blocking_body, body, status, within_limit};
            use super::{
                Answer, Failure, Json, Routes, answered, broken, in_task, no_routes, on_thread, post,
            };

            #[audited(action = "RunHandler", durability = $durability)]
            async fn handler(Json(order): Json<Order>) -> Result<Answer, Failure> {
                body(&order).await.map_err(broken)?;
                Ok(answered(status(&order, Ok(()))))
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

            async fn through_function(Json(order): Json<Order>) -> Answer {
                let (context, moved) = (Context::current(), order.clone());
                let done = on_thread(move || context.enter(|| function(&moved))).await;
                answered(status(&order, done))
            }

            async fn through_method(Json(order): Json<Order>) -> Answer {
                answered(status(&order, Worker.work(&order).await))
            }

            async fn through_task(Json(order): Json<Order>) -> Answer {
                let moved = order.clone();
                let task = async move { within_limit(&moved, task(&moved)).await };
                let done = in_task(Context::current().scope(task)).await;
                answered(status(&order, done))
            }

            pub(super) fn routes() -> Routes {
                no_routes()
                    .route("/handler", post(handler))
                    .route("/function", post(through_function))
                    .route("/method", post(through_method))
                    .route("/task", post(through_task))
            }
        })*

        /// Every shape with every durability, and where it is.
        fn shapes() -> impl Iterator<Item = (&'static str, Routes)> {
            [$((concat!("/", stringify!($durability)), $durability::routes())),*].into_iter()
        }
    };
}

pub(super) use shapes;

pub(super) async fn body(order: &Order) -> Done {
    begin(order);
    while must_stay(order) {
        sleep(LOOK).await;
    }
    end(order)
}

pub(super) fn blocking_body(order: &Order) -> Done {
    begin(order);
    while must_stay(order) {
        std::thread::sleep(LOOK);
    }
    end(order)
}

/// A task goes on without its request, so that what limits the request does not limit it.
pub(super) async fn within_limit(order: &Order, task: impl Future<Output = Done>) -> Done {
    match order.ending {
        // Its request must be given up first, or it would have an answer.
        Ending::Timeout => timeout(LIMIT + Duration::from_millis(200), task)
            .await
            .unwrap_or_else(|late| Err(late.to_string())),
        _ => task.await,
    }
}

/// What the answer to an order says of it.
pub(super) fn status(order: &Order, done: Done) -> u16 {
    match (done, order.ending) {
        (Err(_), _) => 500,
        (Ok(()), Ending::Denied) => 403,
        (Ok(()), Ending::Failed) => 409,
        (Ok(()), _) => 200,
    }
}

fn begin(order: &Order) {
    marks().set(Sign::Begun, &order.cell);
}

fn must_stay(order: &Order) -> bool {
    use Ending::{Closed, Dropped, KilledInBody, Reset, Stopped, Timeout};
    let stays = matches!(order.ending, Reset | Closed | Timeout | Stopped | Dropped | KilledInBody);
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

fn marks() -> Marks {
    Marks::of(&process::journal())
}
