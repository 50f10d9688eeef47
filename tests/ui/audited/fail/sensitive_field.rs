use audit_runtime::audited;

struct Form {
    pin: u32,
    password: String,
}

#[audited(action = "Login", fields(password = password.len(), token_count))]
fn log_in(password: &str, token_count: u32) -> Result<(), String> {
    let _ = (password, token_count);
    Ok(())
}

#[audited(action = "Login", target(Reset, id = reset_token, name = form.password.clone()))]
fn target(form: &Form, reset_token: &str) -> Result<(), String> {
    let _ = (form, reset_token);
    Ok(())
}

#[audited(action = "Login", fields(digits = &form.pin, word = audit_runtime::public(&form.password)))]
fn renamed(form: &Form) -> Result<(), String> {
    let _ = form;
    Ok(())
}

#[audited(action = "Login", fields(#[public] digits = form.pin))]
fn without_a_reason(form: &Form) -> Result<(), String> {
    let _ = form;
    Ok(())
}

#[audited(action = "Login", target(Form, #[public(reason = " ")] id = form.pin))]
fn with_an_empty_reason(form: &Form) -> Result<(), String> {
    let _ = form;
    Ok(())
}

fn main() {
    let _ = (log_in, target, renamed, without_a_reason, with_an_empty_reason);
}
