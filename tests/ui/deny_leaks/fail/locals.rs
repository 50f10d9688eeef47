//! A sensitive value is shown through a local variable, however it got there.

use std::collections::HashMap;

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact, Clone)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
    #[sensitive]
    codes: Vec<u32>,
    #[sensitive]
    token: Option<String>,
}

struct Json<T>(T);

#[deny_leaks]
fn copied(login: &Login) {
    let password = login.password.clone();
    println!("{password}");
    let text = password.as_str();
    println!("{}", text);
    let (name, code) = (&login.username, login.codes[0]);
    println!("{name} {code}");
}

#[deny_leaks]
fn destructured(login: Login) {
    let Login { username, password: secret, .. } = login;
    println!("{username} {secret}");
}

#[deny_leaks]
fn parameter(Json(Login { username, password, .. }): Json<Login>) {
    println!("{username} {password}");
}

#[deny_leaks]
fn conditional(login: &Login) {
    if let Some(token) = &login.token {
        println!("{token}");
    }
    let Login { token: Some(token), .. } = login else { return };
    println!("{token}");
    let mut left = vec![login.clone()];
    while let Some(Login { password, .. }) = left.pop() {
        println!("{password}");
    }
    if let Some(token) = &login.token
        && let Some(rest) = token.strip_prefix("Bearer ")
    {
        println!("{rest}");
    }
}

#[deny_leaks]
fn matched(login: Option<Login>) {
    match login {
        Some(Login { username, codes, .. }) if username.is_empty() => println!("{codes:?}"),
        Some(login) => match login.token {
            Some(token) => println!("{token}"),
            None => {}
        },
        None => {}
    }
}

#[deny_leaks]
fn closures(logins: &[Login]) {
    let show = |login: &Login| println!("{}", login.password);
    logins.iter().for_each(show);
    logins.iter().for_each(|Login { password, .. }| println!("{password}"));
    logins.iter().for_each(|login| println!("{}", login.password));
    let passwords: Vec<_> = logins.iter().map(|login| login.password.clone()).collect();
    println!("{passwords:?}");
    println!("{:?}", logins.iter().map(|login| &login.password).collect::<Vec<_>>());
}

#[deny_leaks]
fn captured(login: Login) {
    let password = login.password.clone();
    std::thread::spawn(move || println!("{password} {}", login.password));
}

#[deny_leaks]
async fn awaited(login: Login) {
    let password = async { login.password.clone() };
    println!("{}", password.await);
    async move { println!("{}", login.password) }.await;
}

#[deny_leaks]
fn assigned(login: &Login, flag: bool) {
    let late;
    let mut text = String::new();
    if flag {
        late = login.password.clone();
        text = late.clone();
    } else {
        late = String::new();
    }
    println!("{late}");
    println!("{text}");
}

#[deny_leaks]
fn looped(login: &Login, all: HashMap<u32, Login>) {
    for code in &login.codes {
        println!("{code}");
    }
    for (number, Login { password, .. }) in &all {
        println!("{number} {password}");
    }
    println!("{}", all[&1].password);
}

#[deny_leaks]
fn chosen(login: &Login, flag: bool) {
    let value = if flag { &login.password } else { &login.username };
    println!("{value}");
    let token = match &login.token {
        Some(token) => token.as_str(),
        None => "-",
    };
    println!("{token}");
}

fn main() {}
