//! What the machine can do, apart from us.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{Limit, load, rate};
use crate::app::StartError;
use crate::client::Client;

/// How long each limit is measured.
const FOR: Duration = Duration::from_secs(1);
/// What a small commit writes.
const BLOCK: [u8; 4_096] = [7; 4_096];

/// Appends of 4 KiB to a file in this folder, each on disk before the next.
///
/// # Errors
/// When the folder cannot be written to.
pub fn fsyncs(folder: &Path) -> Result<Limit, StartError> {
    let path = folder.join("fsync.probe");
    let wrong = |error: std::io::Error| StartError::Other(format!("{}: {error}", path.display()));
    let mut file = File::create(&path).map_err(wrong)?;
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < FOR {
        file.write_all(&BLOCK).and_then(|()| file.sync_data()).map_err(wrong)?;
        done += 1;
    }
    let value = rate(done, begun.elapsed());
    std::fs::remove_file(&path).map_err(wrong)?;
    Ok(Limit { what: "4 KiB appended and fsynced, one after another, /s", value })
}

/// Requests for which the same server does nothing, by as many callers.
///
/// # Errors
/// When the server does not answer.
pub async fn round_trips(address: &str, clients: usize) -> Result<Limit, StartError> {
    let until = Instant::now() + FOR;
    let (counts, time) = load::all(clients, |_| {
        let address = address.to_owned();
        async move {
            let mut client = Client::connect(&address, None).await?;
            let mut done = 0_u64;
            while Instant::now() < until {
                client.get("/healthz").await?;
                done += 1;
            }
            Ok(done)
        }
    })
    .await?;
    let value = rate(counts.iter().sum(), time);
    Ok(Limit { what: "GET /healthz by as many clients, /s", value })
}

/// Bytes hashed on one core.
pub fn hashing() -> Limit {
    let block = vec![7_u8; 1 << 20];
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < FOR {
        black_box(Sha256::digest(black_box(&block)));
        done += 1;
    }
    Limit { what: "SHA-256 on one core, MiB/s", value: rate(done, begun.elapsed()) }
}

/// Reads in memory, each at a place that the one before it named, over 256 MiB on one core.
pub fn memory() -> Limit {
    const PLACES: u32 = 1 << 26;
    // An odd step around a ring of 2^26 places visits all of them, far apart.
    let ring: Vec<u32> = (0..PLACES).map(|place| place.wrapping_add(0x2545_F491) % PLACES).collect();
    let begun = Instant::now();
    let (mut place, mut done) = (0_u32, 0);
    while begun.elapsed() < FOR {
        for _ in 0..10_000 {
            place = ring.get(place as usize).copied().unwrap_or_default();
        }
        done += 10_000;
    }
    black_box(place);
    Limit { what: "dependent reads over 256 MiB on one core, /s", value: rate(done, begun.elapsed()) }
}

/// Lines of JSON read into values on one core.
pub fn json_lines(line: &str) -> Limit {
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < FOR {
        for _ in 0..1_000 {
            let _ = black_box(serde_json::from_str::<serde_json::Value>(black_box(line)));
        }
        done += 1_000;
    }
    Limit { what: "the same lines only read as JSON on one core, /s", value: rate(done, begun.elapsed()) }
}
