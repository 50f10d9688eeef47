//! A server on a free loopback port, with its records.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use audit_runtime::AuditMiddleware;
use serde_json::Value;

use crate::support::Trail;

/// A running service, recording in memory.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<std::io::Result<()>>,
    trail: Trail,
}

impl Server {
    pub(crate) fn start(routes: fn(&mut ServiceConfig)) -> Self {
        Self::with(AuditMiddleware::new(), routes)
    }

    pub(crate) fn with(audit: AuditMiddleware, routes: fn(&mut ServiceConfig)) -> Self {
        Self::recording(Trail::new(), audit, routes)
    }

    pub(crate) fn recording(
        trail: Trail,
        audit: AuditMiddleware,
        routes: fn(&mut ServiceConfig),
    ) -> Self {
        let audit = audit.recorder(&trail.recorder);
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().configure(routes).wrap(audit.clone());
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.shutdown_timeout(10).bind(("127.0.0.1", 0)).unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                tell.send((address, server.handle())).unwrap();
                server.await
            })
        });
        let (address, handle) = told.recv().unwrap();
        Self { address, handle, thread, trail }
    }

    /// Stops the server once every request is over, and reads what was recorded.
    pub(crate) fn finish(self) -> Records {
        actix_web::rt::System::new().block_on(self.handle.stop(true));
        self.thread.join().unwrap().unwrap();
        Records(self.trail.records())
    }
}

/// What a service recorded, without the journal's records about itself.
pub(crate) struct Records(pub(crate) Vec<Value>);

impl Records {
    /// The access records, in the order of their ends.
    pub(crate) fn accesses(&self) -> Vec<&Value> {
        let access = |record: &&Value| record["category"] == "access";
        self.0.iter().filter(access).collect()
    }

    /// The one access record.
    pub(crate) fn access(&self) -> &Value {
        let accesses = self.accesses();
        assert_eq!(accesses.len(), 1, "{accesses:#?}");
        accesses[0]
    }

    /// The one access record of the request with this correlation id.
    pub(crate) fn access_of(&self, correlation_id: &str) -> &Value {
        let accesses = self.accesses();
        let own = |record: &&&Value| record["correlation_id"] == correlation_id;
        let own: Vec<_> = accesses.iter().filter(own).collect();
        assert_eq!(own.len(), 1, "{correlation_id}: {own:#?}");
        own[0]
    }
}
