//! Names that could collide with generated ones, and types without the usual traits.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(non_camel_case_types)]

use audit_runtime::Redact;

#[derive(Redact)]
struct Collide {
    f: u32,
    serializer: u32,
    state: u32,
    report: u32,
    r#type: u32,
    #[sensitive]
    r#match: String,
}

/// Neither `Clone` nor plain to take apart.
#[derive(Redact)]
struct Guarded {
    #[sensitive]
    key: String,
    size: u32,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        assert_eq!(self.key, "canary-7f3a");
    }
}

#[derive(Redact)]
enum r#enum {
    r#fn { r#in: u32 },
}

/// Shadows what the prelude offers.
mod shadowed {
    use audit_runtime::Redact;

    pub type Option = u32;
    pub type Result = u32;
    pub type String = u32;
    pub struct Some;
    pub struct Ok;

    #[derive(Redact)]
    pub struct Sized {
        pub option: Option,
        pub result: Result,
        #[sensitive]
        pub string: String,
    }
}

/// The crate under another name, as a re-export has it.
mod reexport {
    pub mod audit {
        pub use audit_runtime::*;
    }
}

#[derive(Redact)]
#[redact(crate = "reexport::audit", default = "public")]
struct Renamed {
    text: String,
}

macro_rules! made {
    ($name:ident { $field:ident: $ty:ty }) => {
        #[derive(Redact)]
        struct $name {
            $field: $ty,
            #[sensitive]
            key: String,
        }
    };
}

made!(Made { count: Option<u32> });

fn json(value: &impl Redact) -> String {
    serde_json::to_string(&value.redacted()).unwrap()
}

fn main() {
    let collide = Collide {
        f: 1,
        serializer: 2,
        state: 3,
        report: 4,
        r#type: 5,
        r#match: "canary-7f3a".into(),
    };
    assert_eq!(collide.r#match.len(), 11);
    assert_eq!(
        json(&collide),
        r#"{"f":1,"serializer":2,"state":3,"report":4,"type":5,"match":"[redacted]"}"#
    );
    let guarded = Guarded {
        key: "canary-7f3a".into(),
        size: 1,
    };
    assert_eq!(
        format!("{guarded:?}"),
        "Guarded { key: [redacted], size: 1 }"
    );
    assert_eq!(json(&r#enum::r#fn { r#in: 1 }), r#"{"fn":{"in":1}}"#);
    let shadowed = shadowed::Sized {
        option: 1,
        result: 2,
        string: 3,
    };
    assert_eq!(shadowed.string, 3);
    assert_eq!(
        json(&shadowed),
        r#"{"option":1,"result":2,"string":"[redacted]"}"#
    );
    let _ = (shadowed::Some, shadowed::Ok);
    assert_eq!(json(&Renamed { text: "a".into() }), r#"{"text":"a"}"#);
    let made = Made {
        count: None,
        key: "canary-7f3a".into(),
    };
    assert_eq!(made.key.len(), 11);
    assert_eq!(json(&made), r#"{"count":null,"key":"[redacted]"}"#);
    local();
}

/// A type inside a function sees its neighbours.
fn local() {
    #[derive(Redact)]
    struct Inner(u32);
    #[derive(Redact)]
    struct Outer(Inner);
    assert_eq!(format!("{:?}", Outer(Inner(1))), "Outer(Inner(1))");
}
