//! What is looked for has the type that a record has.

use audit_runtime::testing::Trail;
use audit_runtime::{assert_audited, assert_not_audited};

struct Opaque;

fn main() {
    let trail = Trail::new();
    assert_audited!(trail, action = 5);
    assert_audited!(trail, status = "200");
    assert_audited!(trail, target(Account, id = Opaque));
    assert_audited!(trail, fields(amount = Opaque));
    assert_audited!(trail, count = -1);
    assert_audited!(trail, fields(role));
    assert_not_audited!(trail.records(), action = "UpdateUser");
}
