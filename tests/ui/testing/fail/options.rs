//! Each mistake in a call is told at its place, and none hides the next.

use audit_runtime::testing::Trail;
use audit_runtime::{assert_audited, assert_not_audited};

fn main() {
    let trail = Trail::new();
    assert_audited!(trail, acton = "UpdateUser");
    assert_audited!(trail, user = "ada");
    assert_audited!(trail, outcome = sucess, category = "access", op, severity = 4);
    assert_audited!(trail, action = "UpdateUser" outcome = success, count = 2);
    assert_audited!(trail, target = ("Account", "7"), field("amount") = 5);
    assert_audited!(trail, target(Account, ids = 7), target(id = 7), fields(a.b, c == 1));
    assert_audited!(trail, actor = "ada", actor = "bob", fields(a = 1), fields(b = 2));
    assert_audited!(trail, action =, "UpdateUser", count = 0);
    assert_not_audited!(trail, count = 1);
}
