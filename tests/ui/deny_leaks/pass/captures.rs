//! What captures and borrows as without the attribute: nothing is captured, moved or borrowed more.

#![deny(warnings)]

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::thread;

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact, Clone, Default)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
    attempts: Vec<u32>,
}

fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    thread::spawn(work).join().unwrap()
}

fn send<T: Future + Send + 'static>(_future: T) {}

#[deny_leaks]
fn a_closure_borrows_only_a_part(mut login: Login) -> Login {
    let shown = || format!("{}", login.username);
    login.attempts.push(1);
    assert_eq!(shown(), "");
    login
}

#[deny_leaks]
fn a_closure_moves_only_a_part(login: Login) -> Vec<u32> {
    let moved = move || format!("{}", login.username);
    let rest = login.attempts;
    assert_eq!(moved(), "");
    rest
}

#[deny_leaks]
fn a_thread_takes_a_part_of_what_is_borrowed(login: &Login) -> usize {
    let Login { username, attempts, .. } = login.clone();
    spawn(move || println!("{username}"));
    attempts.len()
}

#[deny_leaks]
fn a_returned_closure_outlives_the_function<'a>(login: &'a Login) -> impl Fn() -> String + 'a {
    || format!("{} {}", login.username, login.attempts.len())
}

#[deny_leaks]
fn a_closure_is_called_twice() -> String {
    let login = Login::default();
    let password = login.password.clone();
    let twice = || {
        let copy = password.clone();
        println!("{}", copy.len());
        format!("{}", login.username)
    };
    twice() + &twice()
}

#[deny_leaks]
fn what_is_moved_away_may_have_been_shown(login: Login) {
    println!("{}", login.username);
    let Login { username, .. } = login;
    println!("{username}");
}

#[deny_leaks]
fn a_part_is_moved(login: Login) {
    let password = login.password;
    println!("{} {:?}", login.username, login.attempts);
    drop(password);
}

#[deny_leaks]
fn it_is_borrowed_mutably(login: &mut Login) {
    let attempts = &mut login.attempts;
    attempts.push(1);
    println!("{} {attempts:?}", login.username);
    attempts.push(2);
}

#[deny_leaks]
fn it_is_assigned_later(flag: bool) {
    let login;
    let name;
    if flag {
        login = Login::default();
        name = login.username.clone();
    } else {
        login = Login { username: "ada".into(), ..Login::default() };
        name = "nobody".to_owned();
    }
    let show = || println!("{} {name}", login.username);
    show();
    show();
}

#[deny_leaks]
fn the_type_becomes_known_in_the_closure() {
    fn take(login: &Login) -> usize {
        login.attempts.len()
    }
    let login = Default::default();
    let show = || {
        let count = take(&login);
        println!("{} {count}", login.username);
    };
    show();
}

#[deny_leaks]
fn it_is_locked(shared: Arc<Mutex<HashMap<u32, Login>>>) -> Option<String> {
    let mut all = shared.lock().unwrap();
    let first = all.get_mut(&1)?;
    first.attempts.push(3);
    println!("{}", first.username);
    println!("{}", all[&1].username);
    let mut shown = all.values().map(|login| login.username.clone());
    shown.next()
}

#[deny_leaks]
async fn futures_stay_send(login: Login) -> usize {
    let guard = Arc::new(Mutex::new(login));
    let name = { guard.lock().unwrap().username.clone() };
    println!("{name} {}", guard.lock().unwrap().username);
    async {}.await;
    let shared = guard.clone();
    let inner = async move { println!("{}", shared.lock().unwrap().username) };
    inner.await;
    let count = guard.lock().unwrap().attempts.len();
    println!("{count}");
    count
}

#[deny_leaks]
fn recursion<T: Debug + ?Sized>(depth: u32, value: &T, login: &Login) -> u32 {
    println!("{value:?} {}", login.username);
    'outer: loop {
        for attempt in &login.attempts {
            if *attempt > depth {
                break 'outer depth;
            }
            println!("{attempt}");
            if depth > 0 {
                return recursion(depth - 1, "unsized", login);
            }
            continue 'outer;
        }
        break 'outer 0;
    }
}

struct Borrowed<'a> {
    login: &'a Login,
    text: &'a str,
}

impl<'a> Borrowed<'a> {
    #[deny_leaks]
    fn later(&self) -> impl Fn() -> String + use<'a> {
        let Self { login, text } = *self;
        move || format!("{} {text}", login.username)
    }

    #[deny_leaks]
    fn own(&mut self) -> Result<u8, std::num::ParseIntError> {
        println!("{} {}", self.text, self.login.username);
        let parsed = self.text.parse::<u8>()?;
        self.text = "";
        Ok(parsed)
    }
}

#[deny_leaks]
fn a_name_is_used_again(login: Login) -> String {
    let password = login.password.clone();
    drop(password);
    let password = "none";
    println!("{password}");
    let mut text = login.password.clone();
    println!("{}", text.len());
    text = String::new();
    println!("{text}");
    if let Some(login) = login.username.strip_prefix("a") {
        println!("{login}");
    }
    let login = login.username;
    println!("{login}");
    login
}

macro_rules! twice {
    ($($what:tt)*) => {{
        $($what)*;
        $($what)*;
    }};
}

macro_rules! shadowed {
    ($value:expr) => {{
        let login = $value;
        println!("{}", login)
    }};
}

#[deny_leaks]
fn macros_of_the_user(login: &Login) {
    twice!(println!("{}", login.username));
    shadowed!(1);
    let list = vec![format!("{}", login.username)];
    println!("{list:?} {}", matches!(login.attempts.as_slice(), [1, ..]));
}

#[deny_leaks]
fn temporaries_live_as_long() {
    let text = format_args!("{}", String::from("a")).to_string();
    let list = [String::from("b")].iter().map(|text| format!("{text}")).collect::<Vec<_>>();
    let borrowed = match &list[..] {
        [] => &String::from("c"),
        [first, ..] => first,
    };
    println!("{text} {borrowed}");
}

#[deny_leaks]
unsafe fn raw(pointer: *const Login) -> usize {
    unsafe {
        println!("{}", (*pointer).username);
        let read = || println!("{}", (*pointer).username);
        read();
        (*pointer).attempts.len()
    }
}

#[deny_leaks]
fn closures_with_patterns(logins: &[Login]) {
    let names: Vec<&String> = logins.iter().map(|Login { username, .. }| username).collect();
    println!("{names:?}");
    logins.iter().enumerate().for_each(|(at, Login { username, .. })| println!("{at} {username}"));
    let sum = |(a, b): (u8, u8)| println!("{a} {b}");
    sum((1, 2));
}

fn main() {
    let login = Login::default();
    let logins = [login.clone()];
    send(futures_stay_send(login.clone()));
    it_is_borrowed_mutably(&mut a_closure_borrows_only_a_part(login.clone()));
    a_closure_moves_only_a_part(login.clone());
    a_thread_takes_a_part_of_what_is_borrowed(&login);
    a_returned_closure_outlives_the_function(&login)();
    a_closure_is_called_twice();
    what_is_moved_away_may_have_been_shown(login.clone());
    a_part_is_moved(login.clone());
    it_is_assigned_later(true);
    the_type_becomes_known_in_the_closure();
    it_is_locked(Arc::default());
    recursion(1, "", &login);
    let mut borrowed = Borrowed { login: &login, text: "1" };
    borrowed.later()();
    borrowed.own().unwrap();
    a_name_is_used_again(login.clone());
    macros_of_the_user(&login);
    temporaries_live_as_long();
    unsafe { raw(&login) };
    closures_with_patterns(&logins);
}
