//! The end of a recorder as peers meet it: answers that are owed are given, and nobody draws it out.

use std::os::unix::net::UnixListener;

use super::*;

#[test]
fn what_is_recorded_for_a_peer_until_a_shutdown_is_answered_before_that_returns() {
    let asked = protocol::request(&Request::Append(Box::new(read())));
    for wait in 0..20 {
        let service = Service::start();
        let mut peer = service.peer();
        peer.get_mut().write_all(&asked).unwrap();
        std::thread::sleep(wait * REST / 10);
        service.recorder.shutdown(SOON).unwrap();
        peer.get_mut().set_nonblocking(true).unwrap();
        let mut answer = String::new();
        match peer.read_to_string(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{wait}: {error}"),
        }
        let last_but_one = service.recorder.health().durable - 2;
        let mut records = Reader::open(service.journal()).unwrap().cursor(last_but_one).unwrap();
        let line = records.next().unwrap().unwrap();
        let line = String::from_utf8_lossy(line.bytes());
        assert_eq!(line.contains("JournalRead"), answer.contains("seq"), "{wait}: {answer}{line}");
    }
}

#[test]
fn a_peer_cannot_put_off_the_end_by_asking_for_more() {
    let service = Service::start();
    let mut budget = Budget::default();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut connection = Connection::new(ours, Peer { user: 1, process: 1 }, false);
    theirs.write_all(&protocol::request(&Request::Append(Box::new(read()))).repeat(20)).unwrap();
    let mut serve = |connection: &mut Connection| {
        let (shared, waker) = (&*service.recorder.0.shared, Waker::noop());
        connection.serve(&mut Desk { shared, budget: &mut budget, waker, now: Instant::now() })
    };
    assert!(serve(&mut connection));
    connection.close();
    while serve(&mut connection) {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(connection);
    let answers = BufReader::new(theirs).lines().map_while(Result::ok).count();
    assert!((1..=REQUESTS_AT_ONCE).contains(&answers), "{answers}");
}

#[test]
fn the_socket_goes_before_the_lock_and_a_stale_one_is_replaced() {
    let service = Service::start();
    // One that was let in, and one that may not have been yet.
    let mut waiting = service.peer();
    waiting.get_mut().write_all(protocol_line().as_bytes()).unwrap();
    answer(&mut waiting);
    let mut arriving = service.peer();
    let path = service.journal().join("CONTROL");
    service.recorder.shutdown(SOON).unwrap();
    assert!(!path.exists());
    assert_eq!(waiting.read_to_end(&mut Vec::new()).unwrap(), 0);
    match arriving.read_to_end(&mut Vec::new()) {
        Ok(read) => assert_eq!(read, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
    let error = Client::connect(service.journal(), SOON).unwrap_err();
    assert!(matches!(error, Error::NoWriter { .. }), "{error}");
    // What a killed writer leaves.
    drop(UnixListener::bind(&path).unwrap());
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let error = Client::connect(service.journal(), SOON).unwrap_err();
    assert!(matches!(error, Error::NoWriter { .. }), "{error}");
    let again = Recorder::builder(service.journal()).open().unwrap();
    service.client().append(&read()).unwrap();
    drop(again);
    assert!(!path.exists());
}

#[test]
fn what_was_answered_until_a_shutdown_is_there() {
    let service = Service::start();
    let append = || {
        let mut client = service.client();
        let mut places = Vec::new();
        loop {
            match client.append(&read()) {
                Ok(place) => places.push(place),
                Err(Error::Refused { code, .. }) if code == "over_budget" => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                // Once its writer is gone.
                Err(_) => return places,
            }
        }
    };
    let places: Vec<Appended> = std::thread::scope(|scope| {
        let appending: Vec<_> = (0..4).map(|_| scope.spawn(append)).collect();
        while service.recorder.health().durable < 50 {
            std::thread::sleep(Duration::from_millis(1));
        }
        service.recorder.shutdown(SOON).unwrap();
        appending.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(places.len() > 40, "{}", places.len());
    for place in places {
        assert_eq!(record(&service, place)["action"], "JournalRead");
    }
}

#[test]
fn what_a_peer_asks_of_a_writer_that_has_ended_is_no_loss_of_the_services() {
    let service = Service::start();
    service.recorder.shutdown(SOON).unwrap();
    let mut budget = Budget::default();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    theirs.write_all(&protocol::request(&Request::Append(Box::new(read())))).unwrap();
    let (shared, waker) = (&*service.recorder.0.shared, Waker::noop());
    let mut desk = Desk { shared, budget: &mut budget, waker, now: Instant::now() };
    assert!(Connection::new(ours, Peer { user: 1, process: 1 }, false).serve(&mut desk));
    assert_eq!(answer(&mut BufReader::new(theirs))["error"], "stopped");
    let health = service.recorder.health();
    assert_eq!((health.lost, health.unrecorded, health.control_refused), (0, 0, 1));
}
