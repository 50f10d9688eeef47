//! What a watch has found while the journal took no records.

#[cfg(target_os = "linux")]
use std::pin::Pin;
#[cfg(target_os = "linux")]
use std::sync::mpsc::{Receiver, Sender, channel};
#[cfg(target_os = "linux")]
use std::task::{Context, Wake, Waker};

use super::*;

/// The rules that six failed logins of one user from one address hold for.
const RULES: [&str; 3] = ["bf_ip", "bf_user_ip", "bf_user"];

/// Waits until what has no record is as it should be.
fn wait_until(watch: &Watch, is_so: impl Fn(&[control::Finding]) -> bool) {
    let due = Instant::now() + SOON;
    while !is_so(&watch.status().unrecorded) {
        assert!(Instant::now() < due, "{:?}", watch.status());
        thread::sleep(Duration::from_millis(10));
    }
}

fn has(unrecorded: &[control::Finding], rule: &str) -> bool {
    unrecorded.iter().any(|one| one.rule == rule)
}

/// The service, started anew on the journal whose lock was set aside.
fn mended(service: Service) -> Service {
    let journal = service.journal();
    let Service { directory, recorder } = service;
    drop(recorder);
    fs::rename(directory.path().join("aside"), journal.join("LOCK")).unwrap();
    let recorder = Recorder::builder(&journal).open().unwrap();
    Service { directory, recorder }
}

#[test]
fn what_could_not_be_recorded_is_told_and_found_again_after_an_orderly_end() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 4);
    // What it has seen so far is kept.
    watch.stop(SOON).unwrap();
    service.fail_to_log_in(USER, 2);
    set_lock_aside(&service);
    let watch = service.watch(&inbox).start().unwrap();
    wait_until(&watch, |told| RULES.iter().all(|rule| has(told, rule)));
    assert!(service.findings().is_empty(), "{:?}", service.findings());
    // Of what it has found, that is what the next start finds again; not the pipeline's own trouble.
    let missed = watch.stop(SOON).unwrap();
    assert!(RULES.iter().all(|rule| has(&missed, rule)) && missed.len() == 3, "{missed:?}");
    let service = mended(service);
    let watch = service.watch(&inbox).start().unwrap();
    inbox.wait_for("bf_user", 1);
    assert!(watch.status().unrecorded.iter().all(|one| !one.rule.starts_with("bf_")));
    assert!(watch.stop(SOON).unwrap().is_empty());
    let findings = service.findings();
    assert!(findings.iter().all(|(_, times)| *times == 1), "{findings:?}");
}

#[test]
fn what_could_not_be_recorded_is_once_the_journal_is_back() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 6);
    set_lock_aside(&service);
    let watch = service.watch(&inbox).start().unwrap();
    let rules = [RULES.as_slice(), &["pipeline_failure"]].concat();
    wait_until(&watch, |told| rules.iter().all(|rule| has(told, rule)));
    assert!(service.findings().is_empty(), "{:?}", service.findings());
    let service = mended(service);
    // The pipeline's own trouble, too, of which the channels were told before.
    wait_until(&watch, <[_]>::is_empty);
    let findings = service.findings();
    for rule in rules {
        let times: Vec<u32> =
            findings.iter().filter(|((of, _), _)| of == rule).map(|(_, times)| *times).collect();
        assert_eq!(times, [1], "{rule}: {findings:?}");
        inbox.wait_for(rule, 1);
    }
    assert!(watch.stop(SOON).unwrap().is_empty());
    assert_eq!(inbox.wait_for("pipeline_failure", 1).len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_recorded_without_an_answer_is_unrecorded_no_more_and_is_recorded_once() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 6);
    mute(&service);
    let watch = service.watch(&inbox).silence_ms_max(2_000).start().unwrap();
    wait_until(&watch, |told| RULES.iter().all(|rule| has(told, rule)));
    wait_until(&watch, |told| has(told, "pipeline_silence"));
    wait_until(&watch, <[_]>::is_empty);
    watch.stop(SOON).unwrap();
    let findings = service.findings();
    let found: Vec<&str> = findings.keys().map(|(rule, _)| rule.as_str()).collect();
    for rule in [RULES.as_slice(), &["pipeline_silence"]].concat() {
        assert!(found.contains(&rule), "{rule}: {findings:?}");
    }
    assert!(findings.values().all(|times| *times == 1), "{findings:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_recorded_long_after_it_was_asked_for_is_recorded_once() {
    let (directory, inbox) = (tempfile::tempdir().unwrap(), Inbox::default());
    let builder = Recorder::builder(directory.path().join("audit")).wait_ms_max(500);
    let service = Service { recorder: builder.open().unwrap(), directory };
    service.fail_to_log_in(USER, 5);
    let watch = service.watch(&inbox).silence_ms_max(100).start().unwrap();
    inbox.wait_for("bf_ip", 1);
    inbox.wait_for("bf_user_ip", 1);
    // It has had an answer to everything.
    let held = hold(&service, USER);
    let rules = ["bf_user", "pipeline_silence"];
    wait_until(&watch, |told| rules.iter().all(|rule| has(told, rule)));
    // Until the writer takes no more for a disk that does not answer, and has refused each of them.
    thread::sleep(Duration::from_millis(2_500));
    assert!(service.findings().keys().all(|(rule, _)| rule != "bf_user"));
    drop(held);
    wait_until(&watch, <[_]>::is_empty);
    watch.stop(SOON).unwrap();
    let findings = service.findings();
    assert!(rules.iter().all(|rule| findings.keys().any(|(found, _)| found == rule)));
    assert!(findings.values().all(|times| *times == 1), "{findings:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_watch_has_asked_for_is_recorded_once() {
    use std::io::Write as _;

    let (service, inbox) = (Service::start(), Inbox::default());
    let state = State::new().unwrap();
    state.save(&Saved::at(state::beside(&service.journal()))).unwrap();
    service.fail_to_log_in(USER, 6);
    let found = found(&service, &state);
    assert_eq!(found.len(), RULES.len(), "{found:?}");
    let held = hold(&service, "grace");
    for finding in found {
        let asked = serde_json::json!({"v": 1, "ask": {"append": Entry::Finding(finding)}});
        let socket = service.journal().join("CONTROL");
        let mut killed = std::os::unix::net::UnixStream::connect(socket).unwrap();
        killed.write_all(format!("{asked}\n").as_bytes()).unwrap();
    }
    let watch = service.watch(&inbox).start().unwrap();
    // Time to look, and to ask for what it does not find.
    thread::sleep(Duration::from_millis(500));
    assert!(service.findings().is_empty(), "{:?}", service.findings());
    drop(held);
    let due = Instant::now() + SOON;
    while watch.status().detection.lag != Some(0) {
        assert!(Instant::now() < due, "{:?}", watch.status());
        thread::sleep(Duration::from_millis(10));
    }
    watch.stop(SOON).unwrap();
    let findings = service.findings();
    assert_eq!(findings.len(), RULES.len(), "{findings:?}");
    assert!(findings.values().all(|times| *times == 1), "{findings:?}");
}

/// What a watch with this state finds, as it has it recorded.
#[cfg(target_os = "linux")]
fn found(service: &Service, state: &State) -> Vec<control::Finding> {
    let key = state.hash_key().unwrap();
    let (mut engine, mut found) =
        (Engine::new(Rules::builtin(), StateKey::derived(&key)), Vec::new());
    let mut cursor = Reader::open(service.journal()).unwrap().cursor(0).unwrap();
    while let Some(line) = cursor.next().unwrap() {
        let record = Record::parse(&line).unwrap();
        Observed::of(&record).iter().for_each(|observed| engine.observe(observed, &mut found));
    }
    found.iter().map(|finding| finding::entry(finding, 0)).collect()
}

/// Holds the service's writer up behind a failed login, as a slow disk does, until this is dropped.
#[cfg(target_os = "linux")]
fn hold(service: &Service, user: &'static str) -> Sender<()> {
    // Behind one that holds it up already, nothing is settled before it is polled.
    let first = std::iter::repeat_with(|| held_behind(service, "grace")).flatten().next();
    let held = held_behind(service, user).unwrap();
    drop(first);
    held
}

/// None if the writer was faster.
#[cfg(target_os = "linux")]
fn held_behind(service: &Service, user: &'static str) -> Option<Sender<()>> {
    struct Gate(Mutex<Receiver<()>>);

    impl Wake for Gate {
        fn wake(self: Arc<Self>) {
            _ = self.0.lock().unwrap().recv();
        }
    }

    let (open, gate) = channel();
    let waker = Waker::from(Arc::new(Gate(Mutex::new(gate))));
    let mut receipt = service.recorder.record(Service::attempt(user));
    Pin::new(&mut receipt).poll(&mut Context::from_waker(&waker)).is_pending().then_some(open)
}

/// Puts another in the place of the service's socket, who passes every request on, and hangs up where the
/// answer to one that has something appended would come.
#[cfg(target_os = "linux")]
fn mute(service: &Service) {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::os::unix::net::{UnixListener, UnixStream};

    let (socket, behind) = (service.journal().join("CONTROL"), service.directory.path().join("c"));
    fs::rename(&socket, &behind).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut asking = BufReader::new(stream.unwrap());
            let mut service = BufReader::new(UnixStream::connect(&behind).unwrap());
            let (mut request, mut answer) = (String::new(), String::new());
            while asking.read_line(&mut request).is_ok_and(|read| read > 0) {
                service.get_mut().write_all(request.as_bytes()).unwrap();
                service.read_line(&mut answer).unwrap();
                if request.contains("\"append\"") {
                    break;
                }
                _ = asking.get_mut().write_all(answer.as_bytes());
                (request, answer) = (String::new(), String::new());
            }
        }
    });
}
