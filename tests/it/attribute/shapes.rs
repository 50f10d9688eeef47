//! Functions and methods, with and without `async`, of every signature that Rust has.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use audit_runtime::audited;

use super::Failure;
use crate::support::{run, summary};

/// Something with methods.
struct Account(u8);

impl Account {
    #[audited(action = "BorrowAccount")]
    async fn borrow(&self) -> Result<u8, Failure> {
        Ok(self.0)
    }

    #[audited(action = "MutateAccount", target(Account, id = self.0))]
    async fn mutate(&mut self, by: u8) -> Result<&mut Self, Failure> {
        self.0 += by;
        Ok(self)
    }

    #[audited(action = "TakeAccount")]
    fn take(self) -> Result<u8, Failure> {
        Err(Failure::Broken)
    }

    #[audited(action = "ShareAccount", target(Account, id = self.0))]
    async fn share(self: Arc<Self>, add: impl Fn(u8) -> u8 + Send) -> Result<impl Debug, Failure> {
        Ok(add(self.0))
    }

    #[audited(action = "PinAccount")]
    fn pin(self: Pin<&mut Self>) -> Result<u8, Failure> {
        Ok(self.0)
    }

    #[audited(action = "GetPart")]
    fn part<'a>(&self, parts: &'a mut [u8]) -> Option<&'a mut u8> {
        parts.get_mut(usize::from(self.0))
    }
}

#[test]
fn methods_take_self_in_every_way() {
    let (output, records) = run(async {
        let mut account = Account(1);
        account.borrow().await?;
        account.mutate(1).await?.0 += 1;
        Pin::new(&mut account).pin()?;
        *account.part(&mut [0; 4]).unwrap() += 1;
        let shared = Arc::new(Account(2));
        shared.share(|x| x + 1).await?;
        account.take()
    });
    assert!(matches!(output, Err(Failure::Broken)));
    let expected = [
        "BorrowAccount success",
        "MutateAccount success",
        "PinAccount success",
        "GetPart success",
        "ShareAccount success",
        "TakeAccount error",
    ];
    assert_eq!(summary(&records), expected);
    assert_eq!(records[1]["targets"][0]["id"], "1");
    assert_eq!(records[4]["targets"][0]["id"], "2");
}

trait Store {
    #[audited(action = "CountStore", op = read)]
    fn count(&self) -> usize {
        0
    }

    async fn keep(&self, value: u8) -> Result<(), Failure>;
}

impl Store for Account {
    #[audited(action = "KeepValue", fields(value))]
    async fn keep(&self, value: u8) -> Result<(), Failure> {
        (value == self.0).then_some(()).ok_or(Failure::Broken)
    }
}

#[audited(action = "KeepAnywhere")]
async fn keep_anywhere<S, const N: usize>(store: &S, values: [u8; N]) -> Result<usize, Failure>
where
    S: Store + Sync + ?Sized,
{
    for value in values {
        store.keep(value).await?;
    }
    Ok(store.count())
}

#[test]
fn traits_and_generics() {
    let (output, records) = run(keep_anywhere(&Account(7), [7, 7]));
    assert_eq!(output.unwrap(), 0);
    let expected =
        ["KeepValue success", "KeepValue success", "CountStore success", "KeepAnywhere success"];
    assert_eq!(summary(&records), expected);
}

#[audited(action = "ParseBoth", op = read)]
fn parse_both(first: &str, second: &str) -> Result<u8, Box<dyn Error>> {
    if first.is_empty() {
        return Err("empty".into());
    }
    let first: u8 = first.parse()?;
    Ok(first + second.parse::<u8>()?)
}

#[test]
fn early_ends_are_ends() {
    let (_, records) = run(async {
        assert!(parse_both("1", "2").is_ok());
        assert!(parse_both("1", "x").is_err());
        assert!(parse_both("", "2").is_err());
    });
    let expected = ["ParseBoth success", "ParseBoth error", "ParseBoth error"];
    assert_eq!(summary(&records), expected);
}

/// Its documentation, its attributes and those inside its body stay.
#[allow(clippy::needless_pass_by_value)]
#[cfg(test)]
#[must_use = "it is useless otherwise"]
#[audited(action = "ListLetters")]
fn letters(mut word: String, r#type: Option<char>) -> Vec<char> {
    #![allow(unused_variables)]
    let unused = 5;
    word.extend(r#type);
    word.chars().collect()
}

fn outer() -> Result<u8, Failure> {
    #[audited(action = "RunNested")]
    fn nested() -> Result<u8, Failure> {
        Ok(3)
    }
    nested()
}

#[audited(action = "GetNothing")]
fn nothing() {}

#[audited(action = "GetSomeDebug")]
async fn some_debug() -> impl Debug {
    nothing();
}

#[test]
fn small_things() {
    let (_, records) = run(async {
        assert_eq!(letters("a".into(), Some('b')), ['a', 'b']);
        outer().unwrap();
        some_debug().await;
    });
    let expected =
        ["ListLetters success", "RunNested success", "GetNothing success", "GetSomeDebug success"];
    assert_eq!(summary(&records), expected);
}

#[audited(action = "RunForever", on_unrecorded = fail_open)]
fn forever() -> ! {
    panic!("a test")
}

#[audited(action = "RunForeverAsync", on_unrecorded = fail_open)]
async fn forever_async() -> ! {
    tokio::task::yield_now().await;
    panic!("a test")
}

#[test]
fn functions_that_never_return_end_in_a_panic() {
    let (_, records) = run(async {
        assert!(std::panic::catch_unwind(forever).is_err());
        let tasks = tokio::task::LocalSet::new();
        let task = tasks.spawn_local(forever_async());
        assert!(tasks.run_until(task).await.unwrap_err().is_panic());
    });
    assert_eq!(summary(&records), ["RunForever panic", "RunForeverAsync panic"]);
}

#[audited(action = "ReturnFuture", target(Number, id = number))]
fn future(number: u8) -> impl Future<Output = Result<u8, Failure>> {
    let doubled = number * 2;
    async move {
        tokio::task::yield_now().await;
        if doubled > 4 { Err(Failure::Broken) } else { Ok(doubled) }
    }
}

#[audited(action = "ReturnBoxed", fields(number))]
fn boxed<'a>(number: &'a u8) -> Pin<Box<dyn Future<Output = Result<&'a u8, Failure>> + Send + 'a>> {
    Box::pin(async move {
        let renamed = number;
        Ok(renamed)
    })
}

type Later<T> = Pin<Box<dyn Future<Output = T>>>;

#[audited(action = "ReturnLater")]
fn later(number: u8) -> Later<Result<u8, Failure>> {
    Box::pin(async move { Ok(number) })
}

#[test]
fn async_blocks_are_audited_when_they_run() {
    let (_, records) = run(async {
        assert_eq!(future(2).await.unwrap(), 4);
        assert!(future(3).await.is_err());
        assert_eq!(boxed(&5).await.unwrap(), &5);
        assert_eq!(later(6).await.unwrap(), 6);
        drop(future(2));
    });
    let expected = [
        "ReturnFuture success",
        "ReturnFuture error",
        "ReturnBoxed success",
        "ReturnLater success",
    ];
    assert_eq!(summary(&records), expected);
    assert_eq!(records[0]["targets"][0]["id"], "2");
    assert_eq!(records[2]["args"]["number"], 5);
}

#[audited(action = "CountShared", op = read)]
async fn not_send(count: Rc<Cell<u8>>) -> u8 {
    tokio::task::yield_now().await;
    count.set(count.get() + 1);
    count.get()
}

#[audited(action = "SendNumber")]
async fn sent(number: u8) -> Result<u8, Failure> {
    tokio::task::yield_now().await;
    Ok(number)
}

#[audited(action = "QueueNumber", durability = queued)]
async fn queued(number: u8) -> Result<Result<u8, Rc<u8>>, Failure> {
    tokio::task::yield_now().await;
    Ok(Err(Rc::new(number)))
}

#[test]
fn futures_are_send_when_they_were() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (_, records) = run(async {
        not_send(Rc::default()).await;
        is_send(sent(1)).await.unwrap();
        is_send(queued(1)).await.unwrap().unwrap_err();
    });
    let expected = ["CountShared success", "SendNumber success", "QueueNumber success"];
    assert_eq!(summary(&records), expected);
}
