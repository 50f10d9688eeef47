use audit_runtime::Sensitive;

fn main() {
    let password = Sensitive::from("hunter2".to_owned());
    println!("{}", password);
    println!("{password:>20}");
    let _ = format!("{}", &password);
    let _ = password.to_string();
    tracing::info!("{password}");
    tracing::info!(%password);
    panic!("{}", password);
}
