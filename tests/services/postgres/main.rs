//! Secrets in the rows of a PostgreSQL server that the test starts, through the crate sqlx.
//!
//! These tests need Linux, root and PostgreSQL; without them they fail and say what to install.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod server;

use audit_runtime::redact::Choice;
use audit_runtime::{Secret, Sensitive};
use sqlx::postgres::{PgConnection, PgQueryResult, PgRow};
use sqlx::{Connection as _, Decode, FromRow, Postgres, Row as _, Type};

use server::Server;

const CANARY: &str = "canary-817305";
const NUMBER: i64 = 817_305_817_305;
const TABLE: &str = "CREATE TABLE logins (password text UNIQUE, short varchar(20), key bytea, \
                     small int2, pin int4, card int8, rate float8, agreed bool, \
                     codes text[], note text, hint text)";
const INSERT: &str = "INSERT INTO logins VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

#[derive(Debug, PartialEq, FromRow)]
struct Login {
    password: Sensitive<String>,
    short: Sensitive<Box<str>>,
    key: Sensitive<Vec<u8>>,
    small: Sensitive<i16>,
    pin: Sensitive<i32>,
    card: Sensitive<i64>,
    rate: Sensitive<f64>,
    agreed: Sensitive<bool>,
    codes: Sensitive<Vec<String>>,
    note: Option<Sensitive<String>>,
    hint: Sensitive<Option<String>>,
}

impl Login {
    fn new() -> Self {
        Self {
            password: Sensitive::new(CANARY.to_owned()),
            short: Sensitive::new(CANARY.into()),
            key: Sensitive::new(CANARY.into()),
            small: Sensitive::new(-4711),
            pin: Sensitive::new(i32::MIN),
            card: Sensitive::new(NUMBER),
            rate: Sensitive::new(-0.5),
            agreed: Sensitive::new(true),
            codes: Sensitive::new(vec![CANARY.to_owned(), String::new()]),
            note: None,
            hint: Sensitive::new(None),
        }
    }

    async fn store(self, database: &mut PgConnection) -> sqlx::Result<PgQueryResult> {
        sqlx::query(INSERT)
            .bind(self.password)
            .bind(self.short)
            .bind(self.key)
            .bind(self.small)
            .bind(self.pin)
            .bind(self.card)
            .bind(self.rate)
            .bind(self.agreed)
            .bind(self.codes)
            .bind(self.note)
            .bind(self.hint)
            .execute(database)
            .await
    }
}

/// A type that its own errors show.
#[derive(Debug, Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
enum Level {
    Low,
    High,
}

impl Secret for Level {
    fn wipe(&mut self) {
        *self = Self::Low;
    }

    fn same(&self, other: &Self) -> Choice {
        Choice::from(u8::from(matches!(
            (self, other),
            (Self::Low, Self::Low) | (Self::High, Self::High)
        )))
    }
}

/// Does `work` in a database with one row.
fn with_login(work: impl AsyncFnOnce(&mut PgConnection)) {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = PgConnection::connect_with(&server.options()).await.unwrap();
        sqlx::query(TABLE).execute(&mut database).await.unwrap();
        Login::new().store(&mut database).await.unwrap();
        work(&mut database).await;
        database.close().await.unwrap();
    });
}

async fn row(database: &mut PgConnection) -> PgRow {
    sqlx::query("SELECT * FROM logins").fetch_one(database).await.unwrap()
}

#[test]
fn a_secret_of_every_kind_is_stored_as_its_value_and_read_back() {
    with_login(async |database| {
        let row = row(database).await;
        let texts: (String, String) = (row.get("password"), row.get("short"));
        assert_eq!(texts, (CANARY.to_owned(), CANARY.to_owned()));
        assert_eq!(row.get::<Vec<u8>, _>("key"), CANARY.as_bytes());
        let numbers: (i16, i32, i64) = (row.get("small"), row.get("pin"), row.get("card"));
        assert_eq!(numbers, (-4711, i32::MIN, NUMBER));
        let others: (f64, bool) = (row.get("rate"), row.get("agreed"));
        assert_eq!(others, (-0.5, true));
        assert_eq!(row.get::<Vec<String>, _>("codes"), [CANARY, ""]);
        let absent: [Option<String>; 2] = [row.get("note"), row.get("hint")];
        assert_eq!(absent, [None, None]);
        assert_eq!(Login::from_row(&row).unwrap(), Login::new());
        assert_eq!(format!("{:?}", row.get::<Sensitive<String>, _>("password")), "[redacted]");

        let found = sqlx::query("SELECT 1 FROM logins WHERE password = $1 AND short = ANY($2)")
            .bind(Sensitive::new(CANARY))
            .bind(Sensitive::new(vec![CANARY]));
        assert_eq!(found.fetch_all(database).await.unwrap().len(), 1);
    });
}

/// What the driver says of reading the column `name` as a `T`, whatever types it would compare before.
fn refused<'r, T: Decode<'r, Postgres> + std::fmt::Debug>(row: &'r PgRow, name: &str) -> String {
    let error = row.try_get_unchecked::<T, _>(name).unwrap_err();
    format!("{error} {error:?}")
}

#[test]
fn an_error_of_reading_names_the_column_and_withholds_the_value() {
    with_login(async |database| {
        // Without arguments the server sends text, which the driver reads in other ways.
        let texts = sqlx::raw_sql("SELECT * FROM logins").fetch_one(&mut *database).await.unwrap();
        let row = row(database).await;
        for plain in [refused::<Level>(&row, "password"), refused::<bool>(&texts, "password")] {
            assert!(plain.contains(CANARY), "the driver says less than was feared: {plain}");
        }
        let errors = [
            refused::<Sensitive<Level>>(&row, "password"),
            refused::<Option<Sensitive<Level>>>(&row, "short"),
            refused::<Sensitive<bool>>(&texts, "password"),
            refused::<Sensitive<i64>>(&row, "password"),
            refused::<Sensitive<i16>>(&row, "card"),
            refused::<Sensitive<i16>>(&texts, "card"),
            refused::<Sensitive<Vec<String>>>(&row, "key"),
        ];
        for error in errors {
            assert!(error.contains("withheld here") && error.contains("column"), "{error}");
            assert!(!error.contains("canary") && !error.contains("817305"), "{error}");
        }
        let error = row.try_get::<Sensitive<i64>, _>("password").unwrap_err().to_string();
        assert!(error.contains("INT8") && error.contains("TEXT"), "{error}");
        assert!(!error.contains("canary"), "{error}");
    });
}

#[test]
fn an_absent_value_is_said_to_be_absent() {
    with_login(async |database| {
        sqlx::query("UPDATE logins SET password = NULL").execute(&mut *database).await.unwrap();
        let row = row(database).await;
        let errors = [
            row.try_get::<Sensitive<String>, _>("password").unwrap_err(),
            row.try_get::<Sensitive<Vec<u8>>, _>("note").unwrap_err(),
            Login::from_row(&row).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains("unexpected null"), "{error}");
        }
    });
}

/// As `docs/secrets.md` says.
#[test]
fn what_the_server_tells_of_a_value_that_it_refuses_is_not_withheld() {
    with_login(async |database| {
        let error = Login::new().store(database).await.unwrap_err();
        assert!(!error.to_string().contains(CANARY), "{error}");
        assert!(format!("{error:?}").contains(CANARY), "the server says less: {error:?}");
    });
}
