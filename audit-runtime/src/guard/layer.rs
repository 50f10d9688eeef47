//! The guard around a layer of `tracing_subscriber`: the fields lose their secrets before anything formats them.

use std::fmt;

use audit_guard::{Caught, Scrubbed, scrub_field, scrub_number};
use tracing::field::{DisplayValue, Field, Value, ValueSet, Visit, display};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Guarded;
use super::text::passed;
use crate::recorder::{LogCall, tell_printed};

/// `tracing` itself takes no more fields of a call than the first of these, but for calls without the macros.
const FIELDS_FEW: usize = 32;
/// Further fields are left out.
const FIELDS_MAX: usize = 256;

/// Put a filter of its own around the guard, `Guarded::new(layer).with_filter(filter)`, not into it.
impl<S: Subscriber + for<'s> LookupSpan<'s>, L: Layer<S>> Layer<S> for Guarded<L> {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.inner.on_register_dispatch(subscriber);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.inner.on_layer(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.inner.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        self.inner.enabled(metadata, context)
    }

    fn on_new_span(&self, span: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = span.metadata();
        let fields = Fields::of(|fields| span.record(fields));
        fields.with_values(metadata, |values| {
            let guarded = match (span.parent(), span.is_contextual()) {
                (Some(parent), _) => Attributes::child_of(parent.clone(), metadata, values),
                (None, true) => Attributes::new(metadata, values),
                (None, false) => Attributes::new_root(metadata, values),
            };
            self.inner.on_new_span(&guarded, id, context);
        });
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.inner.max_level_hint()
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(metadata) = context.metadata(id) else { return };
        let fields = Fields::of(|fields| values.record(fields));
        let inner = context.clone();
        fields
            .with_values(metadata, |values| self.inner.on_record(id, &Record::new(values), inner));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        self.inner.on_follows_from(id, follows, context);
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, S>) -> bool {
        self.inner.event_enabled(event, context)
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let fields = Fields::of(|fields| event.record(fields));
        fields.with_values(metadata, |values| {
            let guarded = if event.is_contextual() {
                Event::new(metadata, values)
            } else {
                Event::new_child_of(event.parent().cloned(), metadata, values)
            };
            self.inner.on_event(&guarded, context);
        });
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.inner.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.inner.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.inner.on_close(id, context);
    }

    fn on_id_change(&self, old: &Id, new: &Id, context: Context<'_, S>) {
        self.inner.on_id_change(old, new, context);
    }
}

/// The fields of an event or span without their secrets.
#[derive(Default)]
struct Fields {
    fields: Vec<(Field, Box<dyn Value>)>,
    caught: Caught,
}

impl Fields {
    fn of(record: impl FnOnce(&mut Self)) -> Self {
        let mut fields = Self::default();
        record(&mut fields);
        fields
    }

    fn with_values(&self, from: &'static Metadata<'static>, then: impl FnOnce(&ValueSet<'_>)) {
        match self.fields.as_slice() {
            [] => then(&from.fields().value_set(&[])),
            [first, rest @ ..] if rest.len() < FIELDS_FEW => {
                then(&from.fields().value_set(&self.values::<FIELDS_FEW>(&first.0)));
            }
            [first, ..] => then(&from.fields().value_set(&self.values::<FIELDS_MAX>(&first.0))),
        }
        tell_printed(Some(&LogCall::of(from)), &self.caught);
    }

    /// The values as `tracing` takes them: as many as an array has. What is left of it has no value.
    fn values<'a, const N: usize>(
        &'a self,
        first: &'a Field,
    ) -> [(&'a Field, Option<&'a dyn Value>); N] {
        let mut values: [(&Field, Option<&dyn Value>); N] = [(first, None); N];
        for (value, (field, own)) in values.iter_mut().zip(&self.fields) {
            *value = (field, Some(&**own));
        }
        values
    }

    fn push(&mut self, field: &Field, value: impl Value + 'static) {
        self.fields.push((field.clone(), Box::new(value)));
    }

    fn number(&mut self, field: &Field, number: impl Value + 'static) {
        match scrub_number(field.name()) {
            Some(secret) => {
                let text = self.passed(&secret);
                self.push(field, text);
            }
            None => self.push(field, number),
        }
    }

    /// What is printed without quotes.
    fn shown(&mut self, field: &Field, text: &str) {
        let shown: DisplayValue<String> = display(self.passed(&scrub_field(field.name(), text)));
        self.push(field, shown);
    }

    fn passed(&mut self, scrubbed: &Scrubbed<'_>) -> String {
        passed(scrubbed, &mut self.caught)
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.number(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let text = self.passed(&scrub_field(field.name(), value));
        self.push(field, text);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.shown(field, &value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.shown(field, &format!("{value:?}"));
    }
}
