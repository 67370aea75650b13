//! Callers that each wait for their answer before they call again, and how long they waited.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::app::StartError;

/// How long each of many calls took, in microseconds.
#[derive(Debug, Default)]
pub struct Times(Vec<u32>);

impl Times {
    /// One more call.
    pub fn note(&mut self, time: Duration) {
        self.0.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// All of it together.
    pub fn total(&self) -> Duration {
        self.0.iter().map(|micros| Duration::from_micros(u64::from(*micros))).sum()
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Takes over what another caller noted.
    pub fn add(&mut self, mut other: Times) {
        self.0.append(&mut other.0);
    }

    /// The time in milliseconds that this share of the calls did not exceed.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(place.saturating_sub(1)).map(|micros| f64::from(*micros) / 1_000.0)
    }
}

/// Runs so many callers at once and answers what each brought back, with the time all of it took.
///
/// # Errors
/// The first caller's that failed.
pub async fn all<T, F>(callers: usize, call: impl Fn(usize) -> F) -> Result<(Vec<T>, Duration), StartError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StartError>> + Send + 'static,
{
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for caller in 0..callers {
        running.spawn(call(caller));
    }
    let mut brought = Vec::new();
    while let Some(done) = running.join_next().await {
        brought.push(done.map_err(|error| StartError::Other(error.to_string()))??);
    }
    Ok((brought, begun.elapsed()))
}
