//! The service of the guide for newcomers: one audited handler, and its test.

use actix_web::web::{Json, Path};
use actix_web::{App, HttpResponse, HttpServer, post};
use audit_runtime::{AuditMiddleware, Redact, audited};

#[derive(serde::Deserialize, Redact)]
struct Payment {
    cents: u64,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    card: String,
}

#[audited(action = "PayOrder", target(Order, id = id), fields(payment))]
#[post("/orders/{id}/payments")]
async fn pay(id: Path<u64>, Json(payment): Json<Payment>) -> HttpResponse {
    if payment.cents == 0 || payment.card.len() < 12 {
        return HttpResponse::UnprocessableEntity().finish();
    }
    HttpResponse::Created().body(format!("order {id} is paid"))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recorder = audit_runtime::open("audit-journal")?;
    let address = std::env::var("LISTEN").unwrap_or("127.0.0.1:8080".into());
    HttpServer::new(|| App::new().service(pay).wrap(AuditMiddleware::new()))
        .bind(address)?
        .run()
        .await?;
    recorder.shutdown(std::time::Duration::from_secs(5))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};
    use audit_runtime::assert_audited;
    use audit_runtime::testing::Trail;

    use super::*;

    #[actix_web::test]
    async fn a_payment_is_recorded_without_its_card() {
        let trail = Trail::new();
        let audit = AuditMiddleware::new().recorder(trail.recorder());
        let service = init_service(App::new().service(pay).wrap(audit)).await;
        let payment = serde_json::json!({"cents": 500, "card": "4242424242424242"});
        let request = TestRequest::post().uri("/orders/7/payments").set_json(payment).to_request();
        let response = call_service(&service, request).await;
        assert_eq!(response.status(), 201);

        assert_audited!(
            trail,
            action = "PayOrder",
            outcome = success,
            target(Order, id = 7),
            fields(payment.cents = 500, payment.card = "[redacted]"),
            count = 1,
        );
        assert!(!trail.mentions("4242"));
    }
}
