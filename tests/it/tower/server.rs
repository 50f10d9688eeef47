//! An axum server on a free loopback port, with its records.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::rt;
use audit_runtime::AuditLayer;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::Trail;
use crate::web::server::Records;

/// A running service, recording in memory.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    trail: Trail,
}

impl Server {
    /// Serves `routes` with the layer around them.
    pub(crate) fn start(routes: Router) -> Self {
        Self::with(AuditLayer::new(), routes)
    }

    pub(crate) fn with(audit: AuditLayer, routes: Router) -> Self {
        Self::recording(Trail::new(), audit, routes)
    }

    pub(crate) fn recording(trail: Trail, audit: AuditLayer, routes: Router) -> Self {
        let app = routes.layer(audit.recorder(&trail.recorder));
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                let server = axum::serve(listener, app);
                let stopped = async { stopped.await.unwrap_or_default() };
                server.with_graceful_shutdown(stopped).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), stop, thread, trail }
    }

    /// Stops the server once every request is over, and reads what was recorded.
    pub(crate) fn finish(self) -> Records {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
        Records(self.trail.records())
    }
}
