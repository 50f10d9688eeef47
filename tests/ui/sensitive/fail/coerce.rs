use audit_runtime::Sensitive;

struct Plain {
    password: String,
}

fn takes(_: &str) {}

fn main() {
    let password = Sensitive::from("hunter2".to_owned());
    takes(&password);
    let _: String = password.clone().into();
    let _: &str = password.as_ref();
    let _ = password.len();
    let _ = password.replace("h", "");
    let _ = &password[1..];
    let _ = password + "x";
    let _ = *Sensitive::from("x");
    let _ = Sensitive::from(1_u8) + 1;
    let _ = Sensitive::from(1_u8).0;
    let _ = Plain { password };
}
