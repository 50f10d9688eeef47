//! Mutual TLS: real certificates of clients, over real sockets.

use std::any::Any;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};

use actix_tls::accept::rustls_0_23::TlsStream as ActixTlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::System;
use actix_web::rt::net::TcpStream as ActixTcpStream;
use actix_web::{App, HttpServer};
use audit_runtime::journal::MemoryStorage;
use audit_runtime::{
    Actor, ActorLayer, ActorMiddleware, AuditLayer, AuditMiddleware, CertificateActor,
    PeerCertificate,
};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::middleware::map_request;
use axum::serve::{IncomingStream, Listener};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Journal, books, books_in_axum};
use crate::support::Trail;
use crate::web::client::{head, status};

/// A certificate and its key.
type Identity = (&'static [u8], &'static [u8]);

const BILLING: Identity =
    (include_bytes!("certificates/billing.pem"), include_bytes!("certificates/billing.key"));
const ADA: Identity =
    (include_bytes!("certificates/ada.pem"), include_bytes!("certificates/ada.key"));
const UNNAMED: Identity =
    (include_bytes!("certificates/unnamed.pem"), include_bytes!("certificates/unnamed.key"));
const SERVER: Identity = (
    include_bytes!("../alerts/certificates/server.pem"),
    include_bytes!("../alerts/certificates/server.key"),
);

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn trusting(authority: &[u8]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority).unwrap()).unwrap();
    roots
}

fn chain((certificate, key): Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_slice(certificate).unwrap();
    (vec![certificate], PrivateKeyDer::from_pem_slice(key).unwrap())
}

/// A server that verifies certificates, and takes clients without one.
fn server() -> ServerConfig {
    let roots = Arc::new(trusting(include_bytes!("certificates/ca.pem")));
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
    let (certificate, key) = chain(SERVER);
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        .with_single_cert(certificate, key)
        .unwrap()
}

/// Sends a request as who holds `identity`, or as nobody.
#[track_caller]
fn ask(address: SocketAddr, line: &str, identity: Option<Identity>, expected: u16) {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusting(include_bytes!("../alerts/certificates/ca.pem")));
    let config = match identity.map(chain) {
        Some((certificate, key)) => config.with_client_auth_cert(certificate, key).unwrap(),
        None => config.with_no_client_auth(),
    };
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(head(line, &[], 0).as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Servers may close without a word of TLS.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(status(&answer), expected, "{line}: {answer}");
}

/// As a service tells of its connections.
fn note_certificate(connection: &dyn Any, extensions: &mut Extensions) {
    let stream = connection.downcast_ref::<ActixTlsStream<ActixTcpStream>>();
    let chain = stream.and_then(|stream| stream.get_ref().1.peer_certificates());
    if let Some(peer) = chain.and_then(|chain| PeerCertificate::from_der(chain.first()?)) {
        extensions.insert(peer);
    }
}

/// What actix-web records of what `talk` asks.
fn actix(talk: impl FnOnce(SocketAddr)) -> Journal {
    let trail = Trail::new();
    let storage: MemoryStorage = trail.storage.clone();
    let audit = AuditMiddleware::new().recorder(&trail.recorder);
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || {
                let actor = ActorMiddleware::new(CertificateActor);
                App::new().configure(books).wrap(actor).wrap(audit.clone())
            };
            let server = HttpServer::new(app)
                .on_connect(note_certificate)
                .workers(1)
                .disable_signals()
                .bind_rustls_0_23(("127.0.0.1", 0), server())
                .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            tell.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (address, handle) = told.recv().unwrap();
    talk(address);
    System::new().block_on(handle.stop(true));
    thread.join().unwrap();
    Journal { records: trail.records(), storage }
}

/// A listener as a service writes it, whose connections are TLS.
struct Tls(TcpListener, TlsAcceptor);

impl Listener for Tls {
    type Io = TlsStream<tokio::net::TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.0.accept().await.unwrap();
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What the service keeps of a connection.
#[derive(Clone)]
struct Peer(Option<PeerCertificate>);

impl Connected<IncomingStream<'_, Tls>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Tls>) -> Self {
        let chain = stream.io().get_ref().1.peer_certificates();
        Self(chain.and_then(|chain| PeerCertificate::from_der(chain.first()?)))
    }
}

/// What axum records of one request by who holds `identity`.
fn axum(routes: axum::Router, identity: Option<Identity>) -> Journal {
    let trail = Trail::new();
    let storage = trail.storage.clone();
    let app = routes.layer(AuditLayer::new().recorder(&trail.recorder));
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        System::new().block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let listener = Tls(listener, TlsAcceptor::from(Arc::new(server())));
            tell.send(listener.local_addr().unwrap()).unwrap();
            let app = app.into_make_service_with_connect_info::<Peer>();
            let served = axum::serve(listener, app);
            served.with_graceful_shutdown(async { stopped.await.unwrap() }).await.unwrap();
        });
    });
    ask(told.recv().unwrap(), "DELETE /books", identity, 403);
    stop.send(()).unwrap();
    thread.join().unwrap();
    Journal { records: trail.records(), storage }
}

#[test]
fn a_certificate_names_the_service_that_holds_it() {
    let journal = actix(|address| {
        ask(address, "GET /books", None, 200);
        ask(address, "DELETE /books", Some(BILLING), 403);
        ask(address, "GET /books", Some(UNNAMED), 200);
    });
    let billing = "service:spiffe://audited.test/billing";
    let reports = "service:reports.audited.test";
    let told = [
        "ListBooks success anonymous".to_owned(),
        "200 success anonymous".to_owned(),
        format!("BurnBooks denied {billing}"),
        format!("403 denied {billing}"),
        format!("ListBooks success {reports}"),
        format!("200 success {reports}"),
    ];
    assert_eq!(journal.told(), told);
    let actor = &journal.of("BurnBooks")["actor"];
    let credential = "1b11 CN=audited test clients";
    assert_eq!(actor["auth"], json!({"method": "mtls", "credential_id": credential}));
    // Whoever asks for a certificate may be free to choose its common name.
    assert!(actor["name"].is_null());
    // Nothing of the certificate but whom it names.
    assert!(!journal.says("billing.audited.test"));
}

#[test]
fn a_person_is_named_by_a_certificate_where_the_application_says_so() {
    let person = |parts: &Parts| {
        let ConnectInfo(Peer(certificate)) = parts.extensions.get()?;
        let certificate = certificate.as_ref()?;
        let ada = Actor::user(certificate.common_name()?.to_owned());
        Some(ada.authenticated(certificate.authenticated()))
    };
    let journal = axum(books_in_axum().layer(ActorLayer::new(person)), Some(ADA));
    assert_eq!(journal.told()[0], "BurnBooks denied user:Ada Lovelace");
    let auth = &journal.of("BurnBooks")["actor"]["auth"];
    let credential = "ada7 CN=audited test clients";
    assert_eq!(*auth, json!({"method": "mtls", "credential_id": credential}));
}

#[test]
fn a_certificate_among_the_extensions_of_a_request_names_its_holder() {
    // As an accept loop would put it there.
    let routes = || {
        let kept = map_request(|ConnectInfo(Peer(peer)), mut request: Request| async move {
            if let Some(peer) = peer {
                request.extensions_mut().insert::<PeerCertificate>(peer);
            }
            request
        });
        books_in_axum().layer(ActorLayer::new(CertificateActor)).layer(kept)
    };
    let billing = axum(routes(), Some(BILLING));
    assert_eq!(billing.told()[0], "BurnBooks denied service:spiffe://audited.test/billing");
    assert_eq!(axum(routes(), None).told()[0], "BurnBooks denied anonymous");
}

#[test]
fn what_is_no_certificate_names_nobody() {
    let (certificates, _) = chain(BILLING);
    let whole = &*certificates[0];
    let (ada, _) = chain(ADA);
    // Her alternative name counts before her common name.
    assert_eq!(PeerCertificate::from_der(&ada[0]).unwrap().id(), "ada@audited.test");
    assert_eq!(PeerCertificate::from_der(whole).unwrap().serial_number(), "1b11");
    // Nor does her common name count where the other cannot be read.
    let mut unreadable = ada[0].to_vec();
    let place = unreadable.windows(6).position(|part| part == b"\x81\x10ada@").unwrap();
    unreadable[place + 1] += 1;
    assert!(PeerCertificate::from_der(&unreadable).is_none());
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert!(PeerCertificate::from_der(&whole[..cut]).is_none(), "{cut}");
    }
}
