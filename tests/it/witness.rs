//! A witness that the settings name; what it does is tried in tests/services.

use audit_runtime::Recorder;

use crate::config;

const KEY: &str = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";

#[test]
fn what_cannot_be_a_witness_is_refused_before_anything_is_made() {
    let place = tempfile::tempdir().unwrap();
    let journal = place.path().join("audit");
    let builder = || Recorder::builder(&journal);
    let url = "https://witness.example/w1";
    for (builder, words) in [
        (
            builder().witness_url(url),
            "`witness_url` cannot be used: `witness_url` and `witness_key` are needed",
        ),
        (builder().witness_key(KEY), "`witness_key` cannot be used: `witness_url` and"),
        (
            builder().witness_ca_file("ca.pem"),
            "`witness_ca_file` cannot be used: `witness_url` and",
        ),
        (
            builder().witness_url(url).witness_key("w+1"),
            "`witness_key` cannot be used: a key has three parts",
        ),
        (
            builder().witness_url("http://witness.example").witness_key(KEY),
            "`witness_url` cannot be used: the address must begin with https://",
        ),
        (
            builder().witness_url(url).witness_key(KEY).witness_ca_file(&journal),
            "`witness_ca_file` cannot be used: the file is not there",
        ),
    ] {
        let error = builder.open().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(!journal.exists());
}

#[test]
fn a_service_whose_settings_name_a_witness_that_is_away_records_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let variables =
        [("AUDIT_JOURNAL", "audit"), ("AUDIT_WITNESS_URL", &url), ("AUDIT_WITNESS_KEY", KEY)];
    let output = config::run(place.path(), &variables);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("the anchor `witness.example/w1` has 0 of"), "{said}");
}
