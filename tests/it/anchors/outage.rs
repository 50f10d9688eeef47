//! Fault 31: anchors are down; appends go on, an alert tells of each, and they catch up.

use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};

use super::*;

/// One that waits until somebody lets go of the other end.
struct Hanging(Receiver<()>);

impl Anchor for Hanging {
    fn name(&self) -> &str {
        "hanging"
    }

    fn keep(&mut self, _: &Checkpoint, _: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        _ = self.0.recv();
        Ok(())
    }
}

#[test]
fn anchors_that_are_down_hold_up_no_record_are_told_of_once_and_catch_up() {
    let place = Place::new();
    let port = Server::start(0).port();
    let address = format!("tcp://127.0.0.1:{port}");
    let (release, held) = mpsc::channel();
    let builder = place.builder().anchor_directory(place.kept()).anchor_syslog(address);
    let recorder = builder.anchor(Hanging(held)).anchor_age_ms_max(1000).open().unwrap();
    assert_eq!(recorder.health().status, Status::Green, "it is too early to tell");
    (0..300).for_each(|_| tick(&recorder));

    wait_for(|| place.alerts().len() == 3);
    wait_for(|| recorder.health().anchors[1..3].iter().all(|anchor| anchor.failure.is_some()));
    let yellow = recorder.health();
    let reason = yellow.reason.as_deref().unwrap_or_default();
    assert_eq!((yellow.status, yellow.anchored_size), (Status::Yellow, None), "{yellow:?}");
    assert!(
        yellow.anchor_age_s >= Some(1) && reason.contains("has had no new checkpoint"),
        "{reason}"
    );
    let failures: Vec<_> = yellow.anchors.iter().map(|anchor| anchor.failure.as_deref()).collect();
    let [None, Some(directory), Some(syslog), None] = failures[..] else { panic!("{failures:?}") };
    assert!(
        directory.starts_with("cannot look at ") && directory.contains("No such file"),
        "{directory}"
    );
    assert!(syslog.starts_with("cannot send to it: Connection refused"), "{syslog}");

    let told = place.alerts();
    assert!(
        told.iter().all(|alert| alert.contains("has had no checkpoint of the audit journal for"))
    );
    for name in ["hanging", "directory ", "syslog tcp://127.0.0.1:"] {
        assert_eq!(
            told.iter().filter(|alert| alert.contains(&format!("The anchor `{name}"))).count(),
            1
        );
    }
    (0..300).for_each(|_| tick(&recorder));
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(place.alerts(), told, "each outage is told of once");

    fs::create_dir(place.kept()).unwrap();
    let server = Server::start(port);
    drop(release);
    let is_abreast = |health: &Health| {
        let mut asked = health.anchors.iter().filter(|anchor| anchor.confirms);
        asked.all(|anchor| anchor.size == Some(health.durable))
    };
    let green = awaited(&recorder, |health| is_abreast(health) && health.status == Status::Green);
    assert_eq!((green.anchored_size, green.anchor_age_s), (Some(green.durable), Some(0)));
    assert!(green.anchors.iter().all(|anchor| anchor.failure.is_none()), "{green:?}");

    // A second outage is another one.
    fs::rename(place.kept(), place.0.path().join("gone")).unwrap();
    tick(&recorder);
    wait_for(|| place.alerts().len() == 4);
    fs::rename(place.0.path().join("gone"), place.kept()).unwrap();
    close(recorder);
    expect_whole(&place, place.in_directory());
    expect_whole(&place, server.checkpoints());
}

#[test]
fn a_server_that_reads_nothing_has_nothing_and_holds_up_no_shutdown() {
    let place = Place::new();
    // The system takes connections for it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", silent.local_addr().unwrap());
    let recorder = place.builder().anchor_syslog(address).open().unwrap();
    tick(&recorder);
    let failed = awaited(&recorder, |health| health.anchors[0].failure.is_some());
    let why = failed.anchors[0].failure.as_deref().unwrap();
    assert!(why.contains("it has not said that it has read the message"), "{why}");
    assert_eq!(failed.anchored_size, None);
    let begun = Instant::now();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(place.verified(Vec::new()).is_intact());
}
