//! The event that is measured: one update with ten captured fields, inside a request's context.

use audit_runtime::{
    Actor, Context, CorrelationId, Durability, Event, Operation, Origin, Redact, Target,
    TraceContext, public,
};

pub(crate) const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0";
pub(crate) const CORRELATION_ID: &str = "8f14e45f-ceea-467f-a8f0-2b6f0c1d9a3e";
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What a handler was called with.
pub(crate) struct Input {
    pub(crate) account: u64,
    pub(crate) quota: u32,
    pub(crate) active: bool,
    pub(crate) balance: i64,
    pub(crate) ratio: f64,
    pub(crate) currency: String,
    pub(crate) region: String,
    pub(crate) reference: String,
    pub(crate) note: String,
    pub(crate) login: Login,
}

/// A request body with a secret in it.
#[derive(Redact)]
pub(crate) struct Login {
    #[public]
    pub(crate) email: String,
    #[sensitive]
    #[expect(dead_code, reason = "a secret that nothing may read")]
    pub(crate) password: String,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self {
            account: 4_711_000_815,
            quota: 250,
            active: true,
            balance: -1_250,
            ratio: 0.375,
            currency: "EUR".into(),
            region: "eu-central-1".into(),
            reference: "INV-2026-000042".into(),
            note: "raised after the yearly review with finance".into(),
            login: Login {
                email: "ada@example.com".into(),
                password: "correct horse battery staple".into(),
            },
        }
    }
}

/// What middleware knows of the request, once for all that is recorded inside it.
pub(crate) fn context() -> Context {
    let mut context = Context::new()
        .actor(Actor::user(String::from("42")).named(String::from("ada")).role("admin"))
        .origin(Origin::peer(([203, 0, 113, 9], 49_152).into()).user_agent(USER_AGENT));
    if let Some(id) = CorrelationId::from_client(CORRELATION_ID) {
        context = context.correlation_id(id);
    }
    if let Some(trace) = TraceContext::parse(TRACEPARENT) {
        context = context.trace(trace);
    }
    context
}

pub(crate) fn event(input: &Input) -> Event {
    Event::activity("UpdateAccount")
        .operation(Operation::Update)
        .target(Target::new("Account", input.account))
        .field("account", &input.account)
        .field("quota", &input.quota)
        .field("active", &input.active)
        .field("balance", &input.balance)
        .field("ratio", &input.ratio)
        .field("currency", &public(&input.currency))
        .field("region", &public(&input.region))
        .field("reference", &public(&input.reference))
        .field("note", &public(&input.note))
        .field("login", &input.login)
        .durability(Durability::Queued)
        .succeeded()
}
