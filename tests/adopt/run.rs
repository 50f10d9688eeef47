//! One service under its script, as it was and as it is: what it answered, and what it left.

use std::path::Path;

use super::browser::{Browser, Exchange};
use super::service::{Main, Service, run_if_asked};

/// A service that stands here twice.
pub struct Adopted {
    /// The path of its test.
    pub test: &'static str,
    pub before: Main,
    pub settings: &'static [(&'static str, &'static str)],
    pub script: fn(&mut Browser),
}

/// What is known once a service has stopped.
pub struct Left {
    pub seen: Vec<Exchange>,
    /// The values of cookies and tokens that it gave.
    pub secrets: Vec<String>,
    /// All that it printed.
    pub output: String,
}

impl Adopted {
    /// Runs the service that this process was started for, or else both under the script.
    pub fn run(&self) -> Left {
        run_if_asked(&[("before", self.before)]);
        let directory = tempfile::tempdir().unwrap();
        self.drive("before", directory.path())
    }

    fn drive(&self, name: &str, directory: &Path) -> Left {
        let service = Service::start(self.test, name, directory, self.settings);
        let mut browser = Browser::new(service.address);
        (self.script)(&mut browser);
        let (seen, secrets) = browser.into_seen();
        Left { seen, secrets, output: service.stop() }
    }
}
