//! Types that only the use of a value tells: they are asked about, and stay as open as they were.

#![deny(warnings)]
#![allow(dead_code)]

use std::collections::HashMap;
use std::ops::Deref;

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact, Clone, Default)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
}

#[derive(Redact, Default)]
struct Page<T> {
    items: Vec<T>,
    #[sensitive]
    cursor: String,
}

struct Json<T>(T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

enum Either<L, R> {
    Left(L),
    Right(R),
}

fn make<T: Default>() -> T {
    T::default()
}

fn extract<T: Default>() -> Option<Json<T>> {
    Some(Json(T::default()))
}

fn either<L: Default, R>() -> Either<L, R> {
    Either::Left(L::default())
}

fn count(items: &[u32]) -> usize {
    items.len()
}

struct Pool;

impl Pool {
    async fn one<T: Default>(&self) -> Result<T, ()> {
        Ok(T::default())
    }
}

#[deny_leaks]
fn destructured() -> usize {
    let Page { items, cursor: _ } = make();
    println!("{items:?}");
    let Json(inner) = extract().unwrap();
    println!("{inner:?}");
    let (first, Json(second)) = (1, Json(make()));
    println!("{first} {second}");
    let third: u8 = second;
    count(&items) + count(inner) + usize::from(third)
}

#[deny_leaks]
fn matched() -> usize {
    match extract() {
        Some(Json(number)) => {
            println!("{number}");
            count(&[number])
        }
        None => 0,
    }
}

#[deny_leaks]
fn chosen() -> usize {
    if let Either::Left(left) = either::<_, u8>() {
        println!("{left:?}");
        return count(left);
    }
    match either::<u32, _>() {
        Either::Left(left) => println!("{left}"),
        Either::Right(right) => {
            println!("{right:?}");
            return count(right);
        }
    }
    while let Some(Json(Page { items, .. })) = extract() {
        println!("{items:?}");
        return count(&items);
    }
    for Json(number) in [extract().unwrap()] {
        println!("{number}");
        return count(&[number]);
    }
    0
}

#[deny_leaks]
async fn awaited(pool: &Pool) -> Result<usize, ()> {
    let Page { items, .. } = pool.one().await?;
    println!("{items:?}");
    let Login { username, .. } = pool.one().await?;
    println!("{username}");
    Ok(count(&items))
}

#[deny_leaks]
fn of_closures(all: &HashMap<u32, Login>) -> usize {
    let sum = |Json(page): Json<_>| {
        let Page { items, .. } = page;
        println!("{items:?}");
        count(&items)
    };
    all.iter().for_each(|(number, Login { username, .. })| println!("{number} {username}"));
    sum(Json(make()))
}

macro_rules! within {
    ($name:ident, $value:expr) => {
        #[deny_leaks]
        fn $name() {
            let Json(inner) = $value;
            let kept: Login = inner;
            let Page { items, .. } = make();
            println!("{:?} {kept:?}", items);
            count(&items);
        }
    };
}

within!(by_a_macro, extract().unwrap());

fn main() {
    destructured();
    matched();
    chosen();
    drop(awaited(&Pool));
    of_closures(&HashMap::new());
    by_a_macro();
}
