//! What went wrong with TLS, in plain words: what the server showed, and what to do about it.

use std::error::Error;
use std::io;
use std::time::Duration;

use audit_runtime::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error as TlsError};

/// How many of a certificate's names are repeated.
const NAMES_MAX: usize = 3;

/// What the failure of TLS means that is `error` or one of its causes; `None` if there is none.
///
/// The names in it are the server's own: escape them where they are shown.
pub(super) fn told(error: &(dyn Error + 'static)) -> Option<String> {
    Some(match cause(error)? {
        TlsError::InvalidCertificate(flaw) => certificate(flaw),
        TlsError::InvalidMessage(_) | TlsError::InappropriateMessage { .. } => {
            "it does not answer with TLS on this port: check host and port, and for e-mail also `tls`, as 465 \
             begins with TLS and 587 with STARTTLS"
                .to_owned()
        }
        TlsError::AlertReceived(alert) => format!(
            "the server broke off TLS ({alert:?}): see its own log; it may want a client certificate, which \
             is not supported, or know no site of this name"
        ),
        TlsError::PeerIncompatible(_) => {
            "the server has neither TLS 1.2 nor 1.3 with a cipher that is still safe: update it".to_owned()
        }
        TlsError::NoCertificatesPresented => {
            "the server shows no certificate: give it one, with the certificates of its authorities".to_owned()
        }
        other => format!("TLS failed: {other}; see the server's own log"),
    })
}

/// The failure of TLS among the causes; errors of the system hide theirs from `source`.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let hidden = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match hidden {
            Some(hidden) => Some(hidden),
            None => error.source(),
        };
    }
    None
}

/// What is wrong with the certificate that the server has shown.
fn certificate(flaw: &CertificateError) -> String {
    match flaw {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is signed by no authority that is trusted here: name the certificate of its \
             authority in `ca_file`, or have it signed by a public one"
                .to_owned()
        }
        CertificateError::Expired => expired(""),
        CertificateError::ExpiredContext { not_after, .. } => {
            expired(&format!(" on {}", day(*not_after)))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet: check the clock of this machine, then the certificate"
                .to_owned()
        }
        CertificateError::NotValidForName => {
            "the server's certificate is for another name: write the name that it has, or give the server one for \
             this name"
                .to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is for {}, and not for {}: write a name that it has, or give the server one \
             for this name",
            names(presented),
            expected.to_str()
        ),
        CertificateError::Revoked => {
            "the server's certificate was revoked: give it a new one, and find out why".to_owned()
        }
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the server's certificate is one of an authority, which no server may show: make it with \
             `basicConstraints=critical,CA:FALSE`, or sign another one with it"
                .to_owned()
        }
        other => format!("the server's certificate cannot be used ({other}): give it another one"),
    }
}

fn expired(when: &str) -> String {
    format!(
        "the server's certificate has expired{when}: renew it there; if it is newer, check the clock of this machine"
    )
}

/// The day of a time, or nothing that is one.
fn day(time: UnixTime) -> String {
    let nanos = Duration::from_secs(time.as_secs()).as_nanos();
    let text = i64::try_from(nanos).map(|nanos| Timestamp::from_unix_nanos(nanos).to_string());
    text.ok().and_then(|text| Some(text.get(..10)?.to_owned())).unwrap_or_default()
}

/// The names of a certificate, which the library wraps in what kind they are of.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    let shown: Vec<String> = presented.iter().take(NAMES_MAX).map(bare).collect();
    match presented.len().checked_sub(NAMES_MAX) {
        None | Some(0) if shown.is_empty() => "no name".to_owned(),
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    fn said(flaw: CertificateError) -> String {
        let hidden = io::Error::new(io::ErrorKind::InvalidData, TlsError::InvalidCertificate(flaw));
        told(&hidden).unwrap()
    }

    #[test]
    fn each_flaw_of_a_certificate_says_what_to_do() {
        assert!(said(CertificateError::UnknownIssuer).contains("`ca_file`"));
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let flaw = CertificateError::ExpiredContext { time: at(9), not_after: at(86_400) };
        assert!(said(flaw).contains("has expired on 1970-01-02: renew it"));
        let expected = ServerName::try_from("mail.example.com").unwrap();
        let presented = ["DnsName(\"a\")", "DnsName(\"b\")", "c", "d"].map(str::to_owned).to_vec();
        let flaw = CertificateError::NotValidForNameContext { expected, presented };
        let told = said(flaw);
        assert!(told.contains("is for a, b, c and 1 more, and not for mail.example.com"), "{told}");
    }

    #[test]
    fn what_is_no_failure_of_tls_is_left_to_others() {
        assert_eq!(told(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
    }
}
