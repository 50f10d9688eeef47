//! A certificate authority and a server's certificate, made by openssl and gone with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const INSTALL: &str = "apt-get install --yes openssl";

pub(crate) struct Certificates(TempDir);

impl Certificates {
    pub(crate) fn make() -> Self {
        let place = tempfile::tempdir().unwrap();
        let made = Self(place);
        let directory = made.0.path();
        let extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n";
        fs::write(directory.join("extensions"), extensions).unwrap();
        for name in ["ca", "server"] {
            run(
                directory,
                &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"),
            );
        }
        run(directory, "req -x509 -new -key ca.key -sha256 -days 2 -subj /CN=test-CA -out ca.pem");
        run(directory, "req -new -key server.key -subj /CN=localhost -out server.csr");
        run(
            directory,
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 \
             -extfile extensions -out server.pem",
        );
        made
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn ca(&self) -> Vec<u8> {
        fs::read(self.path("ca.pem")).unwrap()
    }
}

fn run(directory: &Path, arguments: &str) {
    let ran = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output();
    let ran = ran.unwrap_or_else(|error| panic!("no openssl: {error}; run: {INSTALL}"));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "openssl {arguments} failed: {said}");
}
