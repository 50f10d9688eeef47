//! The promises of the context: it reaches what runs inside it, and nothing else.

use std::task::Poll;

use super::*;
use crate::event::{ActorKind, Event, Http, Phase};

fn completed_kind(context: &Context) -> ActorKind {
    let mut event = Event::activity("Test").succeeded();
    context.complete(&mut event);
    event.actor.unwrap().kind()
}

#[test]
fn an_actor_set_inside_is_known_outside() {
    let context = Context::new();
    assert_eq!(completed_kind(&context), ActorKind::System);
    context.enter(|| set_actor(Actor::user("42")));
    assert_eq!(completed_kind(&context), ActorKind::User);
}

#[test]
fn an_authentication_names_the_actor_of_the_context() {
    let mut event = Event::authentication("password").succeeded();
    Context::new().actor(Actor::user("42")).complete(&mut event);
    assert_eq!(event.actor.unwrap().kind(), ActorKind::User);
}

#[test]
fn a_name_is_only_claimed_until_a_login_succeeds() {
    let measured = |end: Option<Outcome>| {
        let context = Context::new().actor(Actor::user("7"));
        let mut login = Event::authentication("password").ended(end.unwrap_or(Outcome::Unknown));
        login.phase = end.is_none().then_some(Phase::Intent);
        context.complete(&mut login);
        let mut access = Event::access(Http::routed("POST", "/login")).ended(Outcome::Cancelled);
        context.complete(&mut access);
        (login.flood().is_some(), access.flood().is_some())
    };
    for &end in Outcome::ALL.iter() {
        let is_claimed = end != Outcome::Success;
        assert_eq!(measured(Some(end)), (is_claimed, is_claimed), "{end:?}");
    }
    assert_eq!(measured(None), (false, false), "an intent is no end");
}

#[test]
fn a_panic_leaves_the_outer_frame_in_place() {
    let outer = Context::new().actor(Actor::service("outer"));
    outer.enter(|| {
        let inner = Context::new().actor(Actor::user("inner"));
        let panicked = std::panic::catch_unwind(|| inner.enter(|| panic!("inside")));
        assert!(panicked.is_err());
        assert_eq!(completed_kind(&Context::current()), ActorKind::Service);
    });
}

#[test]
fn only_actions_right_inside_a_request_are_deferred_and_only_until_its_response() {
    let inside = |outer: &Running| {
        let frame = Frame { context: None, running: Some(outer.clone()) };
        frame.enter(|| Running::begin(Event::activity("Inside")))
    };
    let request = Running::begin(Event::activity("Request"));
    let context = Context::of_request(&request, CorrelationId::random(), None, None);
    let handler = inside(&request);
    assert!(context.defer(&handler, Told::default()));
    assert!(!context.defer(&inside(&handler), Told::default()));
    for _ in 1..DEFERRED_MAX {
        assert!(context.defer(&handler, Told::default()));
    }
    assert!(!context.defer(&handler, Told::default()));
    assert_eq!(context.take_deferred().len(), DEFERRED_MAX);
    assert!(!context.defer(&handler, Told::default()));
    assert!(context.take_deferred().is_empty());
}

#[test]
#[cfg(any(feature = "actix", feature = "tower"))]
fn an_action_whose_outcome_is_known_is_deferred_only_while_its_actor_is_awaited() {
    let request = Running::begin(Event::activity("Request"));
    let context = Context::of_request(&request, CorrelationId::random(), None, None);
    let frame = Frame { context: Some(context.clone()), running: Some(request) };
    frame.enter(|| {
        assert!(is_anonymous());
        let handler = Running::begin(Event::activity("Inside"));
        let told = Told { outcome: Some(Outcome::Denied), error_type: None };
        assert!(!context.defer(&handler, told));
        await_actor();
        assert!(context.defer(&handler, told));
        assert_eq!(handler.take().unwrap().returned, Some(told));
        set_actor(Actor::user("7"));
        assert!(!is_anonymous());
    });
}

#[test]
fn a_verdict_belongs_to_the_innermost_action() {
    let frame = |running: &Running| Frame { context: None, running: Some(running.clone()) };
    let outer = Running::begin(Event::activity("Outer"));
    frame(&outer).enter(|| {
        let inner = Running::begin(Event::activity("Inner"));
        assert_eq!(inner.outer().map(|it| it.event()), Some(outer.event()));
        frame(&inner).enter(|| deny("inner"));
        set_target("T", 1);
        assert_eq!(inner.take().unwrap().verdict.unwrap().0, Outcome::Denied);
        assert!(inner.take().is_none());
    });
    let open = outer.take().unwrap();
    assert!(open.verdict.is_none());
    assert_eq!(open.draft.event.targets[0].id(), "1");
}

#[test]
fn a_task_of_its_own_names_its_cause_and_cannot_speak_for_it() {
    let outer = Running::begin(Event::activity("Outer"));
    let inside = Frame { context: Some(Context::new()), running: Some(outer.clone()) };
    let (spawned, moved) = inside.enter(|| {
        let speaks = async {
            deny("from another task");
            set_target("T", 1);
            cause()
        };
        (Context::current().scope(speaks), Context::current())
    });
    let cause_in_task = poll_once(spawned);
    let cause_on_thread = std::thread::spawn(move || moved.enter(cause)).join().unwrap();
    assert_eq!((cause_in_task, cause_on_thread), (Some(outer.event()), Some(outer.event())));
    let open = outer.take().unwrap();
    assert!(open.verdict.is_none());
    assert!(open.draft.event.targets.is_empty());
}

#[test]
fn a_context_inside_a_running_action_leaves_it_running() {
    let outer = Running::begin(Event::activity("Outer"));
    let inside = Frame { context: Some(Context::new()), running: Some(outer.clone()) };
    inside.enter(|| {
        Context::new().enter(|| set_target("T", 1));
        poll_once(Context::new().scope(async { set_target("T", 2) }));
    });
    assert_eq!(outer.take().unwrap().draft.event.targets.len(), 2);
}

fn poll_once<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready"),
    }
}
