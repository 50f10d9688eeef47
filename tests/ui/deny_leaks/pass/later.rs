//! Values whose type only the statement tells that shows them: they are asked about behind it.

#![deny(warnings)]
#![allow(dead_code)]

use audit_runtime::{Redact, audited, deny_leaks};
use tracing::info;

#[derive(Redact, Clone, Default)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
    n: u32,
    next: Option<Box<Login>>,
}

#[derive(Redact, Clone, Default)]
struct Page<T> {
    items: Vec<T>,
    total: u32,
}

fn make<T: Default>() -> T {
    T::default()
}

fn want(_: &Login) {}

fn show(login: &Login, text: String) -> usize {
    login.username.len() + text.len()
}

fn run<R>(_: &Login, work: impl FnOnce() -> R) -> R {
    work()
}

fn find<T: Default>(_: u32) -> Option<T> {
    Some(T::default())
}

fn of_all(_: &[Login], _: String) {}

fn fill(_: &Page<Login>, work: impl Fn()) {
    work();
}

fn two(_: &(Login, u32), _: String) {}

struct Repo;

impl Repo {
    fn get<T: Default>(&self) -> Result<T, String> {
        Ok(T::default())
    }

    async fn load<T: Default>(&self) -> Result<T, String> {
        Ok(T::default())
    }
}

#[derive(serde::Deserialize)]
struct Wire {
    n: u32,
}

fn by_wire(_: &Wire, _: &str) {}

#[deny_leaks]
fn shown_beside_what_tells_the_type() {
    let x = make();
    show(&x, format!("{}", x.n));
}

#[deny_leaks]
fn shown_in_a_closure() {
    let x = make();
    run(&x, || info!("{}", x.n));
}

#[deny_leaks]
fn made_by_default() {
    let x = Default::default();
    run(&x, || info!("{}", x.n));
}

#[deny_leaks]
fn shown_in_the_last_expression() -> usize {
    let x = make();
    show(&x, format!("{}", x.n))
}

#[deny_leaks]
fn of_an_option() -> Option<usize> {
    let x = find(3)?;
    let r = show(&x, format!("{}", x.n));
    Some(r)
}

#[deny_leaks]
fn of_a_result() -> Result<usize, String> {
    let x = Repo.get()?;
    let y = show(&x, format!("{} {}", x.n, x.username)) + 1;
    Ok(y)
}

#[deny_leaks]
async fn of_a_future() -> Result<usize, String> {
    let x = Repo.load().await?;
    let y = show(&x, format!("{} {}", x.n, x.username)) + 1;
    Ok(y)
}

#[deny_leaks]
fn of_a_list() {
    let v = Vec::new();
    of_all(&v, format!("{}", v[0].n));
}

#[deny_leaks]
fn of_a_page() {
    let page = make();
    fill(&page, || info!("{}", page.total));
    for l in page.items {
        info!("{}", l.n);
    }
}

#[deny_leaks]
fn one_of_two() {
    let (a, b) = make();
    show(&a, format!("{}", a.n));
    let _: u32 = b;
}

#[deny_leaks]
fn a_part_of_a_pair() {
    let pair = make();
    two(&pair, format!("{} {}", pair.0.n, pair.1));
}

#[deny_leaks]
fn read_from_text(text: &str) -> Result<(), String> {
    let x = serde_json::from_str(text).map_err(|_| String::new())?;
    by_wire(&x, &format!("{}", x.n));
    Ok(())
}

#[deny_leaks]
fn of_an_assertion() {
    let x = make();
    assert!(show(&x, String::new()) > 1, "{}", x.n);
    assert_eq!(show(&x, String::new()), 2, "{}", x.n);
}

#[deny_leaks]
fn in_an_array() {
    let x = make();
    let a = [show(&x, String::new()).to_string(), format!("{}", x.n)];
    info!("{a:?}");
}

#[deny_leaks]
fn beside_it_in_one_macro() {
    let x = make();
    info!("{} {}", show(&x, String::new()), x.n);
}

#[audited(action = "ReadAll", on_unrecorded = fail_open)]
fn recorded() -> usize {
    let x = make();
    let r = show(&x, format!("{}", x.n));
    r
}

#[deny_leaks]
fn never_returns() -> ! {
    let x = make();
    want(&x);
    info!("{}", x.n);
    std::process::exit(show(&x, format!("{}", x.n)) as i32);
}

#[deny_leaks]
fn ends_the_process() -> u32 {
    let x = make();
    std::process::exit(show(&x, format!("{}", x.n)) as i32);
}

#[deny_leaks]
fn in_conditions() -> u32 {
    let x = make();
    if show(&x, format!("{}", x.n)) > 1 {
        return 1;
    }
    match show(&x, format!("{}", x.n)) {
        0 => {}
        _ => return 2,
    }
    3
}

#[deny_leaks]
fn in_a_let_else() {
    let x = make();
    let Some(y) = Some(show(&x, format!("{}", x.n))) else { return };
    info!("{y}");
}

#[deny_leaks]
fn under_a_condition() {
    let x = make();
    #[cfg(unix)]
    show(&x, format!("{}", x.n));
    #[cfg(windows)]
    show(&x, format!("{}", x.missing));
    want(&x);
}

#[deny_leaks]
fn returned() -> Result<usize, String> {
    let x = make();
    return Ok(show(&x, format!("{}", x.n)));
}

#[deny_leaks]
fn in_heads_of_loops() {
    let x = make();
    for i in 0..show(&x, format!("{}", x.n)) {
        info!("{i} {}", x.n);
    }
    while show(&x, format!("{}", x.n)) > 100 {
        info!("{}", x.n);
    }
}

#[deny_leaks]
fn from_two_closures() {
    let x = make();
    let y = make();
    [1, 2].iter().for_each(|n| {
        show(&x, format!("{} {n}", x.n));
        show(&y, format!("{}", y.n));
    });
}

#[deny_leaks]
fn a_part_is_borrowed_of_what_is_made() {
    let mut l = make();
    want(&l);
    let user = &mut l.username;
    let log = || info!("{}", l.n);
    log();
    user.push('x');
}

fn main() {}
