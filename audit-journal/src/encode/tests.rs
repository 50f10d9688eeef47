//! The promises of the encoding: one honest line, valid within any cap.

use super::*;

const NASTY: &str = "a\"\\\n\r\t\u{0}\u{1b}\u{7f}\u{85}\u{9f}\u{2028}\u{202e}\u{2066}é漢😀";

fn written(text: &str, cap: usize) -> (String, bool) {
    let mut out = Vec::new();
    let cut = text_capped(&mut out, text, cap);
    (String::from_utf8(out).unwrap(), cut)
}

#[test]
fn strings_read_back_and_hold_no_deceptive_character() {
    let (json, cut) = written(NASTY, usize::MAX);
    assert!(!cut);
    assert!(!json.chars().any(is_deceptive), "{json}");
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), NASTY);
}

#[test]
fn a_text_is_plain_wherever_its_characters_stand() {
    for byte in 0..=0x7f_u8 {
        for length in 1..20 {
            for at in 0..length {
                let mut text = vec![b'a'; length];
                text[at] = byte;
                let plain = (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
                let text = String::from_utf8(text).unwrap();
                assert_eq!(is_plain(&text), plain, "{text:?}");
            }
        }
    }
    assert!(is_plain("") && !is_plain("é") && !is_plain("1234567é"));
}

#[test]
fn serialized_values_are_escaped_alike() {
    let mut out = Vec::new();
    assert!(!value(&mut out, &[NASTY], 1000).unwrap());
    let json = String::from_utf8(out).unwrap();
    assert!(!json.chars().any(is_deceptive), "{json}");
    assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [NASTY]);
}

#[test]
fn ready_made_json_is_written_anew() {
    let raw = "{\"a\":\n[1, \"\u{202e}\"]}".to_owned();
    let raw = serde_json::value::RawValue::from_string(raw).unwrap();
    let mut out = Vec::new();
    assert!(!value(&mut out, &raw, 1000).unwrap());
    assert_eq!(out, br#"{"a":[1,"\u202e"]}"#);
}

#[test]
fn every_cap_leaves_valid_json_within_the_cap() {
    for cap in 0..80 {
        let (json, cut) = written(NASTY, cap);
        assert!(json.len() <= cap + 2);
        let read: String = serde_json::from_str(&json).unwrap();
        assert!(NASTY.starts_with(&read));
        assert_eq!(cut, read != NASTY);

        let mut out = Vec::new();
        let cut = value(&mut out, NASTY, cap.max(1)).unwrap();
        let read: String = serde_json::from_slice(&out).unwrap();
        assert!(NASTY.starts_with(&read));
        assert!(cut || read == NASTY);
    }
}

#[test]
fn a_structure_over_its_cap_is_replaced_as_a_whole() {
    let mut out = b"x".to_vec();
    assert!(value(&mut out, &[1, 2, 3], 4).unwrap());
    assert_eq!(out, br#"x"[truncated]""#);
}

#[test]
fn a_failing_serialize_leaves_nothing_behind() {
    let mut out = b"x".to_vec();
    let unserializable = std::collections::HashMap::from([([1], 1)]);
    assert!(value(&mut out, &unserializable, 100).is_err());
    assert_eq!(out, b"x");
}

#[test]
fn objects_are_written_member_by_member() {
    let mut out = b"{".to_vec();
    let mut object = Object::members(&mut out);
    object.plain("a", "b");
    object.number("n", u64::MAX);
    object.flag("f", true);
    object.object("o", |o| {
        o.text("t", "\u{7}", 10);
    });
    object.array("l", [1, 2], number);
    object.raw("r", b"null");
    out.push(b'}');
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"a":"b","n":18446744073709551615,"f":true,"o":{"t":"\u0007"},"l":[1,2],"r":null}"#
    );
}

#[test]
fn every_string_passes_whole_and_before_it_is_cut() {
    let long = format!("{}secret", "a\n".repeat(20));
    let nested = std::collections::BTreeMap::from([("secret", vec![long.as_str(), "\"\u{202e}"])]);
    let mut passed = Vec::new();
    let mut change = |text: &str| {
        passed.push(text.to_owned());
        text.contains("secret").then(|| text.replace("secret", "\"-\""))
    };
    let mut out = Vec::new();
    assert!(!value_through(&mut out, &nested, 1000, &mut change).unwrap());
    let expected = format!(r#"{{"\"-\"":["{}\"-\"","\"\u202e"]}}"#, r"a\n".repeat(20));
    assert_eq!(String::from_utf8(out).unwrap(), expected);

    let mut out = Vec::new();
    assert!(value_through(&mut out, &long, 20, &mut change).unwrap());
    assert_eq!(String::from_utf8(out).unwrap(), format!("\"{}a\"", r"a\n".repeat(6)));

    let mut out = Vec::new();
    let numbers = std::collections::BTreeMap::from([(7, 1.5)]);
    assert!(!value_through(&mut out, &numbers, 20, &mut change).unwrap());
    assert_eq!(out, br#"{"7":1.5}"#);

    let raw = serde_json::value::RawValue::from_string(r#"["a secret"]"#.to_owned()).unwrap();
    let mut out = Vec::new();
    assert!(!value_through(&mut out, &raw, 100, &mut change).unwrap());
    assert_eq!(out, br#"["a \"-\""]"#);
    assert_eq!(passed[..3], ["secret", &long, "\"\u{202e}"]);
}

/// A text in as many arrays and objects as `levels` says.
fn nested(levels: usize) -> serde_json::Value {
    (0..levels).fold("x".into(), |inner, level| match level % 2 {
        0 => serde_json::Value::Array(vec![inner]),
        _ => [("a", inner)].into_iter().collect(),
    })
}

#[test]
fn what_is_nested_too_deep_is_replaced_as_a_whole() {
    let written = |value: &dyn Fn(&mut Vec<u8>) -> bool| {
        let mut out = Vec::new();
        let cut = value(&mut out);
        (cut, serde_json::from_slice::<serde_json::Value>(&out).unwrap())
    };
    for (levels, fits) in [(1, true), (64, true), (65, false), (127, false), (1_000, false)] {
        let value = nested(levels);
        let (cut, read) =
            written(&|out| value_through(out, &value, 1 << 20, &mut |_| None).unwrap());
        assert_eq!(cut, !fits, "{levels}");
        assert_eq!(read, if fits { value } else { "[truncated]".into() }, "{levels}");
    }
    // Neighbours are not levels, and ready-made JSON has those of where it stands.
    let wide = vec![nested(60); 100];
    let raw = |levels| serde_json::value::to_raw_value(&nested(levels)).unwrap();
    let (cut, _) = written(&|out| value_through(out, &wide, 1 << 20, &mut |_| None).unwrap());
    assert!(!cut);
    for (levels, fits) in [(62, true), (63, false)] {
        let value = [[raw(levels)]];
        let (cut, _) = written(&|out| value_through(out, &value, 1 << 20, &mut |_| None).unwrap());
        assert_eq!(cut, !fits, "{levels}");
    }
}

#[test]
fn numbers_of_any_length_have_all_their_digits() {
    let powers = (0..20).map(|power| 10_u64.pow(power)).chain([u64::MAX]);
    for value in powers.flat_map(|power| [power - 1, power, power.saturating_add(1), power / 7 * 3])
    {
        let mut out = Vec::new();
        number(&mut out, value);
        assert_eq!(out, value.to_string().as_bytes());
    }
}
