use audit_runtime::audited;

#[audited(action = "Login", fields(password = password.len(), token_count))]
fn log_in(password: &str, token_count: u32) -> Result<(), String> {
    let _ = (password, token_count);
    Ok(())
}

fn main() {
    let _ = log_in;
}
