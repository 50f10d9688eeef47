//! The guard around a logger of the crate `log`: message and pairs lose their secrets before it takes them.

use audit_guard::{Caught, scrub, scrub_field, scrub_number};
use log::kv::{Error, Key, ToValue, Value, VisitSource, VisitValue};
use log::{Log, Metadata, Record};

use super::Guarded;
use super::text::passed;
use crate::recorder::{LogCall, tell_printed};

/// More pairs of a record are left out.
const PAIRS_MAX: usize = 256;

/// ```
/// use audit_runtime::guard::Guarded;
/// # struct Logger;
/// # impl log::Log for Logger {
/// #     fn enabled(&self, _: &log::Metadata<'_>) -> bool { true }
/// #     fn log(&self, _: &log::Record<'_>) {}
/// #     fn flush(&self) {}
/// # }
/// # let logger = Logger;
///
/// log::set_boxed_logger(Box::new(Guarded::new(logger)))?;
/// # Ok::<(), log::SetLoggerError>(())
/// ```
impl<L: Log> Log for Guarded<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.inner.enabled(record.metadata()) {
            return;
        }
        let mut caught = Caught::nothing();
        let message = passed(&scrub(&record.args().to_string()), &mut caught);
        let mut pairs = Pairs { pairs: Vec::new(), caught: &mut caught };
        // A source that fails has given what it has.
        let _ = record.key_values().visit(&mut pairs);
        let pairs = pairs.pairs;
        let mut guarded = record.to_builder();
        self.inner.log(&guarded.key_values(&pairs).args(format_args!("{message}")).build());
        let target = record.target().to_owned();
        let (file, line) = (record.file().map(str::to_owned), record.line());
        tell_printed(Some(&LogCall { target, file, line }), &caught);
    }

    fn flush(&self) {
        self.inner.flush();
    }
}

/// The pairs of a record without their secrets.
struct Pairs<'c> {
    pairs: Vec<(String, Box<dyn ToValue>)>,
    caught: &'c mut Caught,
}

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        if self.pairs.len() < PAIRS_MAX {
            let mut one = One { name: key.as_str(), caught: self.caught, value: None };
            value.visit(&mut one)?;
            let value = one.value.unwrap_or_else(|| Box::new(()));
            self.pairs.push((key.as_str().to_owned(), value));
        }
        Ok(())
    }
}

/// One value, none until it was visited.
struct One<'c> {
    name: &'c str,
    caught: &'c mut Caught,
    value: Option<Box<dyn ToValue>>,
}

impl One<'_> {
    fn number(&mut self, number: impl ToValue + 'static) -> Result<(), Error> {
        self.value = Some(match scrub_number(self.name) {
            Some(secret) => Box::new(passed(&secret, self.caught)),
            None => Box::new(number),
        });
        Ok(())
    }
}

impl<'v> VisitValue<'v> for &mut One<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.visit_str(&value.to_string())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), Error> {
        self.value = Some(Box::new(passed(&scrub_field(self.name, value), self.caught)));
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        self.value = Some(Box::new(()));
        Ok(())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), Error> {
        self.value = Some(Box::new(value));
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.number(value)
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), Error> {
        self.number(value)
    }

    fn visit_u128(&mut self, value: u128) -> Result<(), Error> {
        self.number(value)
    }

    fn visit_i128(&mut self, value: i128) -> Result<(), Error> {
        self.number(value)
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
        self.number(value)
    }
}
