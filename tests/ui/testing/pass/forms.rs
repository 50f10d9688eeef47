//! All forms that the assertions accept.

#![deny(warnings)]

use std::sync::Arc;

use audit_runtime::testing::Trail;
use audit_runtime::{Event, Target, assert_audited, assert_not_audited};

struct Service {
    trail: Arc<Trail>,
}

fn main() {
    let service = Service { trail: Arc::new(Trail::new()) };
    let (id, r#type, name) = (7_u64, 3, String::from("UpdateUser"));
    let event = Event::activity("UpdateUser").target(Target::new("type", id)).field("type", &r#type);
    service.trail.enter(|| audit_runtime::record(event.succeeded()));

    assert_audited!(service.trail);
    assert_audited!(&service.trail, count = 1);
    assert_audited!(*service.trail, action = name, count = [1].len());
    assert_audited!(service.trail, action = &name, target(type, id = id), fields(r#type), outcome = success,);
    assert_audited!(service.trail, action = "UpdateUser", fields(type = Vec::<u8>::from([3])[0]));
    assert_not_audited!(service.trail, outcome = panic);
    assert_not_audited!(Trail::new());
    assert_not_audited!({ let empty = Trail::new(); empty }, fields(type = 3));
    if id == 7 { assert_audited!(service.trail) } else { assert_not_audited!(service.trail) }
}
