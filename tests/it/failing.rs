//! A journal that fails while the service runs: what must be recorded is refused, the rest goes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use actix_web::body::to_bytes;
use actix_web::{HttpResponse, Responder};
use audit_runtime::journal::{Access, LockOutcome, MemoryStorage, Storage, StorageFile};
use audit_runtime::{Event, Recorder, Status, Unrecorded, audited};

use crate::support::block_on;

/// A disk that stops syncing on command.
#[derive(Clone, Default)]
struct Failing {
    memory: MemoryStorage,
    fails: Arc<AtomicBool>,
}

impl Storage for Failing {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.memory.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        Ok(self.wrap(self.memory.create(name)?))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        Ok(self.wrap(self.memory.open(name, access)?))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.memory.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.memory.is_locked()
    }

    fn describe(&self) -> String {
        self.memory.describe()
    }
}

impl Failing {
    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        let fails = Arc::clone(&self.fails);
        Box::new(FailingFile { file, fails })
    }
}

struct FailingFile {
    file: Box<dyn StorageFile>,
    fails: Arc<AtomicBool>,
}

impl StorageFile for FailingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk does not answer"));
        }
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

static BODIES: AtomicU32 = AtomicU32::new(0);

#[audited(action = "DeleteUser")]
async fn delete_user() -> HttpResponse {
    BODIES.fetch_add(1, Ordering::Relaxed);
    HttpResponse::NoContent().finish()
}

#[audited(action = "CreateUser")]
async fn create_user() -> impl Responder {
    BODIES.fetch_add(1, Ordering::Relaxed);
    "created"
}

#[audited(action = "UpdateUser")]
fn update_user() -> Result<(), Unrecorded> {
    BODIES.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

#[audited(action = "ReadUser")]
fn read_user() -> u32 {
    7
}

#[test]
fn changes_are_refused_before_their_bodies_and_reads_go_on() {
    let storage = Failing::default();
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    storage.fails.store(true, Ordering::Relaxed);
    let lost = recorder.record(Event::activity("Lost").succeeded()).wait();
    assert!(matches!(lost, Err(Unrecorded::JournalFailed(_))), "{lost:?}");

    block_on(recorder.scope(async {
        let deleted = delete_user().await;
        assert_eq!(deleted.status(), 503);
        let said = to_bytes(deleted.into_body()).await.unwrap();
        assert!(!String::from_utf8_lossy(&said).contains("disk"), "{said:?}");
        let request = actix_web::test::TestRequest::default().to_http_request();
        assert_eq!(create_user().await.respond_to(&request).status(), 503);
        let refused = update_user().unwrap_err().to_string();
        assert!(refused.contains("the disk does not answer"), "{refused}");
        assert_eq!(read_user(), 7);
    }));
    assert_eq!(BODIES.load(Ordering::Relaxed), 0);
    let health = recorder.health();
    assert_eq!((health.status, health.unrecorded), (Status::Red, 4));
}
