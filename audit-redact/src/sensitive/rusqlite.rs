//! A secret in a row of SQLite, through the crate `rusqlite`: stored as what it holds.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::{Secret, Sensitive, Withheld};

/// A door beside `expose`: the driver is given the value, and `expanded_sql` of a statement prints it.
impl<T: Secret + ToSql> ToSql for Sensitive<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// Reads what `T` reads; an error names the column and the types, and no value.
impl<T: Secret + FromSql> FromSql for Sensitive<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        T::column_result(value).map(Self).map_err(|error| match error {
            FromSqlError::InvalidType => FromSqlError::InvalidType,
            _ => FromSqlError::Other(Box::new(Withheld)),
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, params};

    use super::*;

    #[test]
    fn a_statement_prints_what_is_bound_to_it() {
        let database = Connection::open_in_memory().unwrap();
        let mut statement = database.prepare("SELECT ?1").unwrap();
        statement.raw_bind_parameter(1, Sensitive::new("canary".to_owned())).unwrap();
        // `docs/secrets.md` names this door; whoever closes it takes it out there.
        assert_eq!(statement.expanded_sql().as_deref(), Some("SELECT 'canary'"));
    }

    fn with_row(password: &str, pin: i64) -> Connection {
        let database = Connection::open_in_memory().unwrap();
        database
            .execute("CREATE TABLE logins (password TEXT, pin INTEGER, note TEXT)", [])
            .unwrap();
        let row = params![
            Sensitive::new(password.to_owned()),
            Sensitive::new(pin),
            None::<Sensitive<String>>
        ];
        database.execute("INSERT INTO logins VALUES (?1, ?2, ?3)", row).unwrap();
        database
    }

    #[test]
    fn a_secret_is_stored_as_its_value_and_read_back() {
        let database = with_row("canary", 4711);
        let clear: (String, u16) = database
            .query_row("SELECT password, pin FROM logins", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(clear, ("canary".to_owned(), 4711));
        let read: (Sensitive<String>, Sensitive<u16>, Option<Sensitive<String>>) = database
            .query_row("SELECT password, pin, note FROM logins", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(read, (Sensitive::new("canary".to_owned()), Sensitive::new(4711), None));
        let found = database.query_row(
            "SELECT count(*) FROM logins WHERE password = ?1",
            [Sensitive::new("canary".to_owned())],
            |row| row.get(0),
        );
        assert_eq!(found, Ok(1));
    }

    #[test]
    fn an_error_of_reading_withholds_the_value() {
        let database = with_row("canary", 817_305);
        let pin = database
            .query_row("SELECT pin FROM logins", [], |row| row.get::<_, Sensitive<u16>>(0))
            .unwrap_err();
        let password = database
            .query_row("SELECT password FROM logins", [], |row| row.get::<_, Sensitive<u16>>(0))
            .unwrap_err();
        for error in [pin, password] {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("817305") && !shown.contains("canary"), "{shown}");
        }
    }
}
