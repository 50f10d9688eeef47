//! Every writer: JSON in its ways, YAML, TOML, forms.

use actix_web::Responder;
use actix_web::body::MessageBody;
use actix_web::test::TestRequest;
use actix_web::web::Form;

use super::{CANARY, INSIDE, NewKey, OUTSIDE, REDACTED, check};

/// Asserts both forms of a key in the format of `write`, whose secrets stand as `form` puts them.
#[track_caller]
fn check_format(write: fn(&NewKey) -> String, form: impl Fn(&str) -> String) {
    let key = NewKey::new();
    check(|| write(&key), &form(REDACTED), &form(CANARY));
}

#[test]
fn json_writers() {
    let to_bytes = |key: &NewKey| String::from_utf8(serde_json::to_vec(key).unwrap()).unwrap();
    let to_writer = |key: &NewKey| {
        let mut bytes = Vec::new();
        serde_json::to_writer(&mut bytes, key).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    for write in [to_bytes, to_writer] {
        check(|| write(&NewKey::new()), OUTSIDE, INSIDE);
    }
    let pretty = |key: &NewKey| serde_json::to_string_pretty(key).unwrap();
    check_format(pretty, |secret| {
        format!(
            "{{\n  \"id\": 7,\n  \"api_key\": \"{secret}\",\n  \"recovery_code\": \"{secret}\"\n}}"
        )
    });
}

#[test]
fn yaml() {
    check_format(
        |key| serde_yaml::to_string(key).unwrap(),
        |secret| {
            // A bracket begins a list, unless it is quoted.
            let secret = if secret == REDACTED { format!("'{secret}'") } else { secret.to_owned() };
            format!("id: 7\napi_key: {secret}\nrecovery_code: {secret}\n")
        },
    );
}

#[test]
fn toml() {
    check_format(
        |key| toml::to_string(key).unwrap(),
        |secret| format!("id = 7\napi_key = \"{secret}\"\nrecovery_code = \"{secret}\"\n"),
    );
}

#[test]
fn forms() {
    let write = |key: &NewKey| {
        let request = TestRequest::default().to_http_request();
        let body = Form(key).respond_to(&request).into_body().try_into_bytes().unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    check_format(write, |secret| {
        let secret = secret.replace('[', "%5B").replace(']', "%5D");
        format!("id=7&api_key={secret}&recovery_code={secret}")
    });
}
