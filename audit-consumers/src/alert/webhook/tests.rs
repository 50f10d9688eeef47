//! A webhook's options; what it does with receivers is shown with real ones, elsewhere.

use super::*;

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn options(url: &str) -> WebhookOptions {
    let key = SigningKey::parse(KEY).unwrap();
    let url = Sensitive::from(url.to_owned());
    WebhookOptions { url, form: Form::Standard(key), allow_private: false, ca: None }
}

#[test]
fn only_addresses_of_https_are_taken_and_none_is_shown() {
    assert!(Webhook::new(options("https://example.com:8443/a?b=TOKEN")).is_ok());
    for odd in [
        "http://example.com/TOKEN",
        "ftp://example.com/TOKEN",
        "https://user:TOKEN@example.com/",
        "https://TOKEN@example.com/",
        "example.com/TOKEN",
        "https:///TOKEN",
        "/TOKEN",
        "",
        "https://exa mple.com/TOKEN",
    ] {
        let error = Webhook::new(options(odd)).unwrap_err();
        assert!(!error.to_string().contains("TOKEN"), "{error}");
    }
}

#[test]
fn neither_address_nor_key_is_in_a_debug() {
    let options = options("https://example.com/hooks/TOKEN");
    let shown = format!("{options:?} {:?}", Webhook::new(options.clone()).unwrap());
    assert!(!shown.contains("TOKEN") && !shown.contains("MfKQ"), "{shown}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    for pem in ["", "x", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let mut options = options("https://example.com/");
        options.ca = Some(pem.as_bytes().to_vec());
        assert!(Webhook::new(options).is_err(), "{pem:?}");
    }
}
