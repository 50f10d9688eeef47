//! Programs that show what may be shown, by patterns, branches and loops: each compiles as without the attribute.

#![deny(warnings)]
#![allow(dead_code)]

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::Deref;
use std::pin::Pin;

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

trait Lend {
    type Out<'a>: std::fmt::Debug
    where
        Self: 'a;

    fn lend(&mut self) -> Self::Out<'_>;
}

#[repr(C, packed)]
struct Packed {
    a: u8,
    b: u32,
}

macro_rules! build {
    ($n:expr) => {
        Login { n: $n, ..Default::default() }
    };
}

macro_rules! show {
    ($($value:expr),*) => {
        $(info!("{}", $value);)*
    };
}

#[deny_leaks]
fn turned_into(s: &str) -> Box<str> {
    let x = s.into();
    info!(%x);
    x
}

#[deny_leaks]
fn collected(all: Vec<Login>) -> HashMap<u32, Login> {
    let m = all.into_iter().map(|l| (l.n, l)).collect();
    info!(?m);
    m
}

#[deny_leaks]
fn numbers_without_a_type() {
    let x = 5;
    info!("{}", x.max(3));
    let y = 2.0;
    info!("{}", f64::powi(y, 2));
    let z = 1;
    info!("{} {}", i64::pow(z, 2), z);
}

#[deny_leaks]
fn of_any_type<T: std::fmt::Debug>(t: T) {
    info!("{:?}", t);
}

#[deny_leaks]
fn of_an_opaque_type(t: impl AsRef<str>) {
    info!("{}", t.as_ref());
}

#[deny_leaks]
fn of_a_length<const N: usize>(t: [Login; N]) {
    for (i, x) in t.iter().enumerate() {
        info!("{i} {} {}", x.n, N);
    }
}

#[deny_leaks]
fn slice_patterns(t: &[Login]) {
    if let [first, .., last] = t {
        info!("{} {}", first.n, last.n);
    }
    if let [a, rest @ ..] = t {
        info!("{} {}", a.n, rest.len());
    }
}

#[deny_leaks]
fn let_else(t: Option<Login>) -> u32 {
    let Some(l) = t else {
        info!("none");
        return 0;
    };
    info!("{}", l.n);
    l.n
}

#[deny_leaks]
fn matches_of(t: Option<Login>) {
    info!("{}", matches!(t, Some(ref l) if l.n > 1));
    assert!(matches!(&t, Some(Login { n, .. }) if *n < 9), "{t:?}");
}

#[deny_leaks]
fn a_labelled_block(t: &Login) {
    let r = 'a: {
        if t.n > 1 {
            break 'a t.n;
        }
        info!("{}", t.n);
        0
    };
    info!("{r}");
}

#[deny_leaks]
fn shadowed(l: Login) {
    let l = l.n;
    info!("{l}");
    let l = l.to_string();
    info!("{l}");
    let l = (l.len(), l);
    info!("{} {}", l.0, l.1);
}

#[deny_leaks]
fn raw_names(r#type: Login) {
    let r#match = r#type.n;
    info!("{} {}", r#match, r#type.n);
    println!("{type:?}");
}

#[deny_leaks]
fn a_loop_with_a_value(mut l: Vec<Login>) {
    let x = loop {
        match l.pop() {
            Some(x) if x.n > 1 => break x,
            Some(x) => info!("{}", x.n),
            None => return,
        }
    };
    info!("{}", x.n);
}

#[deny_leaks]
fn an_empty_list() {
    let mut v = Vec::new();
    v.push(Login::default());
    info!("{}", v[0].n);
    let w: &Vec<Login> = &v;
    info!("{}", w.len());
}

#[deny_leaks]
fn found_at_last() {
    let mut best = None;
    for l in [Login::default()] {
        best = Some(l);
    }
    if let Some(b) = &best {
        info!("{}", b.n);
    }
    info!("{}", best.map_or(0, |b| b.n));
}

#[deny_leaks]
fn an_entry() {
    let mut m = HashMap::new();
    m.entry(1).or_insert_with(Login::default).n += 1;
    info!("{}", m[&1].n);
}

#[deny_leaks]
fn parted(v: &[Login]) {
    let (a, b): (Vec<_>, Vec<_>) = v.iter().partition(|l| l.n > 1);
    info!("{} {}", a.len(), b.len());
    for x in a.iter().chain(&b) {
        info!("{}", x.n);
    }
}

#[deny_leaks]
fn parts_by_reference(l: &mut Login) {
    let r = &mut l.n;
    *r += 1;
    info!("{}", r);
    let b = &mut l.next;
    if let Some(x) = b.as_mut() {
        x.n = 1;
        info!("{}", x.n);
    }
}

#[deny_leaks]
fn a_chain(l: &Login) {
    let mut cur = Some(l);
    while let Some(c) = cur {
        info!("{}", c.n);
        cur = c.next.as_deref();
    }
}

#[deny_leaks]
fn lent<L: Lend>(mut l: L) {
    let o = l.lend();
    info!("{o:?}");
    drop(o);
    let o = l.lend();
    info!(?o);
}

#[deny_leaks]
fn built_by_a_macro() {
    let l = build!(3);
    info!("{}", l.n);
    info!("{}", build!(4).n);
    let Login { n, .. } = build!(5);
    info!("{n}");
}

#[deny_leaks]
fn shown_by_a_macro(l: &Login) {
    show!(l.n, l.username);
}

#[deny_leaks]
fn the_best() {
    let mut best = None;
    for l in [Login::default()] {
        best = match best {
            None => Some(l),
            Some(b) if l.n > b.n => {
                info!("{}", b.n);
                Some(l)
            }
            b => b,
        };
    }
}

#[deny_leaks]
fn packed(p: &Packed) {
    info!("{} {}", { p.b }, p.a);
    let b = p.b;
    info!("{b}");
}

#[deny_leaks]
fn behind_a_pointer(l: *const Login) {
    if let Some(l) = unsafe { l.as_ref() } {
        info!("{}", l.n);
    }
    info!("{}", unsafe { (*l).n });
}

#[deny_leaks]
fn pinned(l: Pin<&mut Login>) {
    info!("{}", l.n);
    let r = l.get_mut();
    info!("{}", r.n);
}

#[deny_leaks]
fn of_an_unknown_type(l: &dyn std::any::Any) {
    if let Some(l) = l.downcast_ref::<Login>() {
        info!("{}", l.n);
    }
}

#[deny_leaks]
fn an_item_within(l: Login) -> impl Display {
    struct S(u32);
    impl Display for S {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.0)
        }
    }
    S(l.n)
}

#[deny_leaks]
fn of_what_leads_to_it<T>(v: &[T])
where
    T: Deref<Target = Login>,
{
    for x in v {
        info!("{}", x.n);
    }
    v.iter().for_each(|x| info!("{}", x.username));
}

#[deny_leaks]
fn bound_twice(l: &Login) {
    let n @ 0..=9 = l.n else {
        info!("{}", l.n);
        return;
    };
    info!("{n}");
    let x @ Login { n: m, .. } = l;
    info!("{m} {}", x.n);
}

#[deny_leaks]
fn through_an_iterator_of_results(
    mut it: impl Iterator<Item = Result<Login, String>>,
) -> Result<Vec<u32>, String> {
    let mut out = vec![];
    while let Some(l) = it.next().transpose()? {
        info!("{}", l.n);
        out.push(l.n);
    }
    Ok(out)
}

#[deny_leaks]
fn in_windows() {
    let v = std::iter::successors(Some(Login::default()), |l| l.next.as_deref().cloned())
        .collect::<Vec<_>>();
    for w in v.windows(2) {
        info!("{} {}", w[0].n, w[1].n);
    }
    for c in v.chunks(2) {
        if let [a, b] = c {
            info!("{} {}", a.n, b.n);
        }
    }
    if let Some((h, t)) = v.split_first() {
        info!("{} {}", h.n, t.len());
    }
}

#[audited(action = "ReadAll", on_unrecorded = fail_open)]
fn recorded_in_a_loop(ls: &[Login]) -> Vec<String> {
    let mut out = Vec::new();
    let mut last = None;
    for l in ls {
        if last != Some(l.n) {
            last = Some(l.n);
            out.push(format!("{} {:?}", l.n, last));
        }
    }
    out
}

fn main() {}
