//! Rows of parsers that repeat what they refuse, in the text of their errors or in their `Debug`.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::Mutex;

use actix_web::http::header::HeaderValue;
use audit_runtime::{ParseError, Redact, Sensitive, parse};
use serde::Deserialize;

use super::canary::{NUMBER, TEXT};
use super::forms::{Bare, Form, Wrapped};
use super::open as found;
use super::outputs::{panicked, streamed_variable};
use super::served::{Served, bare, plain, wrapped};
use super::table::{Layer, Row, open, parts, refused, runs};

/// A parser whose errors go through `parse`; the form of the type has no part in it.
macro_rules! row {
    ($id:literal, $path:literal, $code:literal, $quiet:ident, $echo:ident) => {
        Row {
            id: $id,
            path: $path,
            code: $code,
            wrapped: runs(Layer::Parse, $quiet, $echo),
            plain: runs(Layer::Parse, $quiet, $echo),
        }
    };
}

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "serde-sensitive-field",
        path: "serde, at the secret field",
        code: "serde_json::from_str::<Login>(text)",
        wrapped: runs(
            Layer::Types,
            at_the_field::<wrapped::Account>,
            at_the_field::<bare::Account>,
        ),
        plain: runs(Layer::Wire, at_the_field::<plain::Account>, at_the_field::<bare::Account>),
    },
    Row {
        id: "serde-forgotten",
        path: "serde, at a field of which nothing is said",
        code: "#[derive(Deserialize)]",
        wrapped: runs(
            Layer::Types,
            at_the_field::<wrapped::Account>,
            at_the_field::<bare::Account>,
        ),
        plain: refused(Layer::Derive, "plain/deserialize.rs"),
    },
    row!(
        "json-wrong-type",
        "serde_json, a value of the wrong type",
        "parse::json(text)",
        json_type,
        json_type_echo
    ),
    row!(
        "json-unknown-variant",
        "serde_json, a variant that does not exist",
        "parse::json(text)",
        json_variant,
        json_variant_echo
    ),
    row!(
        "json-unknown-field",
        "serde_json, a field that does not exist",
        "parse::json(text)",
        json_field,
        json_field_echo
    ),
    row!("toml", "toml, which prints the line", "parse::toml(text)", toml_line, toml_line_echo),
    row!("yaml", "serde_yaml", "parse::with(text, serde_yaml::from_str, …)", yaml, yaml_echo),
    row!("envy", "envy", "parse::with((), |()| envy::from_env(), …)", envy, envy_echo),
    row!(
        "env-var",
        "an environment variable that is no Unicode",
        "parse::env_var(name)",
        env_var,
        env_var_echo
    ),
    row!("clap", "clap", "parse::with(arguments, Cli::try_parse_from, …)", clap, clap_echo),
    row!("regex", "regex", "parse::with(pattern, Regex::new, …)", regex, regex_echo),
    row!("from-str", "a `FromStr` of one's own", "parse::from_str(text)", from_str, from_str_echo),
    row!(
        "utf8",
        "`FromUtf8Error`, printed with `Debug`",
        "parse::with(bytes, String::from_utf8, …)",
        utf8,
        utf8_echo
    ),
    row!(
        "nul",
        "`NulError`, printed with `Debug`",
        "parse::with(bytes, CString::new, …)",
        nul,
        nul_echo
    ),
    Row {
        id: "slicing",
        path: "a slice that cuts through a letter, whose panic quotes the text",
        code: "&login.password[..1]",
        wrapped: refused(Layer::Types, "wrapped/converted.rs"),
        plain: open("a slice is no log macro; `get(..1)` does not panic", found::sliced),
    },
    Row {
        id: "header-value",
        path: "a header's value, printed with `Debug` (wrapped as bytes, since it cannot be wiped itself)",
        code: r#"format!("{request:?}")"#,
        wrapped: runs(Layer::Types, header_wrapped, header_bare),
        plain: runs(Layer::Derive, header_plain, header_bare),
    },
    Row {
        id: "mutex",
        path: "a `Mutex<String>`, printed with `Debug`",
        code: r#"format!("{state:?}")"#,
        wrapped: runs(Layer::Types, mutex::<Wrapped>, mutex::<Bare>),
        plain: runs(Layer::Derive, mutex_plain, mutex::<Bare>),
    },
];

/// Everything that an error can say of itself.
fn said<T>(result: Result<T, impl Display + Debug>) -> String {
    let error = result.err().expect("the parser refuses");
    format!("{error} {error:?} {error:#?}")
}

/// What an error of ours says, which takes the place of all others.
fn quiet<T>(result: Result<T, ParseError>) -> String {
    said(result)
}

fn at_the_field<S: Served>() -> String {
    let number = serde_json::from_str::<S>(&format!(r#"{{"user":"ada","password":{NUMBER}}}"#));
    let value = serde_json::json!({ "user": "ada", "password": NUMBER });
    parts([said(number), said(serde_json::from_value::<S>(value))])
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
#[expect(dead_code, reason = "only the error is read")]
struct Settings {
    pin: u32,
    #[serde(default)]
    method: Option<Method>,
}

#[derive(Debug, Deserialize)]
enum Method {
    Basic,
}

fn wrong_type() -> String {
    format!(r#"{{"pin":"{TEXT}"}}"#)
}

fn json_type() -> String {
    quiet(parse::json::<Settings>(&wrong_type()))
}

fn json_type_echo() -> String {
    said(serde_json::from_str::<Settings>(&wrong_type()))
}

fn wrong_variant() -> String {
    format!(r#"{{"pin":1,"method":"{TEXT}"}}"#)
}

fn json_variant() -> String {
    quiet(parse::json::<Settings>(&wrong_variant()))
}

fn json_variant_echo() -> String {
    said(serde_json::from_str::<Settings>(&wrong_variant()))
}

fn wrong_field() -> String {
    format!(r#"{{"{TEXT}":1}}"#)
}

fn json_field() -> String {
    quiet(parse::json::<Settings>(&wrong_field()))
}

fn json_field_echo() -> String {
    said(serde_json::from_str::<Settings>(&wrong_field()))
}

fn wrong_line() -> String {
    format!("pin = {TEXT}\n")
}

fn toml_line() -> String {
    quiet(parse::toml::<Settings>(&wrong_line()))
}

fn toml_line_echo() -> String {
    said(toml::from_str::<Settings>(&wrong_line()))
}

fn yaml() -> String {
    let place = |error: &serde_yaml::Error| error.location().map(|at| (at.line(), at.column()));
    quiet(parse::with(&*wrong_type(), serde_yaml::from_str::<Settings>, place))
}

fn yaml_echo() -> String {
    said(serde_yaml::from_str::<Settings>(&wrong_type()))
}

fn variables() -> Vec<(String, String)> {
    vec![("PIN".to_owned(), "1".to_owned()), ("METHOD".to_owned(), TEXT.to_owned())]
}

fn envy() -> String {
    quiet(parse::with(variables(), envy::from_iter::<_, Settings>, |_| None))
}

fn envy_echo() -> String {
    said(envy::from_iter::<_, Settings>(variables()))
}

fn env_var() -> String {
    streamed_variable("withheld")
}

fn env_var_echo() -> String {
    streamed_variable("echoed")
}

/// What the process says that is started with a variable which is no Unicode.
pub(super) fn print_variable(name: &str, mode: &str) {
    match mode {
        "withheld" => println!("{}", quiet(parse::env_var(name))),
        _ => println!("{}", said(std::env::var(name))),
    }
}

#[derive(clap::Parser, Debug)]
#[allow(dead_code, reason = "only the error is read")]
struct Cli {
    #[arg(long)]
    pin: u32,
}

fn clap() -> String {
    let arguments = ["tool", "--pin", TEXT];
    quiet(parse::with(arguments, <Cli as clap::Parser>::try_parse_from, |_| None))
}

fn clap_echo() -> String {
    said(<Cli as clap::Parser>::try_parse_from(["tool", "--pin", TEXT]))
}

fn regex() -> String {
    quiet(parse::with(&*format!("({TEXT}"), regex::Regex::new, |_| None))
}

fn regex_echo() -> String {
    said(regex::Regex::new(&format!("({TEXT}")))
}

#[derive(Debug)]
struct Code;

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Err(format!("`{text}` is no code"))
    }
}

fn from_str() -> String {
    quiet(parse::from_str::<Code>(TEXT))
}

fn from_str_echo() -> String {
    said(TEXT.parse::<Code>())
}

fn broken_bytes() -> Vec<u8> {
    [TEXT.as_bytes(), &[0xff]].concat()
}

fn utf8() -> String {
    quiet(parse::with(broken_bytes(), String::from_utf8, |_| None))
}

fn utf8_echo() -> String {
    said(String::from_utf8(broken_bytes()))
}

fn nul() -> String {
    quiet(parse::with(format!("{TEXT}\0"), std::ffi::CString::new, |_| None))
}

fn nul_echo() -> String {
    said(std::ffi::CString::new(format!("{TEXT}\0")))
}

fn header_wrapped() -> String {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by the derived `Debug`")]
    struct Request {
        authorization: Sensitive<Vec<u8>>,
    }
    let authorization = HeaderValue::from_static(TEXT).as_bytes().to_vec().into();
    format!("{:?}", Request { authorization })
}

fn header_plain() -> String {
    #[derive(Redact)]
    #[expect(dead_code, reason = "what is hidden is read by nobody")]
    struct Request {
        #[sensitive]
        authorization: HeaderValue,
    }
    format!("{:?}", Request { authorization: HeaderValue::from_static(TEXT) })
}

fn header_bare() -> String {
    format!("{:?}", HeaderValue::from_static(TEXT))
}

fn mutex<F: Form>() -> String {
    let shown = || format!("{:?}", Mutex::new(F::secret()));
    parts([shown(), panicked(|| panic!("{}", shown()))])
}

fn mutex_plain() -> String {
    #[derive(Redact)]
    #[expect(dead_code, reason = "what is hidden is read by nobody")]
    struct State {
        #[sensitive]
        token: Mutex<String>,
    }
    let shown = || format!("{:?}", State { token: Mutex::new(TEXT.to_owned()) });
    parts([shown(), panicked(|| panic!("{}", shown()))])
}
