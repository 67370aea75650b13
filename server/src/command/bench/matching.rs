//! Duplicates among made-up people: all of them at once, and one newcomer against all.

use std::hint::black_box;
use std::time::{Duration, Instant};

use flow::matching::band::Lines;
use flow::matching::batch::{self, Rules};
use flow::matching::index::MemoryIndex;
use flow::matching::score::Weights;
use flow::matching::{Fields, Identity, Keyring, RawName};

use super::load::Times;
use super::people::Person;
use super::{Figure, MatchArgs, machine, rate};
use crate::app::StartError;
use crate::health::resident_bytes;

/// Every so many-th row is an earlier person written a little differently.
const AGAIN: u64 = 10;
/// Newcomers compared one by one.
const NEWCOMERS: u64 = 50_000;

/// Runs the measurement and prints its figures.
///
/// # Errors
/// When a figure cannot be printed.
pub fn run(args: &MatchArgs) -> Result<(), StartError> {
    let memory = machine::memory();
    let lines = Lines::default();
    let keyring = Keyring::default();
    let rules = Rules { keyring, weights: Weights::shipped(), lines: &lines, doubt: None };
    let rows = u64::from(args.rows);

    let begun = Instant::now();
    let people: Vec<Identity> = (0..rows).map(row).collect();
    let mut index = MemoryIndex::default();
    for person in &people {
        index.insert(keyring, person);
    }
    let person = |row: u32| people.get(row as usize);
    let mut edges = Vec::new();
    for (row, identity) in (0_u32..).zip(&people) {
        edges.extend(batch::edges(identity, Some(row), person, &index, &rules));
    }
    batch::complete(&mut edges, person, &index, &rules);
    black_box(batch::answers(&edges, &lines));
    let speed = rate(rows, begun.elapsed());
    Figure::new("match", speed, "rows/s deduplicated", &memory)
        .with_memory(resident_bytes("self"))
        .print()?;

    let mut times = Times::default();
    let begun = Instant::now();
    for n in 0..NEWCOMERS.min(rows) {
        let newcomer = identity(n * 7 % rows, true);
        let asked = Instant::now();
        black_box(batch::edges(&newcomer, None, person, &index, &rules));
        times.note(asked.elapsed());
    }
    let time: Duration = begun.elapsed();
    Figure::new("match.online", rate(times.count(), time), "newcomers/s", &memory).with_times(&times).print()
}

fn row(n: u64) -> Identity {
    if n % AGAIN == AGAIN - 1 { identity(n / 2, true) } else { identity(n, false) }
}

/// The n-th person; `other_hand` writes the name the other way round and leaves the phone away.
fn identity(n: u64, other_hand: bool) -> Identity {
    let person = Person::nth(n);
    let name = if other_hand {
        format!("{}, {}", person.family, person.given)
    } else {
        format!("{} {}", person.given, person.family)
    };
    let phone = if other_hand { "" } else { person.phone.as_str() };
    Identity::read(&Fields {
        name: RawName { full: &name, ..RawName::default() },
        email: &person.email,
        phone,
        company: &person.company,
        country: "DE",
        home_country: "DE",
        ..Fields::default()
    })
}
