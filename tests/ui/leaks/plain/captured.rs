use audit_runtime::audited;

// row: secret-to-the-sink
#[audited(action = "LogIn", fields(password))]
fn log_in(password: String) -> Result<(), String> {
    drop(password);
    Ok(())
}

fn main() {
    let _ = log_in;
}
