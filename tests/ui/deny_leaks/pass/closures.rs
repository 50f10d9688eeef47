//! Programs that show what may be shown, in closures, threads and futures: each compiles as without the attribute.

#![deny(warnings)]
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::Mutex;

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

fn make<T: Default>() -> T {
    T::default()
}

fn want(_: &Login) {}

fn spawn<F: Future + Send + 'static>(_: F) {}

#[deny_leaks]
fn folded(all: &[Login]) -> u32 {
    all.iter().fold(0, |sum, x| {
        info!("{} {}", x.n, sum);
        sum + x.n
    })
}

#[deny_leaks]
fn filtered(all: Vec<Login>) -> usize {
    let m = all.into_iter().collect::<Vec<_>>();
    m.iter()
        .filter(|l| {
            info!(n = l.n);
            l.n > 1
        })
        .count()
}

#[deny_leaks]
fn closures_in_closures() {
    let f = |x: &Login| {
        let g = || info!("{}", x.n);
        g();
    };
    f(&Login::default());
}

#[deny_leaks]
async fn an_async_block(l: Arc<Login>) {
    let fut = async {
        info!("{}", l.n);
        l.n
    };
    let n = fut.await;
    info!("{n}");
}

#[deny_leaks]
async fn a_guard(l: Arc<Mutex<Login>>) {
    let n = {
        let g = l.lock().unwrap();
        info!("{}", g.n);
        g.n
    };
    info!("{n}");
}

#[deny_leaks]
fn a_question_in_a_closure(t: &[&str]) -> Option<u32> {
    let f = |i: usize| -> Option<u32> {
        let x = t.get(i)?.parse().ok()?;
        info!("{x}");
        Some(x)
    };
    let n = f(0)?;
    info!("{n}");
    Some(n)
}

#[deny_leaks]
fn grouped() {
    let mut m = BTreeMap::new();
    for l in [Login::default()] {
        m.entry(l.n).or_insert_with(Vec::new).push(l);
    }
    for (k, v) in &m {
        info!("{k} {}", v[0].n);
        for x in v {
            info!("{}", x.n);
        }
    }
}

#[deny_leaks]
fn sorted(v: &[Login]) {
    let mut v: Vec<_> = v.iter().collect();
    v.sort_by(|a, b| {
        info!("{} {}", a.n, b.n);
        a.n.cmp(&b.n)
    });
    v.dedup_by_key(|a| {
        info!("{}", a.n);
        a.n
    });
}

#[deny_leaks]
fn scoped_threads(v: Vec<Login>) {
    std::thread::scope(|s| {
        for l in &v {
            s.spawn(move || info!("{}", l.n));
        }
    });
}

#[deny_leaks]
fn an_error_in_a_closure(l: Login) -> Result<(), String> {
    let r = (|| -> Result<u32, String> {
        let n = u32::try_from(l.n).map_err(|e| format!("{e}"))?;
        info!("{n}");
        Ok(n)
    })();
    info!("{}", r?);
    Ok(())
}

#[deny_leaks]
fn summed(ls: &[Login]) {
    let s: u32 = ls.iter().map(|Login { n, .. }| n).sum();
    info!(s);
    let t = ls.iter().map(|l| l.n).sum();
    let u: u32 = t;
    info!(t, u);
}

#[audited(action = "ReadAll", on_unrecorded = fail_open)]
fn found(ls: &[Login]) -> Option<Login> {
    let found = ls
        .iter()
        .find(|l| {
            info!("{}", l.n);
            l.n == 1
        })
        .cloned();
    info!("{:?}", found.as_ref().map(|f| f.n));
    found
}

#[deny_leaks]
fn folded_into_a_map(all: &[Login]) {
    let m = all.iter().fold(HashMap::new(), |mut m, l| {
        let e = m.entry(l.n).or_insert((0, l));
        e.0 += 1;
        info!("{} {}", e.0, e.1.n);
        m
    });
    info!("{}", m.len());
}

#[deny_leaks]
fn tried(all: &[Login]) {
    let r = all.iter().try_fold(0u32, |a, l| {
        info!("{}", l.n);
        a.checked_add(l.n)
    });
    info!(?r);
}

#[deny_leaks]
fn told_within_a_closure() {
    let f = |x, y: &Login| {
        want(x);
        let x: &Login = x;
        info!("{} {}", x.n, y.n)
    };
    f(&make(), &make());
}

#[deny_leaks]
fn peeked(all: Vec<Login>) {
    let mut it = all.into_iter().peekable();
    while let Some(l) = it.next_if(|l| l.n > 1) {
        info!("{}", l.n);
    }
    if let Some(l) = it.peek() {
        info!("{}", l.n);
    }
}

#[deny_leaks]
fn in_a_lock() {
    let m = Mutex::new(None);
    *m.lock().unwrap() = Some(Login::default());
    if let Some(l) = m.lock().unwrap().as_ref() {
        info!("{}", l.n);
    }
}

#[deny_leaks]
fn through_a_channel() {
    let (tx, rx) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let l = Login::default();
        info!("{}", l.n);
        tx.send(l).unwrap();
    });
    while let Ok(l) = rx.recv() {
        info!("{}", l.n);
    }
}

#[deny_leaks]
fn a_closure_of_a_closure() {
    let c = |x: &Login| x.clone();
    let d = |x| c(x).n;
    info!("{}", d(&make()));
}

#[deny_leaks]
fn put_in_once() {
    let mut x = None;
    let y = x.get_or_insert_with(Login::default);
    info!("{}", y.n);
    info!("{}", x.as_ref().unwrap().n);
    info!("{}", x.map(|x| x.n).unwrap_or_default());
}

#[deny_leaks]
fn a_boxed_closure() -> Box<dyn Fn(&Login) -> String> {
    Box::new(|l| format!("{}", l.n))
}

#[deny_leaks]
fn broken_off(v: &[Login]) -> ControlFlow<u32> {
    v.iter().try_for_each(|l| {
        info!("{}", l.n);
        if l.n > 1 { ControlFlow::Break(l.n) } else { ControlFlow::Continue(()) }
    })
}

#[deny_leaks]
async fn an_async_closure(l: Arc<Login>) {
    let f = async |k: u32| {
        info!("{} {k}", l.n);
        l.n + k
    };
    let n = f(1).await;
    info!("{n}");
}

#[deny_leaks]
async fn a_spawned_part(l: Login) {
    let user = l.username.clone();
    spawn(async move {
        info!("{user} {}", l.n);
        let p = l.password;
        drop(p);
    });
}

#[deny_leaks]
fn a_part_is_borrowed(mut l: Login) {
    let user = &mut l.username;
    let log = || info!("{}", l.n);
    log();
    user.push('x');
}

#[deny_leaks]
fn a_part_is_moved() {
    let mut l: Login = make();
    let user = &mut l.username;
    let log = || info!("{}", l.n);
    log();
    user.push('x');
    let m = make();
    want(&m);
    let u = m.username;
    let log = || info!("{}", m.n);
    log();
    drop(u);
}

#[deny_leaks]
fn or_an_error(o: Option<&Login>) -> Result<u32, String> {
    let l = o.ok_or_else(|| format!("none {}", 1))?;
    (l.n > 1).then_some(l.n).ok_or_else(|| format!("{} is small", l.n))
}

#[deny_leaks]
fn chosen(a: &Login, b: &Login) {
    let [x, y] = [a, b];
    info!("{} {}", x.n, y.n);
    let (x, y) = if a.n > b.n { (a, b) } else { (b, a) };
    info!("{} {}", x.n, y.n);
    let z = std::cmp::max_by_key(a, b, |l| l.n);
    info!("{}", z.n);
}

#[audited(action = "ReadAll", on_unrecorded = fail_open)]
async fn recorded_behind_a_lock(ls: Arc<Mutex<HashMap<u32, Login>>>) -> Option<u32> {
    let n = {
        let map = ls.lock().ok()?;
        let l = map.get(&1)?;
        info!("{} {}", l.n, map.len());
        l.n
    };
    Some(n)
}

fn main() {}
