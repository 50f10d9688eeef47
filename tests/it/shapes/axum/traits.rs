//! Methods of async traits behind routes (shape 25).

use std::sync::Arc;

use async_trait::async_trait;
use audit_runtime::{Unrecorded, audited};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Serialize;
use tracing::instrument;

use super::super::Service;

const SERVICE: Service = Service::Axum(routes);

fn routes() -> Router {
    let api: Arc<dyn Api> = Arc::new(Pets { most: 5 });
    let traced = Arc::clone(&api);
    let create = move |metadata: Extension<Metadata>, id: Path<u32>| async move {
        answer(api.create_pet(metadata, id).await)
    };
    let feed = move |metadata: Extension<Metadata>, id: Path<u32>| async move {
        answer(traced.feed_pet(metadata, id).await)
    };
    Router::new()
        .route("/pets/{id}", post(create))
        .route("/pets/{id}/meals", post(feed))
        .layer(Extension(Metadata { tenant: "north" }))
}

fn answer(result: Result<PetAnswer, ApiError>) -> (StatusCode, Json<PetAnswer>) {
    match result {
        Ok(answer) => (StatusCode::OK, Json(answer)),
        Err(ApiError::Full) => (StatusCode::CONFLICT, Json(PetAnswer { id: 0 })),
        Err(ApiError::Unrecorded) => (StatusCode::SERVICE_UNAVAILABLE, Json(PetAnswer { id: 0 })),
    }
}

#[derive(Clone)]
struct Metadata {
    tenant: &'static str,
}

#[derive(Serialize)]
struct PetAnswer {
    id: u32,
}

enum ApiError {
    Full,
    Unrecorded,
}

impl From<Unrecorded> for ApiError {
    fn from(_: Unrecorded) -> Self {
        Self::Unrecorded
    }
}

/// What a generator writes of a description of the service.
#[async_trait]
trait Api: Send + Sync {
    async fn create_pet(
        &self,
        Extension(metadata): Extension<Metadata>,
        Path(id): Path<u32>,
    ) -> Result<PetAnswer, ApiError>;

    async fn feed_pet(
        &self,
        Extension(metadata): Extension<Metadata>,
        Path(id): Path<u32>,
    ) -> Result<PetAnswer, ApiError>;
}

struct Pets {
    most: u32,
}

impl Pets {
    fn find(&self, id: u32) -> Result<PetAnswer, ApiError> {
        if id > self.most { Err(ApiError::Full) } else { Ok(PetAnswer { id }) }
    }
}

#[async_trait]
impl Api for Pets {
    #[audited(
        action = "CreatePet",
        target(Pet, id = id),
        target(Tenant, id = metadata.tenant),
        fields(most = self.most)
    )]
    async fn create_pet(
        &self,
        Extension(metadata): Extension<Metadata>,
        Path(id): Path<u32>,
    ) -> Result<PetAnswer, ApiError> {
        tokio::task::yield_now().await;
        self.find(id)
    }

    #[audited(action = "FeedPet", target(Pet, id = id), target(Tenant, id = metadata.tenant))]
    #[instrument(skip_all)]
    async fn feed_pet(
        &self,
        Extension(metadata): Extension<Metadata>,
        Path(id): Path<u32>,
    ) -> Result<PetAnswer, ApiError> {
        self.find(id)
    }
}

#[test]
fn shape_25_methods_of_async_traits() {
    for (path, action) in [("", "CreatePet"), ("/meals", "FeedPet")] {
        let seen = SERVICE.ask(&format!("POST /pets/1{path}"), &[], "");
        assert_eq!(seen.told(), format!("200; {action} success anonymous Pet:1 Tenant:north"));
        let seen = SERVICE.ask(&format!("POST /pets/6{path}"), &[], "");
        assert_eq!(seen.told(), format!("409; {action} error anonymous Pet:6 Tenant:north"));
        SERVICE.refuses(&format!("POST /pets/1{path}"), &[], "");
    }
}
