//! The secrets that every row tries to get into an output, and the search for them there.

/// A secret of text; none of its parts occurs in honest output.
pub(super) const TEXT: &str = "zq7wxjk9vbnp";
/// A secret number.
pub(super) const NUMBER: u64 = 7_391_846_250;
/// A secret of nothing but symbols, which no list of secret-like words or patterns knows.
pub(super) const SYMBOLS: &str = "!§%&/()=?*+~";
/// Secrets of four to six digits.
pub(super) const PINS: [&str; 3] = ["8427", "53917", "604183"];

/// How long a piece of a secret may be before it counts as a leak.
const PIECE: usize = 4;

/// True if a piece of any secret stands in the text: plain, as numbers of bytes, in hexadecimal,
/// in base64.
pub(super) fn is_in(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.to_lowercase();
    forms().iter().any(|form| text.contains(form))
}

/// Every form that gives a piece of a secret away, without white space and in small letters.
fn forms() -> Vec<String> {
    let mut forms = vec![NUMBER.to_string(), format!("{NUMBER:x}")];
    for secret in [TEXT, SYMBOLS].into_iter().chain(PINS) {
        let letters: Vec<char> = secret.chars().collect();
        forms.extend(letters.windows(PIECE).map(String::from_iter));
    }
    for secret in [TEXT, SYMBOLS] {
        for bytes in secret.as_bytes().windows(PIECE) {
            let list = |write: fn(&u8) -> String, between: &str| {
                bytes.iter().map(write).collect::<Vec<_>>().join(between)
            };
            forms.push(list(u8::to_string, ","));
            for between in ["", ",", ",0x"] {
                forms.push(list(|byte| format!("{byte:02x}"), between));
            }
        }
    }
    forms.push(base64(TEXT));
    forms
}

/// The text in base64, in small letters as the search wants it.
fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = text.as_bytes().chunks_exact(3);
    let digits = groups.flat_map(|three| {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[bits >> shift & 63]))
    });
    digits.collect()
}

#[test]
fn a_piece_of_a_secret_is_found_in_every_form() {
    for shown in [
        format!("password={TEXT}"),
        format!("{:.7}", TEXT),
        TEXT.to_uppercase(),
        format!("{:?}", TEXT.as_bytes()),
        format!("{:#?}", TEXT.as_bytes()),
        format!("{:02x?}", TEXT.as_bytes()),
        format!("{:X?}", TEXT.as_bytes()),
        format!("{:#x?}", TEXT.as_bytes()),
        "7A713777".to_owned(),
        "password=enE3d3hqazl2Ym5w".to_owned(),
        format!("{NUMBER:#x}"),
        format!("{SYMBOLS:?}"),
        format!("pin ****{}", &PINS[2][2..]),
    ] {
        assert!(is_in(&shown));
    }
    for honest in ["", "[redacted]", "Login { user: \"ada\", password: [redacted] }", "zq7", "842"]
    {
        assert!(!is_in(honest), "{honest}");
    }
}
