//! Actors by the certificate that a client has proved to hold (mutual TLS).

use std::fmt::Write;

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::event::{Actor, Authenticated};

/// Whom a client's certificate names, once TLS has verified it.
///
/// Where the connection is accepted, [`from_der`](Self::from_der) takes what the TLS library has verified, and the
/// connection's extensions (actix-web's `on_connect`) or each request's (tower) keep it for [`CertificateActor`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    id: String,
    common_name: Option<String>,
    serial_number: String,
    issuer: String,
}

impl PeerCertificate {
    /// Reads a certificate that was verified; `None` if it is none, or names nobody.
    pub fn from_der(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        let certificate = certificate.tbs_certificate();
        let name = certificate.subject().common_name().ok().flatten();
        let common_name = name.map(|name| name.value().into_owned());
        // Where they cannot be read, or stand there twice, nobody knows whom it names.
        let names = certificate.get_extension::<SubjectAltName>().ok()?;
        let names = names.map(|(_, SubjectAltName(names))| names).unwrap_or_default();
        // Many authorities check these only, and let the client choose its common name.
        let named = names.iter().filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some((0, uri.to_string())),
            GeneralName::DnsName(host) => Some((1, host.to_string())),
            GeneralName::Rfc822Name(address) => Some((2, address.to_string())),
            _ => None,
        });
        let named = named.min_by_key(|(rank, _)| *rank).map(|(_, name)| name);
        let id = named.or_else(|| common_name.clone())?;
        // A number that begins with a high bit is encoded with a zero before it.
        let serial_number = match certificate.serial_number().as_bytes() {
            [0, number @ ..] if !number.is_empty() => hexadecimal(number),
            number => hexadecimal(number),
        };
        let issuer = certificate.issuer().to_string();
        Some(Self { id, common_name, serial_number, issuer })
    }

    /// Whom it names: the first URI of its alternative names (as SPIFFE has it), else its first host name, else
    /// its first e-mail address, else the common name of its subject.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The common name of its subject. Whether its issuer has checked that is for the service to know.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Its serial number, in lower-case hexadecimal digits; no other of its issuer has it.
    pub fn serial_number(&self) -> &str {
        &self.serial_number
    }

    /// The service that it names, authenticated by `mtls` with its serial number and its issuer.
    pub fn actor(&self) -> Actor {
        Actor::service(self.id.clone()).authenticated(self.authenticated())
    }

    /// How it authenticates, for another actor than a service. The record cuts a long name of the issuer.
    pub fn authenticated(&self) -> Authenticated {
        Authenticated::by("mtls").credential_id(format!("{} {}", self.serial_number, self.issuer))
    }
}

/// The service that the client's [`PeerCertificate`] names.
///
/// For people, or where another part of the certificate counts, take a closure in its place.
#[derive(Clone, Copy, Debug, Default)]
pub struct CertificateActor;

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
