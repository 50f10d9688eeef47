//! A service as a process of its own: this test's binary, started again.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// Tells this binary which service to be.
const SERVICE: &str = "ADOPT_SERVICE";
const READY: &str = "listening on ";

/// What the service calls its `main`, under the name by which the process is told.
pub type Main = fn() -> anyhow::Result<()>;

/// Runs the service that this process was started for, if it was, and ends with it.
pub fn run_if_asked(services: &[(&str, Main)]) {
    let Ok(asked) = std::env::var(SERVICE) else { return };
    let (_, main) = services.iter().find(|(name, _)| *name == asked).unwrap();
    main().unwrap();
    std::process::exit(0);
}

/// A running service.
pub struct Service {
    process: Child,
    pub address: SocketAddr,
    outputs: Vec<JoinHandle<String>>,
}

impl Service {
    /// Starts the service of this name, of which the test `test` knows, in `directory`.
    pub fn start(test: &str, name: &str, directory: &Path, settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .current_dir(directory)
            .env(SERVICE, name)
            .env("LISTEN", "127.0.0.1:0")
            .env("DATABASE", "service.db")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = process.stderr.take().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let errors = std::thread::spawn(move || {
            let mut said = String::new();
            errors.read_to_string(&mut said).unwrap();
            said
        });
        let mut said = String::new();
        let address = loop {
            if stdout.read_line(&mut said).unwrap() == 0 {
                panic!("{name} did not start: {said}{}", errors.join().unwrap());
            }
            if let Some((_, address)) = said.trim_end().rsplit_once(READY) {
                break address.parse().unwrap();
            }
        };
        let said = std::thread::spawn(move || {
            stdout.read_to_string(&mut said).unwrap();
            said
        });
        Self { process, address, outputs: vec![said, errors] }
    }

    /// Asks it to end as a service manager does, and gives all that it has printed.
    pub fn stop(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.process.wait().unwrap();
        let output: String = self.outputs.drain(..).map(|output| output.join().unwrap()).collect();
        assert!(status.success(), "{status}: {output}");
        output
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A failed test leaves no service behind; after `stop` there is none to end.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
