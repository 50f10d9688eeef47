//! A witness of somebody else's, as a program on a port of this machine: `aics-witness` of PyPI.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use audit_runtime::Digest;
use audit_tlog::WitnessKey;

const INSTALL: &str = ".ci/run services, which makes an environment of Python 3.12 for it";

/// It has a directory of its own for its key and what it has seen.
pub(crate) struct Witness {
    place: PathBuf,
    port: u16,
    pub(crate) key: WitnessKey,
    running: Option<Child>,
}

impl Witness {
    /// One that knows the journal `origin` by this public key, and is started.
    pub(crate) fn start(place: &Path, origin: &str, vkey: &str) -> Self {
        let place = place.join("witness");
        fs::create_dir(&place).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let key = run(&place, &["init", "--name", "witness.example/w1", "--listen", &listen]);
        run(&place, &["add-log", "--origin", origin, "--vkey", vkey]);
        let mut witness = Self { place, port, key: key.trim().parse().unwrap(), running: None };
        witness.go_on();
        witness
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it, and returns once it listens.
    pub(crate) fn go_on(&mut self) {
        let mut started = command(&self.place, &["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(started.stderr.take().unwrap()).lines();
        let is_up = lines.by_ref().map_while(Result::ok).any(|line| line.contains("listening on"));
        assert!(is_up, "the witness did not start");
        // It must never wait for somebody who reads what it says.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        self.running = Some(started);
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().unwrap();
            running.wait().unwrap();
        }
    }

    /// Puts a front with TLS before it, with this certificate; returns its address, and what stops it when dropped.
    pub(crate) fn with_tls(&self, certificate: &Path, key: &Path) -> (String, Front) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness/front.py");
        let mut front = Command::new("python3")
            .arg(script)
            .args([certificate, key])
            .arg(self.port.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(front.stdout.take().unwrap()).read_line(&mut port).unwrap();
        (format!("https://localhost:{}", port.trim()), Front(front))
    }

    /// The newest checkpoint that it serves of a journal.
    pub(crate) fn latest(&self, origin: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let place: String = Digest::of(origin.as_bytes())
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        write!(stream, "GET /{place}/checkpoint HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// How many log-signed requests it has kept as evidence of a journal that contradicts itself.
    pub(crate) fn evidence(&self) -> usize {
        let told: serde_json::Value =
            serde_json::from_str(&run(&self.place, &["evidence"])).unwrap();
        told.as_array().unwrap().len()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What speaks TLS before a witness.
pub(crate) struct Front(Child);

impl Drop for Front {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn command(place: &Path, arguments: &[&str]) -> Command {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("witness/bin/aics-witness");
    assert!(program.exists(), "{} is missing; run: {INSTALL}", program.display());
    let mut command = Command::new(program);
    command.arg(arguments[0]).args(["--config", "witness.json"]).args(&arguments[1..]);
    command.current_dir(place);
    command
}

/// Runs a command of it, which must succeed, and returns what it prints.
fn run(place: &Path, arguments: &[&str]) -> String {
    let ran = command(place, arguments).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}
