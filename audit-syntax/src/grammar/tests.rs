//! Every kind of macro, as a table of calls and of what they show.

use quote::ToTokens;
use syn::{ItemUse, Macro};

use super::{Aliases, shown};

/// The shown values, or `-` for a macro that is not known.
fn told(call: &str, aliases: &Aliases) -> String {
    let call: Macro = syn::parse_str(call).expect("a macro call");
    let Some(shown) = shown(&call, aliases) else { return "-".to_owned() };
    let written = shown.iter().map(|shown| shown.expression.to_token_stream().to_string());
    written.map(|text| text.replace(' ', "")).collect::<Vec<_>>().join(" | ")
}

/// Asserts for each line `call => value | value`, without spaces within a value.
fn check(table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (call, expected) = line.rsplit_once(" ⇒").expect("an arrow");
        assert_eq!(told(call, &Aliases::default()), expected.trim(), "{call}");
    }
}

#[test]
fn macros_of_the_standard_library() {
    check(
        r#"
        println!() ⇒
        println!("plain {{x}}") ⇒
        println!("{}", user.name) ⇒ user.name
        println!("{user:?} {}", &a.b()) ⇒ user | &a.b()
        println!("{self:?} {type} {_}") ⇒ self | r#type
        println!("{name}", name = user.name) ⇒ user.name
        println!("{0} {0:?}", a) ⇒ a
        println!("{:>width$}", a, width = w) ⇒ a
        println!("{:1$}", a, w) ⇒ a
        println!("{:.*}", w, a) ⇒ a
        println!("{:1$} {}", a, w) ⇒ a | w
        println!("{:w$.p$}", a) ⇒ a
        println!("{:?}", HashMap::<u8, u8>::new()) ⇒ HashMap::<u8,u8>::new()
        println!(r"{x}", ) ⇒ x
        println!(concat!("a", "{}"), x) ⇒ concat!("a","{}") | x
        println!("{}", { let y = x; y }) ⇒ {lety=x;y}
        println!("{}", if a == b { c } else { d }) ⇒ ifa==b{c}else{d}
        std::eprint!("{}", a;) ⇒ a
        format!["{x}"] ⇒ x
        core::format_args!("{}", x) ⇒ x
        write!(f, "{}", x) ⇒ x
        writeln!(&mut f.out, "{x}") ⇒ x
        writeln!(f) ⇒
        panic!("{x}") ⇒ x
        panic!(text) ⇒ text
        unreachable!("{}", x) ⇒ x
        todo!("{}", x) ⇒ x
        unimplemented!("{x}") ⇒ x
        dbg!(a, b.c, "{x}") ⇒ a | b.c
        dbg! { { let y = x; y } } ⇒ {lety=x;y}
        assert!(a.b == c) ⇒
        assert!(a, "no {b} {}", c) ⇒ b | c
        debug_assert!(a == b, "{c}") ⇒ c
        assert_eq!(a, b) ⇒ a | b
        assert_ne!("{a}", b, "{c}") ⇒ b | c
        assert_eq!({ f(a) }, b, "{c}") ⇒ {f(a)} | b | c
        debug_assert_eq!(a, b, "{} {}", c, d) ⇒ a | b | c | d
        assert_matches!(a, Some(x) if x > 1, "{c}") ⇒ a | c
        assert_matches!(a, A { x, .. } | B(x, ..)) ⇒ a
    "#,
    );
}

#[test]
fn macros_of_tracing() {
    check(
        r#"
        info!("{user}") ⇒ user
        tracing::info!(a = x, %y, ?z.b, c.d = %w, r#type = ?t, "fmt {} {q}", v) ⇒ x | y | z.b | w | t | q | v
        info!(user, user.name, "said") ⇒ user | user.name
        info!("key" = x, "fmt {}", y) ⇒ x | y
        info!({ KEY } = x, "fmt") ⇒ x
        info!(type = x) ⇒ x
        info!(a = "{not}", b = 1, "said") ⇒
        info!(a = format_args!("{}", x)) ⇒ format_args!("{}",x)
        warn!(target: "t", x) ⇒ x
        warn!(name: "n", target: T, parent: &span.id, { a = x, %y }, "fmt {}", z) ⇒ T | x | y | z
        error!({ a = x }, "fmt {z}") ⇒ x | z
        error!({ x }, "fmt {z}") ⇒ {x} | z
        debug!(message = x, field = tracing::field::Empty) ⇒ x | tracing::field::Empty
        trace!(a = _, "said") ⇒
        debug!(a = x == y, ok = matches!(a, B { .. })) ⇒ x==y | matches!(a,B{..})
        debug!(a, b = |x: u8| x, c) ⇒ a | |x:u8|x | c
        event!(Level::INFO, x = ?y, "fmt {z}") ⇒ y | z
        event!(target: "t", Level::INFO, { a = x }, "{}", y) ⇒ x | y
        span!(Level::INFO, "name {x}", y, z = %w) ⇒ y | w
        info_span!("name {x}", y = z, "message {v}") ⇒ z | v
        error_span!(target: "t", parent: p, NAME, ?x) ⇒ x
        tracing::record_all!(span, a = x, b = ?y) ⇒ x | y
        enabled!(Level::INFO) ⇒-
    "#,
    );
}

#[test]
fn macros_of_log() {
    check(
        r#"
        log::info!("{x} {}", y) ⇒ x | y
        info!(target: "t", "{}", x) ⇒ x
        info!(target: &x.name, logger: my.logger, "said") ⇒ &x.name
        log!(Level::Info, "{x}") ⇒ Level::Info | x
        log!(logger: l, target: "t", Level::Info, "{x}") ⇒ Level::Info | x
        info!(a = x, b:? = y, c:debug = z, "d":% = w, e:err; "said {f}") ⇒ x | y | z | w | e | f
        info!(a, b:?, c:%; "said {} {d}", f) ⇒ a | b | c | d | f
    "#,
    );
}

#[test]
fn macros_of_slog() {
    check(
        r#"
        slog::info!(log, "said") ⇒ log
        info!(log, "fmt {} {y}", x; "k" => z) ⇒ log | z | y | x
        crit!(log, #"tag", "fmt {}", x; "k" => %a, "l" => ?b, "m" => #%c, "n" => #?d, KEY => e) ⇒ log | a | b | c | d | e | x
        slog_warn!(self.log, "said"; o!("k" => x), rest, "l" => y) ⇒ self.log | o!("k"=>x) | rest | y
        info!(log, "said {k}"; "k" => x,) ⇒ log | x | k
        o!("k" => x, "l" => %y.z) ⇒ x | y.z
        slog_kv!("k" => "{v}", rest) ⇒
        b!(x) ⇒
    "#,
    );
}

#[test]
fn macros_that_make_errors() {
    check(
        r#"
        anyhow!("{x} {}", y) ⇒ x | y
        eyre::eyre!(error) ⇒ error
        bail!("{}", x) ⇒ x
        bail!(Error::Denied(x)) ⇒ Error::Denied(x)
        miette!(code = c, help = "{h}", "fmt {}", x) ⇒ c | x
        anyhow!("text".replace(a, b)) ⇒ "text".replace(a,b)
        ensure!(a == b) ⇒ a | b
        ensure!(a.is_empty()) ⇒
        ensure!(a == b, "{c}") ⇒ c
        ensure!(a, error) ⇒ error
    "#,
    );
}

#[test]
fn what_cannot_be_read_hides_nothing_else() {
    check(
        r#"
        vec![x] ⇒-
        json!({"a": x}) ⇒-
        println!("{} {}", @x y, z) ⇒ z
        println!("{} {}", f(x y), z) ⇒ z
        println!("{x", y) ⇒ x | y
        println!("{}", x y) ⇒ x
        info!(a = , b) ⇒ b
        info!(= x, = , ;; => y, % , ?, #, "{z}") ⇒ y | z
        info!({ a = 1, @ }, x) ⇒ x
        info!(a.b.: x, y) ⇒ y
        dbg!(let x = y) ⇒ y
    "#,
    );
}

#[test]
fn a_macro_is_known_by_the_name_that_an_import_gives_it() {
    let mut aliases = Aliases::default();
    let imports =
        ["use tracing::{info as i, warn};", "use a::own as info;", "use std::{println as p};"];
    for import in imports {
        aliases.read(&syn::parse_str::<ItemUse>(import).expect("an import"));
    }
    assert_eq!(told("i!(\"{x}\")", &aliases), "x");
    assert_eq!(told("p!(\"{x}\")", &aliases), "x");
    assert_eq!(told("warn!(\"{x}\")", &aliases), "x");
    assert_eq!(told("info!(\"{x}\")", &aliases), "-");
    assert_eq!(told("tracing::info!(\"{x}\")", &aliases), "x");
    assert_eq!(told("a::i!(\"{x}\")", &aliases), "-");
}
