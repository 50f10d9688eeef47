//! Mistakes in annotated functions are told as in plain ones: as many, with the same code, at the
//! same place.
//!
//! Every program of `mistakes` is checked by the compiler without and with each attribute.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod further;
mod mistakes;
mod probed;
mod types;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use further::FURTHER;
use mistakes::MISTAKES;
use probed::{PROBED, TYPES};
use serde_json::Value;
use types::OF_TYPES;

const OF_FUNCTIONS: &[(&str, &str)] = &[
    (
        "audited",
        "#[audit_runtime::audited(action = \"RunTest\", on_unrecorded = fail_open, durability = queued)]",
    ),
    ("deny_leaks", "#[audit_runtime::deny_leaks]"),
];

const OF_A_TYPE: &[(&str, &str)] = &[
    ("wrap_sensitive", "#[audit_runtime::wrap_sensitive]"),
    ("redact", "#[derive(audit_runtime::Redact)]"),
    ("both", "#[audit_runtime::wrap_sensitive]\n#[derive(audit_runtime::Redact)]"),
];

const MANIFEST: &str = "[package]\nname = \"mistakes\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                        [workspace]\n[dependencies]\ntracing = \"0.1\"\n[dependencies.audit-runtime]\ndefault-features = false\n";

#[test]
fn ordinary_mistakes_are_told_as_without_an_attribute() {
    let told = check(&package());
    let mut differences = Vec::new();
    for (mistake, _, attributes) in programs() {
        let plain = told.get(mistake).cloned().unwrap_or_default();
        if plain.is_empty() {
            differences.push(format!("{mistake} is no mistake"));
        }
        for (attribute, _) in attributes {
            let annotated = told.get(&format!("{mistake}_{attribute}")).cloned();
            let annotated = annotated.unwrap_or_default();
            if plain != annotated {
                differences.push(format!(
                    "{mistake}: plain\n  {}\n{attribute}\n  {}",
                    plain.join("\n  "),
                    annotated.join("\n  ")
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

type Attributes = &'static [(&'static str, &'static str)];

/// Every name and text, and the attributes that make a difference to it.
fn programs() -> impl Iterator<Item = (&'static str, String, Attributes)> {
    let of_functions = |(name, text): (&'static str, String)| (name, text, OF_FUNCTIONS);
    let plain = MISTAKES.iter().chain(FURTHER).map(|(name, text)| (*name, (*text).to_owned()));
    let probed = PROBED.iter().map(|(name, text)| (*name, format!("{TYPES}{text}")));
    let of_types = OF_TYPES.iter().map(|(name, text)| (*name, (*text).to_owned(), OF_A_TYPE));
    plain.chain(probed).map(of_functions).chain(of_types)
}

/// Writes a package with a program for each mistake and attribute.
fn package() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes");
    let sources = package.join("src/bin");
    fs::create_dir_all(&sources).unwrap();
    let runtime = tests.join("../audit-runtime").canonicalize().unwrap();
    fs::write(package.join("Cargo.toml"), format!("{MANIFEST}path = {runtime:?}\n")).unwrap();
    fs::copy(tests.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    for (name, text, attributes) in programs() {
        let text = format!("#![allow(dead_code)]\n{text}fn main() {{}}\n");
        // As many lines and columns, so that places can be compared.
        let plain = text.replace('@', "").replace('%', "            ");
        fs::write(sources.join(format!("{name}.rs")), plain).unwrap();
        for (attribute, written) in attributes {
            let annotated =
                text.replace('@', &written.replace('\n', " ")).replace('%', "#[sensitive]");
            fs::write(sources.join(format!("{name}_{attribute}.rs")), annotated).unwrap();
        }
    }
    package
}

/// What the compiler says of each program, one line for each message, sorted.
fn check(package: &Path) -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--keep-going", "--bins", "--message-format=json"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let message = &line["message"];
        let program = line["target"]["name"].as_str().unwrap_or_default();
        if message["spans"].as_array().is_some_and(|spans| !spans.is_empty()) {
            told.entry(program.to_owned()).or_default().push(place(message));
        }
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!told.is_empty(), "nothing was compiled: {errors}");
    told.values_mut().for_each(|lines| lines.sort());
    told
}

/// Level, code and the places that a message points at first. In an annotated function the text
/// may speak of a closure, and leave out the name of what the closure has moved.
fn place(message: &Value) -> String {
    let number = |span: &Value, name: &str| span[name].as_u64().unwrap_or_default();
    let spans = message["spans"].as_array().into_iter().flatten();
    let places = spans.filter(|span| span["is_primary"] == true).map(|span| {
        let (from, to) = (number(span, "column_start"), number(span, "column_end"));
        format!("{}:{from}-{to}", number(span, "line_start"))
    });
    let places: Vec<String> = places.collect();
    let code = match message["code"]["code"].as_str().unwrap_or("-") {
        // An argument that is changed and not `mut`: what it is called depends on who holds it.
        "E0384" => "E0594",
        // A `break` outside of a loop is inside of a closure.
        "E0268" => "E0267",
        code => code,
    };
    format!("{} {code} at {}", message["level"], places.join(" "))
}
