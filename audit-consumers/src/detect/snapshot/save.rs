//! Writes the state of an engine.

use super::super::codec::Encoder;
use super::super::group::Group;
use super::super::places::Place;
use super::super::rule::Field;
use super::super::sequel::Sequel;
use super::super::state::State;
use super::super::trigger::Trigger;
use super::super::window::Window;

pub(super) fn state(out: &mut Encoder, state: &State) {
    out.number(state.next_seq);
    out.signed(state.clock.now_ns);
    out.signed(state.clock.latest_ns);
    out.length(state.groups.len());
    state.groups.iter().for_each(|one| group(out, one));
    out.length(state.sequels.len());
    state.sequels.iter().for_each(|one| sequel(out, one));
}

fn group(out: &mut Encoder, group: &Group) {
    out.length(group.tallies.len());
    for tally in &group.tallies {
        field(out, tally.field);
        out.length(tally.rules.len());
        tally.rules.iter().for_each(|member| rule(out, &member.trigger));
    }
    out.length(group.places.len());
    group.places.iter().for_each(|places| field(out, places.field));
    out.length(group.table.len());
    for (key, row) in group.table.oldest_first() {
        out.number(key);
        for (hits, emitted_ns) in group.tallies.iter().map(|tally| tally.row(row)) {
            emitted_ns.iter().for_each(|emitted_ns| out.signed(*emitted_ns));
            window(out, hits);
        }
        group.places.iter().for_each(|noted| places(out, noted.row(row)));
    }
}

fn sequel(out: &mut Encoder, sequel: &Sequel) {
    rule(out, &sequel.trigger);
    out.length(sequel.table.len());
    for (key, row) in sequel.table.oldest_first() {
        out.number(key);
        out.signed(sequel.rows[row].emitted_ns);
        window(out, &sequel.rows[row].window);
    }
}

fn rule(out: &mut Encoder, trigger: &Trigger) {
    out.text(&trigger.rule.id);
    out.digest(&trigger.rule.hash);
    out.number(trigger.since_seq);
    out.signed(trigger.saturated_ns);
}

fn field(out: &mut Encoder, field: Option<Field>) {
    out.text(field.map_or("", Field::word));
}

fn window(out: &mut Encoder, window: &Window) {
    let hits = window.latest(usize::MAX);
    out.length(hits.len());
    for hit in hits {
        out.signed(hit.stamp_ns);
        out.number(hit.seq);
        out.number(hit.value);
    }
}

fn places(out: &mut Encoder, places: &[Place]) {
    out.length(places.len());
    for place in places {
        out.number(place.hash);
        out.signed(place.stamp_ns);
        out.number(place.seq);
        out.text(&place.text);
    }
}
