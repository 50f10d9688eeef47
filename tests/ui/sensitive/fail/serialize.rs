use audit_runtime::Sensitive;
use serde::Serialize;

#[derive(Serialize)]
struct Login {
    user: u64,
    password: Sensitive<String>,
}

#[derive(Serialize)]
struct Tokens(Vec<Option<Sensitive<String>>>);

fn main() {
    let password = Sensitive::from("hunter2".to_owned());
    let _ = serde_json::to_string(&password);
    let _ = serde_json::json!({ "password": password });
}
