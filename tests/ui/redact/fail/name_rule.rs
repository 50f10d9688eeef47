use audit_runtime::Redact;

#[derive(Redact)]
struct Account {
    password: String,
    stripe_api_key: u64,
    #[public]
    session_token: String,
    #[public(reason = "")]
    cookie: String,
    keyboard: u32,
    token_count: u32,
    wrong_password: bool,
    expired_tokens: Option<u64>,
    #[public]
    wrong_pin: String,
}

#[derive(Redact)]
struct Pin(u16);

#[derive(Redact)]
#[redact(default = "public")]
enum Credential {
    ApiKey(u64),
    Bearer { jwt: u64 },
}

fn main() {}
