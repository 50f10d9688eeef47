use audit_runtime::Sensitive;

fn main() {
    let password = Sensitive::from("hunter2".to_owned());
    let _ = password == "a guess";
    let _ = password != "a guess".to_owned();
    let _ = "a guess" == password;
    let _ = Sensitive::from(4711_u16) == 4711_u16;
    assert_eq!(password, "a guess");
}
