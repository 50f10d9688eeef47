use audit_runtime::Sensitive;

fn main() {
    let pin = Sensitive::from(4711_u16);
    println!("{:x}", pin);
    println!("{pin:#010b}");
    println!("{pin:e}");
    tracing::info!(pin = pin);
}
