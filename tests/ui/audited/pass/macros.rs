//! Functions that a macro writes, with an attribute that the macro writes too.

use audit_runtime::audited;

macro_rules! reader {
    ($name:ident, $action:literal, $ty:ty, $value:expr) => {
        #[audited(action = $action, fields(value = $value))]
        fn $name(given: $ty) -> $ty {
            given + $value
        }
    };
}

reader!(one, "GetOne", u8, 1);
reader!(two, "GetTwo", u16, 1 + 1);

fn main() {
    assert_eq!(one(1), 2);
    assert_eq!(two(1), 3);
}
