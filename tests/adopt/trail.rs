//! The trail that a service left: one line for each record, by the step of the script that it belongs to.

use std::path::Path;

use audit_runtime::journal::Reader;
use audit_runtime::record::Actor;
use audit_runtime::{Category, Record};

/// The records of a journal, without those about itself.
pub struct Trail {
    records: Vec<Record>,
    /// The routes that change something without a record of it, as the journal tells.
    pub unaudited: Vec<String>,
    /// The bytes of all its lines.
    pub text: String,
}

impl Trail {
    pub fn read(journal: &Path) -> Self {
        let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
        let (mut records, mut unaudited, mut text) = (Vec::new(), Vec::new(), String::new());
        while let Some(line) = cursor.next().unwrap() {
            text += &String::from_utf8_lossy(line.bytes());
            let record = Record::parse(&line).unwrap();
            if record.action == "RouteUnaudited" {
                unaudited.extend(record.targets.into_iter().map(|route| route.id));
            } else if record.category != Category::Journal {
                records.push(record);
            }
        }
        Self { records, unaudited, text }
    }

    /// What was done: the actions, without the requests.
    pub fn actions(&self) -> Vec<String> {
        let actions = self.records.iter().filter(|record| record.category != Category::Access);
        actions.map(line).collect()
    }

    /// The one record of the request of this step.
    pub fn request(&self, step: &str) -> String {
        let mut own = self.records.iter().filter(|record| {
            record.category == Category::Access && record.correlation_id.as_deref() == Some(step)
        });
        let request = own.next().unwrap();
        assert!(own.next().is_none(), "{step} has more than one record");
        line(request)
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.records.iter().filter(|record| record.category == Category::Access).count()
    }
}

/// The step of the script that a line is about.
pub fn step_of(line: &str) -> &str {
    line.split(':').next().unwrap_or_default()
}

/// `login: LogIn success user:1 Session:7 {"remember":true} because`
fn line(record: &Record) -> String {
    let step = record.correlation_id.as_deref().unwrap_or("-");
    let mut line = format!("{step}: {} {}", record.action, record.outcome);
    line += &format!(" {}", record.actor.as_ref().map_or("-".to_owned(), who));
    for target in &record.targets {
        line += &format!(" {}:{}", target.kind, target.id);
    }
    if !record.arguments.is_empty() {
        line += &format!(" {}", serde_json::to_string(&record.arguments).unwrap());
    }
    if let Some(http) = &record.http {
        line += &format!(" {}", http.status.map_or("-".to_owned(), |status| status.to_string()));
    }
    if let Some(reason) = &record.reason {
        line += &format!(" because {}", reason.code);
    }
    line
}

/// `user:1`, `user:(unknown)`, `anonymous`
fn who(actor: &Actor) -> String {
    match (&actor.id, actor.known) {
        (_, Some(false)) => format!("{}:(unknown)", actor.kind),
        (Some(id), _) => format!("{}:{id}", actor.kind),
        (None, _) => actor.kind.to_string(),
    }
}
