use audit_runtime::Sensitive;

#[derive(Clone, Debug, thiserror::Error)]
#[error("wrong password hunter2")]
struct Inner;

impl audit_runtime::Secret for Inner {
    fn wipe(&mut self) {}

    fn same(&self, _: &Self) -> audit_runtime::redact::Choice {
        1.into()
    }
}

// row: error-cause
#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Caused {
    #[source]
    cause: Sensitive<Inner>,
}

fn main() {}
