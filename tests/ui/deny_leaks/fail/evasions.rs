//! Ordinary code through which a sensitive value still reaches a log macro.

use audit_runtime::{Redact, deny_leaks};
use tracing as t;
use tracing::Level;

#[derive(Redact, Clone, Default)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
    #[sensitive]
    token: Option<String>,
}

#[derive(Redact)]
enum Method {
    Key(#[sensitive] String),
    Code {
        #[sensitive]
        digits: u32,
    },
}

#[derive(Redact)]
struct Token(#[sensitive] String);

#[derive(Redact, Default)]
struct Page<T> {
    items: Vec<T>,
    #[sensitive]
    cursor: String,
}

fn make<T: Default>() -> T {
    T::default()
}

struct Pool;

impl Pool {
    async fn login(&self) -> Result<Login, ()> {
        Ok(Login::default())
    }
}

macro_rules! say {
    ($($part:tt)*) => { println!($($part)*) };
}

#[deny_leaks]
fn references(login: &Login, boxed: Box<Login>, list: &[Login]) {
    let field = &login.password;
    t::info!(%field);
    let Login { ref password, .. } = *login;
    t::event!(Level::INFO, ?password);
    println!("{}", (*boxed).password);
    println!("{}", list[0].password);
    if let whole @ Some(_) = &login.token {
        println!("{whole:?}");
    }
    println!("{:?}", login.token.as_deref().unwrap_or("-"));
}

#[deny_leaks]
fn helpers(login: &Login) {
    let clear = || login.password.clone();
    println!("{}", clear());
    let of = |login: &Login| login.password.clone();
    println!("{}", of(login));
    say!("{}", format_args!("{}", login.password));
    let mut text = String::new();
    text.push_str(&login.password);
    text += &login.password;
    println!("{text}");
}

#[deny_leaks]
fn blocks(login: &Login) {
    let outer = "-";
    {
        let outer = &login.password;
        println!("{outer}");
    }
    println!("{outer}");
    let labelled = 'found: {
        if let Some(token) = &login.token {
            break 'found token.clone();
        }
        String::new()
    };
    println!("{labelled}");
    let looped = loop {
        break login.password.clone();
    };
    println!("{looped}");
    let other = Login { username: "ada".into(), ..login.clone() };
    println!("{}", other.password);
}

#[deny_leaks]
async fn generic(pool: &Pool) -> Result<(), ()> {
    let Login { password, .. } = make();
    println!("{password}");
    let Page { cursor, items } = make();
    println!("{cursor} {items:?}");
    let kept: Vec<u8> = items;
    let Login { password, .. } = pool.login().await?;
    println!("{password} {kept:?}");
    match pool.login().await {
        Ok(Login { username, password, .. }) => println!("{username} {password}"),
        Err(error) => println!("{error:?}"),
    }
    match make() {
        Login { token: Some(token), .. } => println!("{token}"),
        _ => {}
    }
    Ok(())
}

impl Method {
    #[deny_leaks]
    fn show(&self) {
        match self {
            Method::Key(key) => println!("{key}"),
            Self::Code { digits } => println!("{digits}"),
        }
    }
}

impl Token {
    #[deny_leaks]
    fn show(&self) {
        println!("{}", self.0);
        let Token(inner) = self;
        println!("{inner}");
    }
}

fn main() {}
