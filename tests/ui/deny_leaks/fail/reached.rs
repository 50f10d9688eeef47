//! However a sensitive value is reached, and whatever hands it on, it is found where it is shown.

#![allow(unused)]

use std::collections::HashMap;
use std::path::Path;

use audit_runtime::{Redact, Sensitive, deny_leaks};

type Flag = bool;

#[derive(Redact, Clone, Default)]
struct Login {
    id: u64,
    #[sensitive]
    password: String,
    #[sensitive]
    token: Option<String>,
    #[sensitive]
    tries: Vec<usize>,
    #[sensitive]
    is_admin: Flag,
    #[sensitive]
    pin: u16,
}

#[derive(Redact)]
enum Secret {
    Token(#[sensitive] String),
    Name(#[public] String),
}

#[deny_leaks]
fn methods(login: &Login) {
    println!("{:?}", login.password.rsplit_once(':'));
    println!("{}", login.password.parse::<u64>().unwrap());
    println!("{}", login.password.parse::<u32>().unwrap() as usize);
    println!("{}", usize::from(login.pin));
    let pin: usize = login.pin.into();
    println!("{pin}");
    println!("{}", login.tries.iter().sum::<usize>());
    println!("{}", login.is_admin.clone());
    let upper = login.password.to_uppercase();
    std::thread::spawn(move || println!("{upper}"));
    let number = login.password.parse().unwrap();
    println!("{number}");
    let known: u8 = number;
}

#[deny_leaks]
fn functions(login: &Login, secret: &Sensitive<String>, perhaps: Option<&Sensitive<String>>) {
    println!("{:?}", login.token.as_ref().map(String::as_str));
    println!("{}", login.token.as_deref().map_or("-", str::trim));
    println!("{}", str::trim(&login.password));
    println!("{}", Path::new(&login.password).display());
    println!("{}", Sensitive::expose(secret));
    println!("{:?}", perhaps.map(Sensitive::expose));
    println!("{:?}", login.tries[0]..);
}

#[deny_leaks]
fn bases(all: &[Login], other: Option<Login>, flag: bool) {
    println!("{}", all.iter().find(|login| { login.id == 1 }).unwrap().password);
    println!("{}", all.iter().find(|login| matches!(login.id, 1 | 2)).unwrap().password);
    println!("{}", (if flag { &all[0] } else { &all[1] }).password);
    println!("{}", unsafe { &*all.as_ptr() }.password);
    println!("{}", other.unwrap_or_else(|| unreachable!()).password);
    let Login { password, .. } = match all {
        [] => return,
        [first, ..] => first,
    };
    println!("{password}");
}

#[deny_leaks]
fn alternatives(secret: &Secret) {
    match secret {
        Secret::Token(text) | Secret::Name(text) => println!("{text}"),
    }
}

#[deny_leaks]
fn conditions(login: &Login) {
    match login {
        #[cfg(all())]
        Login { password, .. } => println!("{password}"),
        #[cfg(not(all()))]
        Login { unknown, .. } => println!("{unknown}"),
    }
}

#[deny_leaks]
mod constants {
    use super::Login;

    static SHOW: fn(&Login) = |login| println!("{}", login.password);

    impl Login {
        const ALSO: fn(&Self) = |login: &Login| println!("{:?}", login.token);
    }
}

fn main() {}
