//! What only speaks about a secret is told by its type, and is shown as without the attribute.

#![deny(warnings)]
#![allow(dead_code)]

use std::array::TryFromSliceError;
use std::char::{CharTryFromError, ParseCharError};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::AddrParseError;
use std::num::{ParseFloatError, ParseIntError, TryFromIntError};
use std::ops::Range;
use std::str::{ParseBoolError, Utf8Error};

use audit_runtime::{Redact, Sensitive, deny_leaks};

#[derive(Redact, Clone, Default)]
struct Login {
    id: u64,
    #[public]
    username: String,
    #[sensitive]
    password: String,
    #[sensitive]
    token: Option<String>,
}

trait Check {
    fn matches_hash(&self, hash: &str) -> bool;
    fn strength(&self) -> Ordering;
    fn made<T: Default>(&self) -> T;
    fn told<T>(&self) -> Option<T>;
}

impl Check for String {
    fn matches_hash(&self, hash: &str) -> bool {
        self == hash
    }

    fn strength(&self) -> Ordering {
        self.as_str().cmp("n")
    }

    fn made<T: Default>(&self) -> T {
        T::default()
    }

    fn told<T>(&self) -> Option<T> {
        None
    }
}

#[deny_leaks]
fn found(login: &Login, secret: &Sensitive<String>) {
    println!("{:?} {:?}", login.password.find(':'), login.password.rfind(|letter| letter == 'x'));
    if let Some(at) = login.password.find(':') {
        println!("{at}");
    }
    let Some(at) = secret.expose().find(':') else { return };
    println!("{at} {:?}", 0..at);
    assert_eq!(login.password.find(':'), Some(at), "{}", login.username);
}

#[deny_leaks]
fn compared(login: &Login, all: &[Login]) {
    let is_right = login.password.matches_hash("abc");
    println!("{is_right} {:?}", login.password.strength());
    match login.password.strength() {
        Ordering::Less => println!("weak"),
        other => println!("{other:?}"),
    }
    all.iter().for_each(|Login { password, .. }| println!("{}", password.matches_hash("abc")));
    let longest = all.iter().max_by_key(|login| login.password.clone()).unwrap();
    println!("{}", longest.username);
}

#[deny_leaks]
fn a_type_stays_open(login: &Login) -> usize {
    let made = login.password.made();
    println!("{made}");
    let count = login.password.chars().fold(0, |n, c| n + u32::from(c.is_numeric()));
    println!("{count}");
    made
}

#[deny_leaks]
fn not_read(login: &Login) {
    match login.password.parse::<u32>() {
        Ok(_) => println!("a number"),
        Err(error) => println!("{error}"),
    }
    let kind = login.token.as_ref().map_or(0, String::len);
    println!("{kind} {:?}", login.token.as_ref().map(String::is_empty));
}

#[deny_leaks]
fn of_each_type(Login { password, .. }: Login) {
    println!("{:?} {:?}", password.told::<()>(), password.told::<bool>());
    println!("{:?} {:?}", password.told::<usize>(), password.told::<isize>());
    println!("{:?} {:?}", password.told::<Ordering>(), password.told::<fmt::Error>());
    println!("{:?} {:?}", password.told::<AddrParseError>(), password.told::<Utf8Error>());
    println!("{:?} {:?}", password.told::<ParseBoolError>(), password.told::<ParseCharError>());
    println!("{:?} {:?}", password.told::<ParseFloatError>(), password.told::<ParseIntError>());
    println!("{:?} {:?}", password.told::<TryFromIntError>(), password.told::<CharTryFromError>());
    println!("{:?} {:?}", password.told::<TryFromSliceError>(), password.told::<&mut usize>());
    println!("{:?}", password.told::<Result<(bool, &usize), Range<usize>>>());
}

#[deny_leaks]
fn put(login: &Login, mut text: String) {
    let mut seen = HashSet::new();
    let is_new = seen.insert(login.password.clone());
    println!("{is_new} {}", seen.len());
    let mut users = HashMap::new();
    users.insert(login.password.clone(), login.clone());
    for (_, user) in &users {
        println!("{} {}", user.username, user.id);
    }
    text.push_str(&login.password);
    text.clear();
    println!("{text}");
    let mut pair = (1, String::new());
    pair.1 = login.password.clone();
    println!("{} {}", pair.0, pair.1.len());
}

#[deny_leaks]
async fn held(login: &Login) {
    tokio::select! {
        biased;
        at = async { login.password.find(':') } => println!("{at:?}"),
        _ = async {}, if login.id > 1 => { println!("{}", login.username) }
        else => {}
    }
    println!("{}", matches!(&login.token, Some(token) if token.len() > 3));
    println!("{:?}", vec![0_u8; login.password.len()]);
}

#[deny_leaks]
mod constants {
    pub(crate) const COUNT: usize = 3;
    pub(crate) static SHOW: fn(&super::Login) =
        |login| println!("{} {:?}", login.username, login.password.find(':'));
}

fn main() {
    let login = Login::default();
    found(&login, &Sensitive::from(String::new()));
    compared(&login, &[login.clone()]);
    a_type_stays_open(&login);
    not_read(&login);
    of_each_type(login.clone());
    put(&login, String::new());
    drop(held(&login));
    (constants::SHOW)(&login);
    println!("{}", constants::COUNT);
}
