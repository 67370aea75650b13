//! Taking turns: deliveries that may be of one person are decided one after another, so that fifty at once do not decide
//! fifty times on what the first of them has just changed. It saves work and promises nothing: other processes do not
//! see it, and what keeps two alike from slipping past each other are the guards of the commit.

use tokio::sync::{Mutex, MutexGuard};

/// How many turns there are to be taken; keys share them by chance.
const TURNS: usize = 4_096;

/// A turn for every group of candidate keys.
pub struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Turns {
        Turns((0..TURNS).map(|_| Mutex::new(())).collect())
    }
}

impl Turns {
    /// Waits for the turn of all keys that tell one person from others. Held until the answer is dropped.
    pub async fn take(&self, keys: &[u64]) -> Vec<MutexGuard<'_, ()>> {
        let telling = keys.iter().filter(|key| flow::matching::keys::is_whole(**key));
        let mut places: Vec<usize> = telling.map(|key| (*key >> 1) as usize % TURNS).collect();
        // Always in the same order, so that nobody waits for each other.
        places.sort_unstable();
        places.dedup();
        let mut held = Vec::with_capacity(places.len());
        for place in places {
            if let Some(turn) = self.0.get(place) {
                held.push(turn.lock().await);
            }
        }
        held
    }
}
