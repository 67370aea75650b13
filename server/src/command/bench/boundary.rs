//! The boundary's arithmetic.

use std::hint::black_box;
use std::time::{Duration, Instant};

use flow::boundary::Config;
use flow::boundary::replay::Replay;
use flow::boundary::score::{Counts, Probes, log_score};
use serde_json::json;

use super::load::Times;
use super::{Figure, machine, rate};
use crate::app::StartError;

/// Lines of the tape.
const LINES: u64 = 200_000;
/// Scores computed.
const SCORES: u32 = 20_000;

/// Runs the measurement and prints its figures.
///
/// # Errors
/// When the tape is not one.
pub fn run() -> Result<(), StartError> {
    let reading = machine::json_lines(&line(1));
    let tape: Vec<String> = (0..LINES).map(line).collect();
    let mut replay = Replay::new(Config::default());
    let begun = Instant::now();
    for line in &tape {
        black_box(replay.line(line).map_err(|error| StartError::Other(error.to_string()))?);
    }
    Figure::new("boundary.replay", rate(LINES, begun.elapsed()), "lines/s", &reading).print()?;

    let hashing = machine::hashing();
    let mut times = Times::default();
    let begun = Instant::now();
    for n in 0..SCORES {
        let counts = Counts { clean: 400 + n, defects: n % 5 };
        let probes = Probes { shown: 20 + n % 7, caught: 18 + n % 7 };
        let asked = Instant::now();
        black_box(log_score(black_box(counts), black_box(probes), 0.02, 0.8));
        times.note(asked.elapsed());
    }
    let time: Duration = begun.elapsed();
    Figure::new("boundary.score", rate(u64::from(SCORES), time), "scores/s", &hashing)
        .with_times(&times)
        .print()
}

/// A class at work: reviewed by three people, a mistake now and then, probes as planted.
fn line(n: u64) -> String {
    let reviewer = format!("r{}", n % 3);
    let outcome = if n.is_multiple_of(97) { "substantive" } else { "approved" };
    let probe = (n % 20 == 7).then(|| json!({ "reviewer": reviewer, "caught": true, "dwell_s": 12.0 }));
    #[expect(clippy::cast_precision_loss, reason = "a number below one thousand")]
    let draw = (n * 7_919 % 1_000) as f64 / 1_000.0;
    json!({
        "i": n, "ts": n * 600, "class": format!("message.reply/t{}", n % 8), "segment": "all", "words_new": 20,
        "u_audit": draw,
        "review": { "reviewer": reviewer, "outcome": outcome, "dwell_s": 14.0, "bulk": false },
        "auto": { "exception": null }, "probe": probe,
    })
    .to_string()
}
