//! Errors of parsers that know nothing of secrets, wrapped as the documentation says.

use actix_web::http::header::HeaderValue;
use audit_runtime::parse::{self, ParseErrorKind};
use audit_runtime::{ParseError, Sensitive};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CANARY;

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

fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, ParseError> {
    parse::format(text, serde_yaml::from_str, serde_yaml::from_str, |error| {
        error.location().map(|at| (at.line(), at.column()))
    })
}

#[test]
fn yaml_errors_keep_the_place_and_the_kind() {
    let check = |text: &str, echo: String, error: ParseError, place: (usize, usize)| {
        assert!(echo.contains(CANARY), "serde_yaml no longer echoes: {echo}");
        assert_eq!((error.line(), error.column()), (Some(place.0), Some(place.1)), "{text}");
        let (line, column) = place;
        let expected = format!("line {line}, column {column}: {}", error.kind());
        let expected = format!("{expected}; its content is withheld");
        assert_eq!(format!("{error} {error:?}"), format!("{expected} {expected}"));
    };
    for (text, line, column) in
        [("port: c4n4ry", 1, 7), ("port: 1\nmode: c4n4ry", 2, 7), ("port: 1\nc4n4ry: 2", 2, 1)]
    {
        let echo = serde_yaml::from_str::<Settings>(text).unwrap_err().to_string();
        let error = yaml::<Settings>(text).unwrap_err();
        assert_eq!(error.kind(), ParseErrorKind::Mismatched, "{text}");
        check(text, echo, error, (line, column));
    }
    for text in ["port: [c4n4ry", "port: 'c4n4ry", "port: *c4n4ry", "c4n4ry: ] 1"] {
        let error = yaml::<Settings>(text).unwrap_err();
        assert_eq!(error.kind(), ParseErrorKind::Malformed, "{text}");
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
    }
    let twice = "c4n4ry: 1\nc4n4ry: 2";
    let echo = serde_yaml::from_str::<serde_yaml::Value>(twice).unwrap_err().to_string();
    check(twice, echo, yaml::<serde_yaml::Value>(twice).unwrap_err(), (1, 1));
    assert_eq!(yaml::<Settings>("port: 7").unwrap().port, 7);
}

#[test]
fn a_main_that_fails_prints_nothing_of_its_input() {
    // What `main` returns is printed by `Debug`, through any box.
    let settings = || -> Result<Settings, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str::<Settings>(r#"{"port":"c4n4ry"}"#).map_err(ParseError::from)?)
    };
    let printed = format!("{:?}", settings().unwrap_err());
    assert_eq!(
        printed,
        "line 1, column 16: a value is not of the expected type or form; its content is withheld"
    );
    let anyhow = anyhow::Error::new(parse::json::<Settings>(r#"{"c4n4ry":1}"#).unwrap_err());
    assert!(!format!("{anyhow} {anyhow:?} {anyhow:#}").contains(CANARY));
}

#[test]
fn values_of_headers_are_wrapped() {
    let value = format!("{CANARY}\n");
    let error = parse::with(value.as_bytes(), HeaderValue::from_bytes, |_| None).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(CANARY));
}

#[test]
fn a_sensitive_field_and_a_plain_one_withhold_alike_in_every_format() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "the fields are there to be refused")]
    struct Wrapped {
        pin: Sensitive<u32>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "the fields are there to be refused")]
    struct Plain {
        #[serde(deserialize_with = "audit_runtime::withheld")]
        pin: u32,
    }
    let json = r#"{"pin":"c4n4ry"}"#;
    let errors = [
        serde_json::from_str::<Wrapped>(json).unwrap_err().to_string(),
        serde_json::from_str::<Plain>(json).unwrap_err().to_string(),
        serde_yaml::from_str::<Wrapped>("pin: c4n4ry").unwrap_err().to_string(),
        serde_yaml::from_str::<Plain>("pin: c4n4ry").unwrap_err().to_string(),
        // Its own error prints the line, whatever a field does.
        parse::toml::<Wrapped>("pin = \"c4n4ry\"").unwrap_err().to_string(),
        parse::toml::<Plain>("pin = \"c4n4ry\"").unwrap_err().to_string(),
    ];
    for error in &errors {
        assert!(!error.contains(CANARY), "{error}");
        assert!(error.contains("withheld"), "{error}");
    }
    assert!(errors[0] == errors[1] && errors[2] == errors[3] && errors[4] == errors[5]);
    let echo = toml::from_str::<Plain>("pin = \"c4n4ry\"").unwrap_err().to_string();
    assert!(echo.contains(CANARY), "toml no longer echoes");
}
