//! What is written, what is compared, and what is said of each kind of change.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use super::*;
use crate::catalog::listed::{Action, Exception, Place, Type, Waiver};

fn action(name: &str, fields: &[&str]) -> Action {
    Action {
        action: name.into(),
        category: "activity".into(),
        op: "update".into(),
        severity: None,
        durability: "synced".into(),
        on_unrecorded: "fail_closed".into(),
        retention: None,
        targets: vec!["Account".into()],
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        changes: None,
        version: 1,
        routes: Vec::new(),
        description: None,
        place: Place("src/shop.rs:7".into()),
    }
}

fn ty(name: &str, fields: &[(&str, &str)]) -> Type {
    let fields = fields.iter().map(|(field, how)| ((*field).to_owned(), (*how).to_owned()));
    Type {
        name: name.into(),
        fields: fields.collect::<BTreeMap<_, _>>(),
        place: Place("src/shop.rs:3".into()),
    }
}

fn shop() -> Listed {
    Listed {
        format: FORMAT,
        about: "a shop".into(),
        actions: vec![action("CloseAccount", &[]), action("UpdateAccount", &["amount", "note"])],
        types: vec![ty("shop::Login", &[("name", "public"), ("pin", "sensitive")])],
        exceptions: vec![Exception {
            kind: "public field".into(),
            what: "shop::Login.name".into(),
            reason: Some("a word\u{1b}[2J".into()),
            place: Place("src/shop.rs:4".into()),
        }],
        waivers: vec![Waiver {
            route: "GET /health".into(),
            waived: "access = none".into(),
            reason: "a probe".into(),
            until: "2031-01-31".into(),
            place: Place("src/shop.rs:9".into()),
        }],
    }
}

/// What is said when `change` has happened to the shop since its file was written.
fn said(change: impl FnOnce(&mut Listed)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit-catalog.json");
    check(&path, Wish::Compare, &shop()).unwrap();
    let mut now = shop();
    change(&mut now);
    let text = check(&path, Wish::CompareOnly, &now.sorted()).unwrap_err();
    let lines = text.lines().collect::<Vec<_>>();
    assert!(lines[0].contains("this program's audit catalogue is not the one in "), "{text}");
    assert!(lines.last().unwrap().contains("AUDIT_CATALOG=write"), "{text}");
    lines[1..lines.len() - 1].join("\n")
}

#[test]
fn the_environment_decides_between_writing_and_comparing() {
    let wish = |catalog: Option<&str>, ci: Option<&str>| {
        Wish::of(catalog.map(OsStr::new), ci.map(OsStr::new))
    };
    assert_eq!(wish(None, None), Ok(Wish::Compare));
    assert_eq!(wish(Some(""), Some("false")), Ok(Wish::Compare));
    assert_eq!(wish(None, Some("true")), Ok(Wish::CompareOnly));
    assert_eq!(wish(Some("write"), Some("true")), Ok(Wish::Write));
    assert!(wish(Some("Write"), None).is_err());
}

#[test]
fn a_file_that_is_missing_is_written_once_and_then_compared() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit-catalog.json");
    let refused = check(&path, Wish::CompareOnly, &shop()).unwrap_err();
    assert!(refused.contains("is missing") && !path.exists(), "{refused}");
    let told = check(&path, Wish::Compare, &shop()).unwrap().unwrap();
    assert!(told.contains("2 actions, 1 types, 1 exceptions, 1 waivers"), "{told}");
    let written = fs::read(&path).unwrap();
    assert_eq!(check(&path, Wish::Compare, &shop()), Ok(None));
    assert_eq!(check(&path, Wish::CompareOnly, &shop()), Ok(None));

    let mut changed = shop();
    changed.actions.pop();
    assert!(check(&path, Wish::Compare, &changed).is_err());
    assert_eq!(fs::read(&path).unwrap(), written, "a comparison changes nothing");
    check(&path, Wish::Write, &changed).unwrap();
    assert_eq!(check(&path, Wish::CompareOnly, &changed), Ok(None));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_only_moved_has_not_changed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit-catalog.json");
    check(&path, Wish::Write, &shop()).unwrap();
    let mut moved = shop();
    moved.actions[0].place = Place("src/other.rs:70".into());
    moved.actions.reverse();
    assert_eq!(check(&path, Wish::Compare, &moved.sorted()), Ok(None));
}

#[test]
fn actions_that_come_go_and_change_are_told_apart() {
    let text = said(|now| {
        now.actions = vec![action("OpenAccount", &[]), action("UpdateAccount", &["amount", "why"])];
        now.actions[1].durability = "queued".into();
        now.actions[1].retention = Some("payments".into());
        now.actions[1].targets.clear();
    });
    assert_eq!(
        text,
        "actions removed, which no record will have any more:\n    `CloseAccount`\n\
         actions added:\n    `OpenAccount` (src/shop.rs:7): activity, update, synced, fail_closed, targets \
         `Account`, no fields\n\
         actions changed:\n    `UpdateAccount` (src/shop.rs:7): targets changed: `Account` removed; fields changed: \
         `why` added, `note` removed; durability was `synced`, and is `queued` now; retention was not said, and is \
         `payments` now\n\
         schemas changed without a new version, so that no reader can tell old records from new:\n    \
         `UpdateAccount` (src/shop.rs:7): write `version = 2` into its `#[audited(…)]`"
    );
}

#[test]
fn a_schema_changes_with_its_version_only_and_versions_rise() {
    let heading = "schemas changed without a new version";
    let with = |was: u32, is: u32, change: fn(&mut Action)| {
        let (mut before, mut now) = (shop(), shop());
        before.actions[1].version = was;
        now.actions[1].version = is;
        change(&mut now.actions[1]);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit-catalog.json");
        check(&path, Wish::Write, &before).unwrap();
        let told = check(&path, Wish::Compare, &now).err().unwrap_or_default();
        let written = check(&path, Wish::Write, &now).err().unwrap_or_default();
        assert_eq!(told.contains(heading), written.contains("is not written"), "{told} {written}");
        (!written.is_empty()).then_some(told)
    };
    let field: fn(&mut Action) = |action| action.fields.push("why".into());
    let target: fn(&mut Action) = |action| action.targets.clear();
    let compared: fn(&mut Action) = |action| action.changes = Some("account".into());
    let other: fn(&mut Action) = |action| action.durability = "queued".into();
    for (was, is, change, expected) in [
        (1, 1, field, Some("write `version = 2`")),
        (4, 4, target, Some("write `version = 5`")),
        (1, 1, compared, Some("write `version = 2`")),
        (1, 2, compared, None),
        (1, 2, field, None),
        (1, 2, other, None),
        (1, 1, other, None),
        (3, 2, other, Some("version 3 was before, and 2 is now: versions only rise")),
        (3, 2, field, Some("version 3 was before, and 2 is now: versions only rise")),
    ] {
        let told = with(was, is, change);
        assert_eq!(told.is_some(), expected.is_some(), "{was} {is}: {told:?}");
        assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{was} {is}");
    }
}

#[test]
fn a_second_function_with_the_name_of_another_is_told() {
    let second = || {
        let mut second = Action { version: 2, ..action("CloseAccount", &["reason"]) };
        second.place = Place("src/admin.rs:9".into());
        second
    };
    let text = said(|now| now.actions.push(second()));
    assert_eq!(
        text,
        "actions changed:\n    one more function records `CloseAccount` (src/admin.rs:9): activity, update, synced, \
         fail_closed, targets `Account`, fields `reason`\n\
         functions with one name, whose records nobody can tell apart:\n    `CloseAccount` of 2 functions: \
         src/shop.rs:7, src/admin.rs:9"
    );
    // Another schema under the same version is one of the same records, as if the first had changed.
    let unversioned = said(|now| now.actions.push(Action { version: 1, ..second() }));
    assert!(
        unversioned.contains("`CloseAccount` (src/admin.rs:9): write `version = 2`"),
        "{unversioned}"
    );
    // One that is like the other to the last field is a second one all the same.
    assert!(said(|now| now.actions.push(action("CloseAccount", &[]))).contains("of 2 functions"));
    let two = Listed { actions: vec![action("Close", &[]), second(), second()], ..shop() };
    assert_eq!(differences::namesakes(&two).len(), 1);
}

#[test]
fn changed_marks_and_exceptions_are_told() {
    let text = said(|now| {
        now.types = vec![
            ty("shop::Login", &[("age", "by its type"), ("pin", "public")]),
            ty("shop::Order", &[("[0]", "sensitive(mask(card))")]),
        ];
        now.exceptions[0].what = "shop::Login.pin".into();
    });
    assert_eq!(
        text,
        "types changed, and with them what is written of their fields:\n    \
         `shop::Login.age` is new: by its type\n    `shop::Login.name` is gone\n    \
         `shop::Login.pin` was sensitive, and is public now\n    \
         `shop::Order` is new (src/shop.rs:3): `[0]` sensitive(mask(card))\n\
         exceptions added, which show more than the rules:\n    \
         public field `shop::Login.pin`, because \"a word\\u{1b}[2J\" (src/shop.rs:4)\n\
         exceptions removed:\n    public field `shop::Login.name`, because \"a word\\u{1b}[2J\""
    );
}

#[test]
fn a_waiver_that_is_new_or_holds_longer_is_told() {
    assert_eq!(
        said(|now| now.waivers[0].until = "2032-01-31".into()),
        "waivers added, which leave something unrecorded:\n    \
         `access = none` of `GET /health` until 2032-01-31, because \"a probe\" (src/shop.rs:9)\n\
         waivers removed:\n    \
         `access = none` of `GET /health` until 2031-01-31, because \"a probe\""
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_place_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit-catalog.json");
    let conflict = "{\n<<<<<<< ours\n\"format\": 1}";
    for (text, why) in [
        (conflict, "line 2, column 1"),
        ("{\"format\":2,\"actions\":[],\"types\":[],\"exceptions\":[]}", "another version"),
        ("{\"format\":1,\"actions\":[],\"types\":[],\"exceptions\":[],\"x\":1}", "column 55"),
        ("", "line 1"),
    ] {
        fs::write(&path, text).unwrap();
        let said = check(&path, Wish::Compare, &shop()).unwrap_err();
        assert!(said.contains("cannot be read") && said.contains(why), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let said = check(directory.path(), Wish::Compare, &shop()).unwrap_err();
    assert!(said.contains("cannot be read"), "{said}");
    let nowhere = directory.path().join("missing/audit-catalog.json");
    assert!(check(&nowhere, Wish::Compare, &shop()).unwrap_err().contains("cannot be written"));
}
