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
}

impl PeerCertificate {
    /// Reads a certificate that was verified; `None` if it is none, or names nobody.
    pub fn from_der(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        let certificate = certificate.tbs_certificate();
        let name = certificate.subject().common_name().ok().flatten();
        let common_name = name.map(|name| name.value().into_owned());
        let names = certificate.get_extension::<SubjectAltName>().ok().flatten();
        let names = names.map(|(_, SubjectAltName(names))| names).unwrap_or_default();
        let uri = names.iter().find_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
            _ => None,
        });
        let other = || {
            names.iter().find_map(|name| match name {
                GeneralName::DnsName(name) | GeneralName::Rfc822Name(name) => {
                    Some(name.to_string())
                }
                _ => None,
            })
        };
        let id = uri.or_else(|| common_name.clone()).or_else(other)?;
        let serial_number = hexadecimal(certificate.serial_number().as_bytes());
        Some(Self { id, common_name, serial_number })
    }

    /// Whom it names: the first URI of its alternative names (as SPIFFE has it), else the common name of its
    /// subject, else its first host name or e-mail address.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The common name of its subject.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Its serial number in hexadecimal digits, as its issuer has given it.
    pub fn serial_number(&self) -> &str {
        &self.serial_number
    }

    /// The service that it names, authenticated by `mtls` with its serial number.
    pub fn actor(&self) -> Actor {
        let service = Actor::service(self.id.clone());
        let service = match &self.common_name {
            Some(name) if *name != self.id => service.named(name.clone()),
            _ => service,
        };
        service.authenticated(self.authenticated())
    }

    /// How it authenticates, for another actor than a service.
    pub fn authenticated(&self) -> Authenticated {
        Authenticated::by("mtls").credential_id(self.serial_number.clone())
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
