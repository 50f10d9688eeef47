//! A sensitive value is put where it was not when the variable was declared.

#![allow(unused)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact, Clone)]
struct Login {
    #[sensitive]
    password: String,
    #[sensitive]
    pin: u32,
}

#[derive(Debug, Default)]
struct Form {
    name: String,
    secret: String,
}

#[deny_leaks]
fn taken_apart(login: &Login) {
    let (mut first, mut second) = (String::new(), 0);
    (first, second) = (login.password.clone(), 1);
    println!("{first} {second}");
    let number;
    Login { pin: number, .. } = login.clone();
    println!("{number}");
}

#[deny_leaks]
fn parts(login: &Login) {
    let mut pair = (String::new(), 1);
    pair.0 = login.password.clone();
    println!("{} {}", pair.0, pair.1);
    println!("{pair:?}");
    let mut list = [String::new()];
    list[0] = login.password.clone();
    println!("{}", list[0]);
    let mut form = Form::default();
    form.secret = login.password.clone();
    println!("{} {}", form.name, form.secret);
}

#[deny_leaks]
fn in_arms(login: &Login, kind: u8) {
    let mut text = String::new();
    match kind {
        1 => text = login.password.clone(),
        2 => text.clear(),
        _ => text = String::new(),
    }
    println!("{text}");
}

#[deny_leaks]
fn references(login: &Login) {
    let mut text = String::new();
    let target = &mut text;
    *target = login.password.clone();
    println!("{text}");
    let cell = RefCell::new(String::new());
    *cell.borrow_mut() = login.password.clone();
    println!("{cell:?}");
}

#[deny_leaks]
fn exchanged(login: &mut Login) {
    let old = mem::replace(&mut login.password, String::new());
    println!("{old}");
    let mut mine = String::new();
    mem::swap(&mut mine, &mut login.password);
    println!("{mine}");
}

#[deny_leaks]
fn filled(login: &Login) {
    let mut list = Vec::new();
    list.push(login.password.clone());
    println!("{list:?}");
    let mut map = HashMap::new();
    map.entry("password").or_insert(login.password.clone());
    println!("{}", map["password"]);
    let mut text = String::new();
    text.extend(login.password.chars());
    println!("{text}");
    let mut perhaps = None;
    perhaps.get_or_insert(login.password.clone());
    println!("{perhaps:?}");
}

fn main() {}
