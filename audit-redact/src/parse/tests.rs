//! What parsers refuse stays out of their errors; each parser alone echoes it, which is shown first.

use std::collections::BTreeMap;
use std::ffi::CString;

use serde::Deserialize;

use super::*;

/// Stands in every input, and must stand in no error.
const CANARY: &str = "c4n4ry";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the fields are there to be refused")]
struct Settings {
    #[serde(default)]
    port: u16,
    #[serde(default)]
    mode: Mode,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    #[default]
    Fast,
}

/// Everything that an error can be made to print.
fn printed(error: &dyn Error) -> String {
    assert!(error.source().is_none());
    format!("{error} {error:?} {error:#?}")
}

#[test]
fn json_errors_keep_the_place_and_the_kind() {
    for (text, kind, line, column) in [
        (r#"{"port":"c4n4ry"}"#, ParseErrorKind::Mismatched, 1, 16),
        ("{\n\"mode\": \"c4n4ry\"}", ParseErrorKind::Mismatched, 2, 16),
        (r#"{"c4n4ry":1}"#, ParseErrorKind::Mismatched, 1, 9),
        (r#"{"port":1,"port":2}"#, ParseErrorKind::Mismatched, 1, 16),
        (r#"{"port":c4n4ry}"#, ParseErrorKind::Malformed, 1, 9),
        (r#"{"mode":"c4n4ry"#, ParseErrorKind::Incomplete, 1, 15),
    ] {
        let error = json::<Settings>(text).unwrap_err();
        assert_eq!(
            (error.kind(), error.line(), error.column()),
            (kind, Some(line), Some(column)),
            "{text}"
        );
        assert!(!printed(&error).contains(CANARY), "{error}");
    }
    let echo = serde_json::from_str::<Settings>(r#"{"port":"c4n4ry"}"#).unwrap_err();
    assert!(echo.to_string().contains(CANARY), "serde_json no longer echoes");
    assert_eq!(json::<BTreeMap<String, u8>>(r#"{"a":1}"#).unwrap()["a"], 1);
}

#[test]
fn an_error_that_is_there_already_converts() {
    let value = serde_json::json!({ "port": CANARY });
    let error = ParseError::from(serde_json::from_value::<Settings>(value).unwrap_err());
    assert_eq!((error.line(), error.column()), (None, None));
    assert_eq!(
        error.to_string(),
        "a value is not of the expected type or form; its content is withheld"
    );
}

#[cfg(feature = "toml")]
#[test]
fn toml_errors_do_not_print_the_line() {
    use ParseErrorKind::{Malformed, Mismatched};

    for (text, kind, line, column) in [
        ("port = \"c4n4ry\"", Mismatched, 1, 8),
        ("port = 1\nmode = \"c4n4ry\"", Mismatched, 2, 8),
        ("port = 1\nport = 2 # c4n4ry", Malformed, 2, 1),
        ("c4n4ry = 1", Mismatched, 1, 1),
        ("port = c4n4ry", Malformed, 1, 8),
        ("# ä\nport = \"ä\" c4n4ry", Malformed, 2, 12),
        ("port = [1, \"c4n4ry\"", Malformed, 1, 20),
    ] {
        let echo = ::toml::from_str::<Settings>(text).unwrap_err().to_string();
        assert!(echo.contains(CANARY), "toml no longer echoes {text}");
        let error = toml::<Settings>(text).unwrap_err();
        let place = (error.kind(), error.line(), error.column());
        assert_eq!(place, (kind, Some(line), Some(column)), "{text}");
        assert!(!printed(&error).contains(CANARY), "{error}");
    }
    assert_eq!(toml::<Settings>("port = 7").unwrap().port, 7);
}

#[test]
fn other_parsers_are_wrapped() {
    let number = from_str::<CarefullyParsed>(CANARY).unwrap_err();
    let bytes = [CANARY.as_bytes(), &[0xFF]].concat();
    let text = with(bytes, String::from_utf8, |_| None).unwrap_err();
    let c_string = with(format!("{CANARY}\0"), CString::new, |_| None).unwrap_err();
    for error in [number, text, c_string] {
        assert!(!printed(&error).contains(CANARY), "{error}");
    }
    let placed = with(CANARY, |_| Err::<(), _>(CANARY), |_| Some((3, 14))).unwrap_err();
    assert_eq!(
        placed.to_string(),
        "line 3, column 14: the text was refused; its content is withheld"
    );
}

/// A type whose `FromStr` quotes what it refuses.
#[derive(Debug)]
struct CarefullyParsed;

impl FromStr for CarefullyParsed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Err(format!("{text} is no such thing"))
    }
}

#[test]
fn a_variable_is_named_and_not_quoted() {
    let missing = env_var("AUDIT_TEST_NO\nSUCH").unwrap_err();
    assert_eq!(
        missing.to_string(),
        r"environment variable `AUDIT_TEST_NO\nSUCH`: there is no text"
    );
    assert_eq!(env_var("CARGO_PKG_NAME").unwrap(), "audit-redact");
}

#[test]
fn a_field_withholds_its_value_and_passes_others_on() {
    #[derive(Debug, Deserialize)]
    struct Login {
        #[serde(deserialize_with = "withheld")]
        pin: u32,
        user: u32,
    }

    let error = serde_json::from_str::<Login>(r#"{"pin":"c4n4ry","user":1}"#).unwrap_err();
    assert!(!printed(&error).contains(CANARY), "{error}");
    assert_eq!((error.line(), error.column()), (1, 15));
    let error = serde_json::from_str::<Login>(r#"{"pin":1,"user":"ada"}"#).unwrap_err();
    assert!(error.to_string().contains("ada"), "{error}");
    let login: Login = serde_json::from_str(r#"{"pin":1,"user":2}"#).unwrap();
    assert_eq!((login.pin, login.user), (1, 2));
}
