//! An rsyslogd of the test's own, which writes into a directory that goes with it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const INSTALL: &str = "apt-get install --yes rsyslog";

/// It is killed when dropped.
pub(crate) struct Server {
    place: TempDir,
    port: u16,
    process: Child,
}

impl Server {
    /// One at this port of TCP and of UDP, or at one that is free for 0; and at a socket.
    pub(crate) fn start(port: u16) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let port = if port == 0 { free() } else { port };
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name).display().to_string();
        let settings = format!(
            "global(workDirectory=\"{}\")\n\
             module(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             module(load=\"imudp\")\ninput(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
             input(type=\"imuxsock\" Socket=\"{}\")\n\
             *.* action(type=\"omfile\" file=\"{}\" template=\"RSYSLOG_FileFormat\")\n",
            place.path().display(),
            at("socket"),
            at("messages")
        );
        fs::write(at("settings"), settings).unwrap();
        let started = Command::new("rsyslogd")
            .args(["-n", "-f", &at("settings"), "-i", &at("process")])
            .spawn();
        let process =
            started.unwrap_or_else(|error| panic!("no rsyslogd: {error}; run: {INSTALL}"));
        let server = Self { place, port, process };
        let due = Instant::now() + Duration::from_secs(20);
        while !server.place.path().join("socket").exists()
            || std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
        {
            assert!(Instant::now() < due, "rsyslogd did not start");
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn place(&self) -> &Path {
        self.place.path()
    }

    pub(crate) fn tcp(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    pub(crate) fn udp(&self) -> String {
        format!("udp://127.0.0.1:{}", self.port)
    }

    pub(crate) fn socket(&self) -> String {
        format!("unix:{}", self.place.path().join("socket").display())
    }

    /// What it has written.
    pub(crate) fn messages(&self) -> Vec<u8> {
        fs::read(self.place.path().join("messages")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
