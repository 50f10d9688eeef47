//! How many reads of a user from SQLite are answered a second, with and without their records.

use audit_benches::{Table, median, quarters};

use crate::process::{Served, serve};
use crate::role::{Framework, Role, Side};
use crate::wrk::Load;

const ROUNDS: usize = 11;
const LOAD: Load = Load { connections: 64, seconds: 2 };
const SIDES: [(&str, Side); 3] = [
    ("plain", Side::Read),
    ("audited, both records queued", Side::ReadQueued),
    ("audited, the answer waits for its record", Side::ReadSynced),
];

pub(crate) fn report() {
    for framework in Framework::ALL {
        let rounds: Vec<_> = (0..ROUNDS).map(|at| round(at, framework)).collect();
        println!(
            "{framework:?}: users_api's read of a user; {ROUNDS} rounds of {} s, {} connections\n",
            LOAD.seconds, LOAD.connections
        );
        println!("{}", told(&rounds));
    }
}

/// Each round begins with another side.
fn round(at: usize, framework: Framework) -> [Served; 3] {
    let mut served = SIDES.map(|_| None);
    for turn in 0..SIDES.len() {
        let side = (at + turn) % SIDES.len();
        served[side] = Some(serve(Role { framework, side: SIDES[side].1 }, &LOAD, None));
    }
    served.map(Option::unwrap)
}

fn told(rounds: &[[Served; 3]]) -> Table {
    let columns = ["side", "requests/s", "to plain", "middle half", "processor µs/request"];
    let mut table = Table::new(&columns);
    for (side, (name, _)) in SIDES.iter().enumerate() {
        let ratio = |round: &[Served; 3]| round[side].rate / round[0].rate;
        let (low, high) = quarters(rounds.iter().map(ratio));
        table.row(&[
            (*name).to_owned(),
            format!("{:.0}", median(rounds.iter().map(|round| round[side].rate))),
            format!("{:.3}", median(rounds.iter().map(ratio))),
            format!("{low:.3} to {high:.3}"),
            format!("{:.1}", median(rounds.iter().map(|round| round[side].busy()))),
        ]);
    }
    table
}
