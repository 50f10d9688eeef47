//! One route with many actions (shape 17).

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, ServiceConfig};
use async_graphql::{EmptySubscription, InputObject, Object, Request, Response};
use audit_runtime::{Redact, Unrecorded, audited};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{JSON, Service};

const SERVICE: Service = Service::Actix(routes);

fn routes(config: &mut ServiceConfig) {
    let graph = async_graphql::Schema::new(Query, Mutation, EmptySubscription);
    config
        .app_data(Data::new(Schema))
        .app_data(Data::new(graph))
        .route("/rpc", web::post().to(run))
        .route("/graphql", web::post().to(execute));
}

/// What the route answers; its methods are the actions.
struct Schema;

#[derive(Deserialize)]
struct Call {
    method: String,
    params: Value,
}

#[derive(Deserialize, InputObject, Redact)]
struct NewUser {
    id: u32,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
}

#[derive(Debug)]
enum RpcError {
    NoSuchMethod,
    WrongParameters,
    Exists,
    Unrecorded,
}

impl From<Unrecorded> for RpcError {
    fn from(_: Unrecorded) -> Self {
        Self::Unrecorded
    }
}

impl From<serde_json::Error> for RpcError {
    fn from(_: serde_json::Error) -> Self {
        Self::WrongParameters
    }
}

impl Schema {
    #[audited(action = "CreateUser", target(User, id = user.id), fields(user))]
    async fn create_user(&self, user: NewUser) -> Result<Value, RpcError> {
        match user.id {
            7 => Err(RpcError::Exists),
            id => Ok(json!({ "id": id, "length": user.password.len() })),
        }
    }

    #[audited(action = "DeleteUser", target(User, id = id))]
    async fn delete_user(&self, id: u32) -> Result<Value, RpcError> {
        Ok(json!(id))
    }

    async fn call(&self, call: Call) -> Result<Value, RpcError> {
        match call.method.as_str() {
            "createUser" => self.create_user(serde_json::from_value(call.params)?).await,
            "deleteUser" => self.delete_user(serde_json::from_value(call.params)?).await,
            _ => Err(RpcError::NoSuchMethod),
        }
    }
}

async fn run(schema: Data<Schema>, Json(calls): Json<Vec<Call>>) -> HttpResponse {
    let mut answers = Vec::new();
    for call in calls {
        answers.push(match schema.call(call).await {
            Ok(result) => json!({ "result": result }),
            Err(error) => json!({ "error": format!("{error:?}") }),
        });
    }
    HttpResponse::Ok().json(answers)
}

#[test]
fn shape_17_one_route_with_many_actions() {
    let body = r#"[{"method":"createUser","params":{"id":3,"password":"correct horse"}},
                   {"method":"deleteUser","params":3},
                   {"method":"createUser","params":{"id":7,"password":"correct horse"}},
                   {"method":"dropAll","params":null}]"#;
    let seen = SERVICE.ask("POST /rpc", &[JSON], body);
    let expected = "200; CreateUser success anonymous User:3; DeleteUser success anonymous User:3; \
                    CreateUser error anonymous User:7";
    assert_eq!(seen.told(), expected);
    assert_eq!(seen.access["outcome"], "success");
    assert!(!seen.records_say("correct horse"));
    // The answer to each call is its own, and so is what it says of a refusal.
    let answer = SERVICE.unrecorded("POST /rpc", &[JSON], body);
    assert_eq!(answer.matches("Unrecorded").count(), 3, "{answer}");
}

type Graph = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The resolvers of GraphQL, each of which is an action of its own.
struct Query;
struct Mutation;

#[Object]
impl Query {
    #[audited(action = "ReadUser", target(User, id = id))]
    async fn user(&self, id: u32) -> Option<u32> {
        Some(id).filter(|id| *id != 7)
    }
}

#[Object]
impl Mutation {
    #[audited(action = "InviteUser", target(User, id = user.id), fields(user))]
    async fn invite_user(&self, user: NewUser) -> async_graphql::Result<usize> {
        match user.id {
            7 => Err("exists".into()),
            _ => Ok(user.password.len()),
        }
    }
}

async fn execute(graph: Data<Graph>, Json(request): Json<Request>) -> Json<Response> {
    Json(graph.execute(request).await)
}

#[test]
fn shape_17_the_resolvers_of_graphql() {
    let query = "mutation { a: inviteUser(user: {id: 3, password: \"correct horse\"}) \
                 b: inviteUser(user: {id: 7, password: \"correct horse\"}) }";
    let body = json!({ "query": query }).to_string();
    let seen = SERVICE.ask("POST /graphql", &[JSON], &body);
    let expected = "200; InviteUser success anonymous User:3; InviteUser error anonymous User:7";
    assert_eq!(seen.told(), expected);
    assert!(!seen.records_say("correct horse"));
    let seen = SERVICE.ask("POST /graphql", &[JSON], r#"{"query":"{ user(id: 4) }"}"#);
    assert_eq!(seen.told(), "200; ReadUser success anonymous User:4");
    // The resolver is refused, and the graph answers with its error.
    let answer = SERVICE.unrecorded("POST /graphql", &[JSON], &body);
    // Times and ids of the head have any digits.
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(body.contains("errors") && !body.contains("13"), "{body}");
}
