//! What each form of each kind becomes, and what is left as it is.

use audit_guard::{Kind, scrub, written_out};

/// Signs that are written out in a table.
const UNSEEN: [(&str, &str); 6] = [
    (r"\u{0}", "\u{0}"),
    (r"\u{7}", "\u{7}"),
    (r"\u{9b}", "\u{9b}"),
    (r"\u{ad}", "\u{ad}"),
    (r"\u{200b}", "\u{200b}"),
    (r"\u{202e}", "\u{202e}"),
];

/// Asserts for each line `text => scrubbed`, whose tokens are broken by `¦`, so that no scanner takes them for live ones.
fn check(table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (text, scrubbed) = line.split_once(" => ").unwrap_or((line, line));
        let read = |text: &str| {
            let text = text.replace('¦', "").replace("\\n", "\n").replace("\\e", "\u{1b}");
            UNSEEN.iter().fold(text, |text, (name, sign)| text.replace(name, sign))
        };
        assert_eq!(scrub(&read(text)).text, read(scrubbed), "{line}");
    }
}

/// Asserts that every line is left as it is.
fn check_untouched(table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        assert_eq!(scrub(line).text, line);
    }
}

#[test]
fn cards() {
    check(
        r#"paid with 4111111111111111 today => paid with [REDACTED:card] today
         4111 1111 1111 1111 => [REDACTED:card]
         4111-1111-1111-1111. => [REDACTED:card].
         amex 3714 496353 98431, ok => amex [REDACTED:card], ok
         371449635398431 => [REDACTED:card]
         (5555555555554444) => ([REDACTED:card])
         pan:6011000400000000;x => pan:[REDACTED:card];x
         4111111111111111 and 5555 5555 5555 4444 => [REDACTED:card] and [REDACTED:card]
         2223003122003222 => [REDACTED:card]"#,
    );
    check_untouched(
        r#"4111111111111112
         4111-1111 1111-1111
         1690000000000000
         order 94111111111111111
         41111111111111111
         0.4111111111111111
         blk_4111111111111111
         /posts/4111111111111111
         4444444444444444
         2026-11-22 15:27:58.4111111111111111
         9111111111111111
         [REDACTED:ssn]4111111111111111"#,
    );
}

#[test]
fn social_security_numbers() {
    check(
        r#"ssn 536-22-1234 => ssn [REDACTED:ssn]
         itin 911-70-1234. => itin [REDACTED:ssn].
         {"ssn": "536221234"} => {"ssn": "[REDACTED:secret]"}"#,
    );
    check_untouched(
        r#"000-22-1234
         666-22-1234
         911-89-1234
         536-00-1234
         536-22-0000
         078-05-1120
         2026-11-22-1234
         1536-22-1234
         536-22-12345
         a536-22-1234"#,
    );
}

#[test]
fn bank_accounts() {
    check(
        r#"to DE89370400440532013000 now => to [REDACTED:iban] now
         GB29 NWBK 6016 1331 9268 19 => [REDACTED:iban]
         NO93 8601 1117 947 => [REDACTED:iban]
         AL47-2121-1009-0000-0002-3569-8741, x => [REDACTED:iban], x
         TRANSFER DE89 3704 0044 0532 0130 00 DONE => TRANSFER [REDACTED:iban] DONE"#,
    );
    check_untouched(
        r#"DE89370400440532013001
         DE893704004405320130
         de89370400440532013000
         XDE89370400440532013000
         DE893704004405320130001"#,
    );
}

#[test]
fn numbers_of_persons_and_phones() {
    check(
        r#"DNI 12345678Z, NIE X9613851N => DNI [REDACTED:personal_number], NIE [REDACTED:personal_number]
         hetu 131052-308T or 010594Y9032 => hetu [REDACTED:personal_number] or [REDACTED:personal_number]
         MBI 1EG4-TE5-MK73 and 1EG4TE5MK73 => MBI [REDACTED:personal_number] and [REDACTED:personal_number]
         FIN S2740116C => FIN [REDACTED:personal_number]
         MORGA657054SM9IJ => [REDACTED:personal_number]
         L01X00T44 => [REDACTED:personal_number]
         15070649C103 => [REDACTED:personal_number]
         my passport number is CD7654321 here => my passport number is [REDACTED:personal_number] here
         SIN: 130 692 544 => SIN: [REDACTED:personal_number]
         National Insurance Number YZ614868B => National Insurance Number [REDACTED:personal_number]
         call +49 30 1234567. => call [REDACTED:phone].
         (415) 555-0132 or 415-555-0132 => [REDACTED:phone] or [REDACTED:phone]
         from 09171234567 on => from [REDACTED:phone] on
         Telefon: 030 1234567 => Telefon: [REDACTED:phone]"#,
    );
    check_untouched(
        r#"12345678A
         X9613851Q
         310289-211C
         131052-308U
         1EG4-TE5-MI73
         L01X00T47
         1234567890123
         order 130692544
         sin 130692544x
         +0200 and +1000 and +12345
         phone 12 of 34
         115-555-0132
         00917123456
         the licence of 2026
         2026-11-22 15:27:58"#,
    );
}

#[test]
fn names_and_values() {
    check(
        r#"password=hunter2 => password=[REDACTED:secret]
         password: hunter2 => password: [REDACTED:secret]
         PGPASSWORD='hunter 2' psql => PGPASSWORD='[REDACTED:secret]' psql
         login pw=hunter2 ?pw=hunter2 => login pw=[REDACTED:secret] ?pw=[REDACTED:secret]
         {"pw": "hunter2"} => {"pw": "[REDACTED:secret]"}
         {"password":"hun\"ter2","user":1} => {"password":"[REDACTED:secret]","user":1}
         {\"password\":\"hunter2\"} => {\"password\":\"[REDACTED:secret]\"}
         --db-password hunter2 --x => --db-password [REDACTED:secret] --x
         <password>hunter2</password> => <password>[REDACTED:secret]</password>
         user[password]=hunter2&x=1 => user[password]=[REDACTED:secret]&x=1
         GET /cb?access_token=a8Zk20fjQ9x&b=1 => GET /cb?access_token=[REDACTED:secret]&b=1
         spring.datasource.password=hunter2 => spring.datasource.password=[REDACTED:secret]
         Server=db;User=sa;Password=hunter2;Timeout=3 => Server=db;User=sa;Password=[REDACTED:secret];Timeout=3
         api-key: 5eb4223e-5008-46e5-be67-c7b8f2732305 => api-key: [REDACTED:secret]
         clientSecret = "a8Zk20fjQ9x" => clientSecret = "[REDACTED:secret]"
         Cookie: sid=31d4d96e407aad42; theme=dark => Cookie: [REDACTED:secret]
         otp=123456 => otp=[REDACTED:secret]
         cvv: 123 => cvv: [REDACTED:secret]"#,
    );
    check_untouched(
        r#"password=
         password=null
         password=${DB_PASSWORD}
         password: ********
         password=[redacted]
         password: required
         Failed password for root from 10.0.0.1 port 22
         sudo: ubuntu : PWD=/srv/app ; USER=root
         token_count=128123
         next_token=a8Zk20fjQ9x
         session_id: 0x14f05578bd80018
         Bad activity token: android.os.BinderProxy@2bd79ce
         unexpected token: }
         token.password = config.get("x")
         keyboard=a8Zk20fjQ9x
         pin=high"#,
    );
}

#[test]
fn a_mark_hides_nothing_that_follows_it() {
    check(
        r#"password=[REDACTED:secret]hunter2S3cret => password=[REDACTED:secret][REDACTED:secret]
         password=[REDACTED:card][REDACTED:ssn]hunter2, x => password=[REDACTED:card][REDACTED:ssn][REDACTED:secret], x
         "password": "[REDACTED:secret] hunter2" => "password": "[REDACTED:secret][REDACTED:secret]"
         password=[REDACTED:hunter2S3cret] => password=[REDACTED:secret]]
         [REDACTED:password=hunter2 => [REDACTED:password=[REDACTED:secret]
         password=[redacted]hunter2S3cret => password=[REDACTED:secret]
         password=4111111111111111(hunter2 => password=[REDACTED:card][REDACTED:secret]
         token=[REDACTED:none]a8Zk20fjQ9x => token=[REDACTED:secret]"#,
    );
    check_untouched(
        r#"password=[REDACTED:secret]
         password=[REDACTED:secret], retried
         (password=[REDACTED:secret]).
         password=[REDACTED:secret]&x=1
         Password=[REDACTED:secret];Timeout=3
         {"password":"[REDACTED:secret]","user":1}
         Authorization: Bearer [REDACTED:bearer]"#,
    );
}

#[test]
fn a_sign_that_begins_a_place_for_a_value_hides_no_value() {
    check(
        r#"password=[hunter2-S3cret!99] => password=[REDACTED:secret]]
         password=(hunter2-S3cret!99) => password=[REDACTED:secret])
         password=$2y$10$N9qo8uLOickgx2ZMRZoMye => password=[REDACTED:secret]
         password=$ecr3tP4ss => password=[REDACTED:secret]
         password=*hunter2S3cret => password=[REDACTED:secret]
         password="&hunter2S3cret" => password="[REDACTED:secret]"
         password="<hunter2S3cret" => password="[REDACTED:secret]"
         password=‹hunter2S3cret› => password=[REDACTED:secret]
         password=…hunter2S3cret => password=[REDACTED:secret]
         password={{hunter2S3cret => password={{hunter2S3cret
         password="{{hunter2S3cret" => password="[REDACTED:secret]""#,
    );
    check_untouched(
        r#"password=$DB_PASSWORD
         password=$DB2_PASSWORD_1
         password=${DB_PASSWORD:-none}
         password=$(cat secret.txt)
         password=[hidden]
         password=(none)
         password="<your password here>"
         password="{{ .Values.db1.password }}"
         password=%(password)s
         password=****************
         password="&passwordOption"
         password="*passwordOption"
         password=…1234"#,
    );
}

#[test]
fn headers() {
    check(
        r#"Authorization: Bearer mF_9.B5f-4.1JqM => Authorization: Bearer [REDACTED:bearer]
         authorization: basic YWRhOmh1bnRlcjI= => authorization: basic [REDACTED:basic]
         -H 'Authorization: Token 22cb987851bc5659' x => -H 'Authorization: Token [REDACTED:secret]' x
         sent Bearer mF_9.B5f-4.1JqM9 to a => sent Bearer [REDACTED:bearer] to a
         Basic YWRhOmh1bnRlcjI= => Basic [REDACTED:basic]
         Authorization: Digest username="a", response="6629fae49393a05397450978507c4ef1" => Authorization: Digest [REDACTED:secret]
         curl -u ada:hunter2 https://x => curl -u [REDACTED:basic] https://x
         curl -s --user 'ada:hunter 2' x => curl -s --user '[REDACTED:basic]' x"#,
    );
    check_untouched(
        r#"Bearer authentication is required
         WWW-Authenticate: Basic realm="x"
         Authorization: Bearer <token>
         curl -u $USER:$PASS https://x
         docker run -u 1000:1000 x
         basic information about it"#,
    );
}

#[test]
fn tokens_keys_and_addresses() {
    check(
        r#"x eyJhbGciOiJIUzI1NiJ9.¦eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN y => x [REDACTED:jwt] y
         -----BEGIN RSA ¦PRIVATE KEY-----\\nMIIEpQIBAAKCAQEAn6\\n-----END RSA PRIVATE KEY----- z => [REDACTED:private_key] z
         postgres://ada:hunter2@db:5432/x => postgres://ada:[REDACTED:url_password]@db:5432/x
         https://:hunter2@x/ => https://:[REDACTED:url_password]@x/
         key AKIA¦QYLPMN5HHHFPZAM2 => key [REDACTED:token]
         ghp_¦wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx => [REDACTED:token]
         xoxb-¦2345678901-abcdefGHIJKL12 => [REDACTED:token]
         sk_live_¦ReTllpYQYfIZu2Jnf2lAPFjD => [REDACTED:token]
         POST https://hooks.slack.com/services/¦T024T/BBB72BBL/AZAAA9u0pA4ad666eMgbi555 => POST https://[REDACTED:token]
         bot110201543:¦AAHdqTcvCH1vGWJxfSe1ofSAs0K5PALDsaw => bot[REDACTED:token]
         a2937653ed38c31a43ea46¦e2b19257db-us2 => [REDACTED:token]
         xghp_¦wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx9 => x[REDACTED:token]9
         xghp_¦wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUy9 => xghp_wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUy9
         AKC¦p8budTFpbypBqQbGJPz => [REDACTED:token]
         datadog: 6d2FabeB6ADd229Bc199FabA28fD3efb57dF0bD3 => datadog: [REDACTED:secret]
         ?x=1&sig=a8Zk20fjQ9xa8Zk20fjQ9xa8Zk20fjQ9xa8Zk20fjQ9%3D => ?x=1[REDACTED:token]
         .GN.7Q~¦4AkLZBNEbz4Jxlm~O5G6SsyFxYg6zMR => .GN.7Q~4AkLZBNEbz4Jxlm~O5G6SsyFxYg6zMR
         x GN.7Q~¦4AkLZBNEbz4Jxlm~O5G6SsyFxYg6zMR => x [REDACTED:token]
         OTUyNTk1MDk2MTMxNzc2MTEz¦.YjESug.UNf-1GhsIG8zWT409q2C7Bh_zWQ => [REDACTED:token]
         911602140448729|¦AY-lRJZq9BoDLobvAiP25L7RcMg => [REDACTED:token]"#,
    );
    check_untouched(
        r#"550e8400-e29b-41d4-a716-446655440000
         0198c0de-7f3a-7bbb-8000-0242ac120002
         9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
         sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
         trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7
         https://host:8080/a@b
         http://a/?to=ada@example.org
         AKIAIOSFODNN7EXAMPLE
         ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
         -----BEGIN CERTIFICATE-----
         eyJhbGciOiJIUzI1NiJ9"#,
    );
}

#[test]
fn what_a_reader_does_not_see_hides_nothing() {
    check(
        r#"\e[3mpassword\e[0m\e[2m=\e[0m"hunter2" => \e[3mpassword\e[0m\e[2m=\e[0m"[REDACTED:secret]"
         password=\e[31mhunter2\e[0m => password=\e[31m[REDACTED:secret]\e[0m
         password=hun\e[1;31mter2 x => password=[REDACTED:secret] x
         4111 11\u{200b}11 1111\u{0} 1111. => [REDACTED:card].
         pass\u{ad}word=hunter2 => pass\u{ad}word=[REDACTED:secret]
         ghp_¦wWPw5k4aXcaT4fNP0\u{9b}1mUcnZwJUVFk6LO0pINUx => [REDACTED:token]
         \e]0;title\u{7}password=hunter2 => \e]0;title\u{7}password=[REDACTED:secret]
         password=\u{202e}hunter2 => password=\u{202e}[REDACTED:secret]"#,
    );
    for text in [
        "\u{1b}[32m INFO\u{1b}[0m served\u{1b}",
        "\u{1b}[",
        "\u{1b}]0;never",
        "\u{9b}",
        "ß…é漢\u{0}",
    ] {
        assert_eq!(scrub(text).text, text);
    }
    assert_eq!(
        written_out("a\tb\r\nc\u{0}\u{7f}\u{85}\u{2028}é"),
        "a\tb\\r\\nc\\u{0}\\u{7f}\\u{85}\\u{2028}é"
    );
    assert!(matches!(written_out("an honest line…"), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn what_was_caught_is_counted_and_never_quoted() {
    let scrubbed = scrub("password=hunter2 and 4111111111111111 and 5555555555554444");
    assert_eq!(scrubbed.caught.iter().collect::<Vec<_>>(), [(Kind::Card, 2), (Kind::Secret, 1)]);
    let shown = format!("{scrubbed:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("4111"), "{shown}");
    assert_eq!(scrub("nothing").caught.iter().count(), 0);
}

#[test]
fn every_mark_is_its_name_and_is_left_as_it_is() {
    for kind in Kind::ALL {
        assert_eq!(kind.mark(), format!("[REDACTED:{kind}]"));
        for text in [kind.mark().to_owned(), format!("password={}", kind.mark())] {
            assert_eq!(scrub(&text).text, text);
        }
    }
}
