//! What tests say of coverage: routes that leave no record, and which actions a test has asserted.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process;
use std::sync::{Mutex, PoisonError};

use super::{Trail, fail};
use crate::event::Category;
use crate::record::Record;
use crate::recorder::{ROUTE_UNAUDITED, UNAUDITED_OTHERS};

/// The variable that names the directory in which tests tell what they have asserted.
const VARIABLE: &str = "AUDIT_COVERAGE";

impl Trail {
    /// The routes, in order, whose requests have changed something and left no record of it: answered with 2xx
    /// or 3xx to `POST`, `PUT`, `PATCH` or `DELETE`, and neither audited nor waived. Behind the first 1,024,
    /// `(others)` stands for all more.
    ///
    /// # Panics
    /// As [`records`](Self::records) does.
    #[track_caller]
    pub fn unaudited_routes(&self) -> Vec<String> {
        let told = self.everything().into_iter().filter(|record| record.action == ROUTE_UNAUDITED);
        let mut routes: Vec<_> = told.flat_map(|record| record.targets).map(|it| it.id).collect();
        routes.sort();
        routes
    }

    /// Asserts that there are no such routes: one line behind tests that go through a service.
    ///
    /// # Panics
    /// If there is one, and names them all.
    #[track_caller]
    pub fn assert_routes_audited(&self) {
        let routes = self.unaudited_routes();
        if !routes.is_empty() {
            let more = match routes.iter().any(|route| route == UNAUDITED_OTHERS) {
                true => {
                    "\nthere are more routes than can be remembered: `(others)` stands for them"
                }
                false => "",
            };
            fail(&format!(
                "requests of these routes change something and leave no record of it:\n    {}{more}\nwrite \
                 `#[audited]` on their handlers, record an event in them, or waive them: \
                 `waive!(route = …, audited = none, …)`; a login, or an action of another category than \
                 `activity`, says its route: `#[audited(…, route = …)]`",
                routes.join("\n    ")
            ));
        }
    }
}

/// Notes the actions of records that an assertion has found, where the environment asks for that.
#[track_caller]
pub(super) fn note<'a>(records: impl Iterator<Item = &'a Record>) {
    let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) else {
        return;
    };
    let is_own = |record: &&Record| {
        record.category != Category::Journal && record.category != Category::Access
    };
    for record in records.filter(is_own) {
        if let Err(error) = tell(&directory, &record.action) {
            fail(&format!("{VARIABLE} names a directory for what tests have asserted: {error}"));
        }
    }
}

/// Adds a line for the action to the file of this process, once.
fn tell(directory: &OsString, action: &str) -> io::Result<()> {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let directory = Path::new(directory);
    if !directory.is_absolute() {
        return Err(io::Error::other(
            "its path begins at the root, as tests run in several directories",
        ));
    }
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.contains(action) {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    let path = directory.join(format!("asserted-{}", process::id()));
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{}", action.escape_debug())?;
    told.insert(action.to_owned());
    Ok(())
}
