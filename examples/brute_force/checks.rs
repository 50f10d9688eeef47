//! The checks: what was expected was found and told, each once, and no secret was written anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use audit_consumers::alert::Alert;
use audit_runtime::Record;

use crate::Failure;
use crate::screen::{Screen, said};
use crate::script::{ACTS, SPRAYER};

/// Prints each check, and remembers whether all of them held.
pub(crate) struct Checks<'a> {
    pub(crate) screen: &'a mut Screen,
    pub(crate) held: bool,
}

impl Checks<'_> {
    /// Every expected finding was recorded once, and nothing else was; each is one alert.
    pub(crate) fn told(&mut self, findings: &[Record], alerts: &[Alert]) -> io::Result<()> {
        let mut found: Vec<_> =
            findings.iter().map(|it| (said(it, "rule"), said(it, "key"))).collect();
        let expected = ACTS.iter().flat_map(|act| act.expected);
        let mut expected: Vec<_> =
            expected.map(|(rule, key)| ((*rule).to_owned(), (*key).to_owned())).collect();
        found.sort();
        expected.sort();
        let what = format!("{} findings were recorded, each once, and no other", expected.len());
        let wrong = if found == expected { vec![] } else { vec![format!("found: {found:?}")] };
        self.check(&what, &wrong)?;

        let ids: BTreeSet<_> = findings.iter().map(|finding| said(finding, "id")).collect();
        let told: BTreeSet<_> = alerts.iter().map(|alert| alert.id.clone()).collect();
        let have_remedies = alerts.iter().all(|alert| !alert.remediation.is_empty());
        let is_right = ids == told && have_remedies;
        let wrong = if is_right { vec![] } else { vec![format!("{} alerts came", told.len())] };
        self.check("each came as an alert with a right signature, and says what to do", &wrong)
    }

    /// None of `secrets` stands in a file below `directory`, in an alert, or in what was shown.
    pub(crate) fn secrets(
        &mut self,
        secrets: &[String],
        directory: &Path,
        alerts: &[Alert],
    ) -> Result<(), Failure> {
        let mut places = vec![("the output".to_owned(), self.screen.shown.clone())];
        places.push(("an alert".to_owned(), serde_json::to_vec(alerts)?));
        read_below(directory, &mut places)?;
        let mut wrong = Vec::new();
        for (place, bytes) in &places {
            let count = secrets.iter().filter(|secret| holds(bytes, secret)).count();
            if count > 0 {
                wrong.push(format!("{count} stand in {place}"));
            }
        }
        // A search must be able to find: this address stands in output, alerts, journal and outbox.
        if places.iter().filter(|(_, bytes)| holds(bytes, SPRAYER)).count() < 4 {
            wrong.push("the search does not even find what must be there".to_owned());
        }
        let (count, files) = (secrets.len(), places.len() - 2);
        let what = format!("none of {count} secrets is in {files} files, an alert or this output");
        Ok(self.check(&what, &wrong)?)
    }

    /// Prints one check; it holds if nothing is wrong.
    pub(crate) fn check(&mut self, what: &str, wrong: &[String]) -> io::Result<()> {
        self.held &= wrong.is_empty();
        let mark = if wrong.is_empty() { "ok" } else { "NOT" };
        writeln!(self.screen, "  {mark:>4}  {what}")?;
        wrong.iter().try_for_each(|wrong| writeln!(self.screen, "        {wrong}"))
    }
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

/// Reads all files in `directory` and below it; the recorder's socket is none.
fn read_below(directory: &Path, places: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            read_below(&path, places)?;
        } else if kind.is_file() {
            places.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}
