//! The house rules, checked over the sources of the whole workspace.
//!
//! A finding names the place and says what to do. Rules are plain functions from sources to
//! findings, and each has a test that shows it an offence.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod files;
mod floors;
mod names;
mod opening;
mod pages;
mod reach;
mod settings;
mod size;
mod source;
mod threads;
mod tokens;
mod words;

use source::Workspace;

#[test]
fn every_file_opens_with_one_sentence() {
    expect_none(opening::check(&Workspace::read().sources));
}

#[test]
fn modules_use_only_lower_floors() {
    expect_none(floors::check(&Workspace::read().sources));
}

#[test]
fn every_file_belongs_to_a_crate() {
    let workspace = Workspace::read();
    expect_none(reach::check(&workspace.sources, &workspace.manifests));
}

#[test]
fn crates_files_and_functions_stay_small() {
    expect_none(size::check(&Workspace::read().sources));
}

#[test]
fn items_are_named_in_the_fields_terms() {
    expect_none(names::check(&Workspace::read().sources));
}

#[test]
fn nothing_is_left_undone_or_ignored() {
    expect_none(words::check(&Workspace::read().sources));
}

#[test]
fn no_text_names_a_place_on_one_machine() {
    let workspace = Workspace::read();
    let sources = words::machine_paths(&workspace.sources);
    expect_none([sources, words::machine_paths(&workspace.texts)].concat());
}

#[test]
fn only_the_storage_of_the_journal_opens_files() {
    expect_none(files::check(&Workspace::read().sources));
}

#[test]
fn every_setting_of_a_recorder_has_a_key() {
    expect_none(settings::check(&Workspace::read().sources));
}

#[test]
fn every_thread_is_on_the_map() {
    let workspace = Workspace::read();
    expect_none(threads::check(&workspace.sources, workspace.text("ARCHITECTURE.md")));
}

#[test]
fn decisions_and_the_map_stay_short() {
    expect_none(pages::check(&Workspace::read().texts));
}

fn expect_none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
