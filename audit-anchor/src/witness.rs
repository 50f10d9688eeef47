//! A witness over HTTP: it checks that a journal only grows, and says so with a cosignature (`c2sp.org/tlog-witness`).

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit_journal::{Storage, cosigned, keep_cosigned, prove_growth};
use audit_tlog::{Checkpoint, Note, WitnessKey};
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::{Anchor, DEADLINE};

/// The longest head of an answer that is read, and the longest body.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const BODY_BYTES_MAX: u64 = 16 * 1024;
/// What the body of an answer is that names a size.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// A witness. What it has cosigned is kept beside the journal, so that `audited verify --witness` needs nothing else
/// than the witness's public key.
pub struct Witness {
    agent: Agent,
    https_only: bool,
    url: String,
    key: WitnessKey,
    /// How many records it has cosigned last, as far as is known.
    known: Option<u64>,
    deadline: Duration,
}

/// What a witness answers.
enum Answer {
    /// Lines of signatures.
    Cosigned(String),
    /// It has cosigned another number of records.
    Has(u64),
}

impl Witness {
    /// The witness with this key at `url`, which `/add-checkpoint` is put behind. It must be `https://`, or name this
    /// very machine. Its certificate must be signed by one of the authorities that Mozilla trusts.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub fn new(url: &str, key: WitnessKey) -> Result<Self, &'static str> {
        let https_only = check(url)?;
        let agent = agent(https_only, RootCerts::WebPki);
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        Ok(Self { agent, https_only, url, key, known: None, deadline: DEADLINE })
    }

    /// Has the certificate signed by one of those in this file, in PEM, and by no other authority.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn ca_file(self, path: &Path) -> Result<Self, &'static str> {
        let pem = std::fs::read(path).map_err(|_| "the file is not there, or may not be read")?;
        let roots = roots(&pem).ok_or("the file holds no certificate in PEM")?;
        Ok(Self { agent: agent(self.https_only, roots), ..self })
    }

    /// How many records it has cosigned as far as is known here, but no more than there are to cosign.
    fn old(&self, checkpoint: &Checkpoint, storage: &dyn Storage) -> io::Result<u64> {
        let known = match self.known {
            Some(known) => Some(known),
            None => cosigned(storage, &self.key).map_err(io::Error::other)?.and_then(|note| {
                let kept = Checkpoint::parse(&note.text).ok()?;
                (kept.origin == checkpoint.origin).then_some(kept.size)
            }),
        };
        Ok(known.unwrap_or(0).min(checkpoint.size))
    }

    /// Asks for a cosignature with the proof that the journal goes on from `old` records.
    fn ask(
        &self,
        old: u64,
        checkpoint: &Checkpoint,
        note: &Note,
        storage: &dyn Storage,
        deadline: Instant,
    ) -> io::Result<Answer> {
        let hashes = prove_growth(storage, old, checkpoint, deadline).map_err(io::Error::other)?;
        let mut body = format!("old {old}\n");
        for hash in hashes {
            let _ = writeln!(body, "{hash}");
        }
        let _ = write!(body, "\n{note}");
        let left = deadline.saturating_duration_since(Instant::now());
        let post = self.agent.post(&self.url).config();
        let post = post.timeout_global(Some(left.max(Duration::from_millis(1)))).build();
        let answer = post.content_type("text/plain; charset=utf-8").send(body.as_bytes());
        let answer = answer.map_err(|error| failure(&error))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(BODY_BYTES_MAX).read_to_string();
        let body = body.map_err(|error| failure(&error))?;
        judge(head.status, &head.headers, body, old, &checkpoint.origin)
    }

    /// Keeps the checkpoint with the cosignature, if it is one.
    fn take(&self, note: &Note, lines: &str, storage: &dyn Storage) -> io::Result<()> {
        let refused = |why: String| {
            io::Error::other(format!(
                "it answered with no cosignature by the key {}: {why}",
                self.key
            ))
        };
        let mut answered =
            Note::parse(&format!("{note}{lines}")).map_err(|error| refused(error.to_string()))?;
        if answered.text != note.text {
            return Err(refused("it has more than signatures".to_owned()));
        }
        self.key.cosigned(&answered).map_err(|error| refused(error.to_string()))?;
        let is_its = |name: &str, id| name == self.key.name() && id == self.key.id();
        answered.signatures.retain(|it| note.signatures.contains(it) || is_its(&it.name, it.id));
        keep_cosigned(storage, &self.key, &answered).map_err(io::Error::other)
    }
}

impl Anchor for Witness {
    fn name(&self) -> &str {
        self.key.name()
    }

    fn keep(
        &mut self,
        checkpoint: &Checkpoint,
        note: &Note,
        storage: &Arc<dyn Storage>,
    ) -> io::Result<()> {
        let deadline = Instant::now() + self.deadline;
        let mut old = self.old(checkpoint, &**storage)?;
        for _ in 0..2 {
            match self.ask(old, checkpoint, note, &**storage, deadline)? {
                Answer::Cosigned(lines) => {
                    self.take(note, &lines, &**storage)?;
                    self.known = Some(checkpoint.size);
                    return Ok(());
                }
                Answer::Has(size) if size > checkpoint.size => {
                    return Err(contradiction(format!(
                        "it has cosigned {size} records of `{}`, and the newest checkpoint here is of {}: the \
                         journal was rolled back, or another one is signed with its name and its key",
                        checkpoint.origin, checkpoint.size
                    )));
                }
                // By an earlier version of the protocol a witness says so that it has another root.
                Answer::Has(size) if size == old => return Err(other_records(old)),
                Answer::Has(size) => old = size,
            }
        }
        Err(io::Error::other("each time that it is asked it names another size"))
    }
}

/// What the answer says. Its own words are not repeated.
fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: String,
    old: u64,
    origin: &str,
) -> io::Result<Answer> {
    let why = match status.as_u16() {
        200 => return Ok(Answer::Cosigned(body)),
        409 => {
            let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
            let size = body.strip_suffix('\n').and_then(|size| size.parse().ok());
            match size.filter(|_| kind.is_some_and(|kind| kind.starts_with(SIZE_TYPE))) {
                Some(size) => return Ok(Answer::Has(size)),
                None => "it has cosigned another checkpoint, and does not say of how many records",
            }
        }
        422 => return Err(other_records(old)),
        403 => {
            "it does not trust the key that signed: give it the journal's public key (`audited keys show`)"
        }
        404 => {
            return Err(io::Error::other(format!(
                "it answered 404: no journal `{origin}` is known there, or the address is not a witness's: give \
                 it this name with the journal's public key (`audited keys show`)"
            )));
        }
        300..=399 => "redirects are not followed; set the address that it leads to",
        429 | 500..=599 => "it cannot cosign now",
        _ => "it refuses what it is sent; see its own log",
    };
    Err(io::Error::other(format!("it answered {}: {why}", status.as_u16())))
}

/// The witness has cosigned other records than those that are here.
fn other_records(old: u64) -> io::Error {
    contradiction(format!(
        "it does not take the journal for one that goes on from the {old} records that it has cosigned: they were \
         changed since, or another journal is signed with this name and key"
    ))
}

fn contradiction(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Why there was no answer.
fn failure(error: &ureq::Error) -> io::Error {
    use ureq::Error;
    let why = match error {
        Error::Io(error) => error.to_string(),
        Error::Timeout(step) => format!("no answer in time ({step})"),
        Error::HostNotFound => "there is no such host".to_owned(),
        Error::ConnectionFailed => "it cannot be reached".to_owned(),
        Error::Rustls(error) => format!("TLS: {error}"),
        Error::LargeResponseHeader(..) | Error::BodyExceedsLimit(_) => {
            "its answer is too long".to_owned()
        }
        _ => "it does not speak HTTP properly".to_owned(),
    };
    io::Error::other(why)
}

fn agent(https_only: bool, roots: RootCerts) -> Agent {
    let config = Agent::config_builder()
        .https_only(https_only)
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .max_response_header_size(HEAD_BYTES_MAX)
        .user_agent(concat!("audited/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build());
    config.build().into()
}

/// Refuses an address that is none; true if it is to be reached by TLS.
fn check(url: &str) -> Result<bool, &'static str> {
    let uri: Uri =
        url.parse().map_err(|_| "the address cannot be read; write https://HOST/PATH")?;
    let authority = uri.authority().ok_or("the address names no host; write https://HOST/PATH")?;
    if authority.as_str().contains('@') || uri.query().is_some() {
        return Err("the address has a user, a password or a query in it, which is not supported");
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(true),
        Some("http") if is_here => Ok(false),
        _ => Err("the address must begin with https://; http:// is for this very machine only"),
    }
}

/// The certificates in PEM, if there is one at least and all can be read.
fn roots(pem: &[u8]) -> Option<RootCerts> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.ok()? {
            certificates.push(certificate);
        }
    }
    (!certificates.is_empty()).then(|| RootCerts::new_with_certs(&certificates))
}

/// Shows the key and nothing of the address.
impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Witness").field(&self.key).finish()
    }
}
