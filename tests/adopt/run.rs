//! One service under its script, as it was and as it is: both answer alike, and one leaves a trail.

use std::path::Path;

use super::browser::{Browser, Exchange};
use super::service::{Main, Service, run_if_asked};
use super::trail::Trail;

/// Part of every secret that a script sends.
const SECRETS: [&str; 3] = ["Engine", "typed-Secret", "$argon2id$"];

/// A service that stands here twice.
pub struct Adopted {
    /// The path of its test.
    pub test: &'static str,
    pub before: Main,
    pub after: Main,
    pub settings: &'static [(&'static str, &'static str)],
    pub script: fn(&mut Browser),
}

/// What is known once a service has stopped.
struct Left {
    seen: Vec<Exchange>,
    /// The values of cookies and tokens that it gave.
    secrets: Vec<String>,
    /// All that it printed.
    output: String,
}

impl Adopted {
    /// Runs the service that this process was started for, or else both under the script; they answer alike,
    /// and no secret is in the trail or in an output.
    pub fn run(&self) -> Trail {
        run_if_asked(&[("before", self.before), ("after", self.after)]);
        let [before, after] = ["before", "after"].map(|name| {
            let directory = tempfile::tempdir().unwrap();
            (self.drive(name, directory.path()), directory)
        });
        let ((before, _), (after, directory)) = (before, after);
        answer_alike(&before.seen, &after.seen);
        let trail = Trail::read(&directory.path().join("audit-journal"));
        self.tells_no_secret(&after, &trail);
        assert_eq!(trail.requests(), after.seen.len(), "a request has no record, or two");
        assert_eq!(trail.unaudited, [""; 0], "routes change something without a record of it");
        trail
    }

    fn drive(&self, name: &str, directory: &Path) -> Left {
        let service = Service::start(self.test, name, directory, self.settings);
        let mut browser = Browser::new(service.address);
        (self.script)(&mut browser);
        let (seen, secrets) = browser.into_seen();
        Left { seen, secrets, output: service.stop() }
    }

    fn tells_no_secret(&self, left: &Left, trail: &Trail) {
        let settings = self.settings.iter().map(|(_, value)| *value).filter(|it| it.len() > 8);
        let given = left.secrets.iter().map(String::as_str);
        assert!(!left.secrets.is_empty(), "the service gave no cookie and no token");
        for secret in SECRETS.into_iter().chain(settings).chain(given) {
            assert!(!trail.text.contains(secret), "a secret is in the journal");
            assert!(!left.output.contains(secret), "a secret is in the output");
        }
    }
}

/// Status, headers and body are the same; what came in is the correlation id.
fn answer_alike(before: &[Exchange], after: &[Exchange]) {
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        assert!(!before.echoed && after.echoed, "{}: who echoes the correlation id?", before.step);
        let after = Exchange { echoed: false, ..after.clone() };
        assert_eq!(*before, after, "{} is answered otherwise", before.step);
    }
}
