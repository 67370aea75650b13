//! Leads by HTTP, as a form's back end or an agent would send them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::load::{self, Times};
use super::people::Person;
use super::served::{Folder, Served};
use super::{CaptureArgs, Figure, Limit, machine, mib, rate};
use crate::app::StartError;
use crate::client::Client;

/// The n-th enquiry.
pub fn enquiry(n: u64) -> Value {
    let person = Person::nth(n);
    json!({
        "source": "bench", "name": format!("{} {}", person.given, person.family), "email": person.email,
        "phone": person.phone, "company": person.company, "country": "DE", "language": "en",
        "subject": "Pumps for a new hall",
        "message": format!("We are planning hall {n} and need twelve pumps by spring. What would you advise?"),
    })
}

/// When the callers stop.
#[derive(Clone, Copy)]
enum Until {
    Time(Instant),
    Leads(u64),
}

/// Runs the measurement and prints its figures.
///
/// # Errors
/// When the server does not start or refuses a lead.
pub async fn run(args: CaptureArgs) -> Result<(), StartError> {
    let folder = Folder::fresh(args.data.as_deref())?;
    let disk = machine::fsyncs(folder.path())?;
    let mut served = Served::start(folder, args.database).await?;
    let wire = machine::round_trips(&served.address, args.clients).await?;
    let until = match args.leads {
        Some(leads) => Until::Leads(leads),
        None => Until::Time(Instant::now() + Duration::from_secs(args.seconds)),
    };
    let next = Arc::new(AtomicU64::new(0));
    let (times, time) = load::all(args.clients, |_| {
        captures(served.address.clone(), served.agent.clone(), next.clone(), until)
    })
    .await?;
    let mut all = Times::default();
    times.into_iter().for_each(|times| all.add(times));
    let speed = rate(all.count(), time);
    Figure::new("capture", speed, "leads/s", &wire).with_times(&all).with_memory(served.memory()).print()?;
    Figure::new("capture.durable", speed, "leads/s", &disk).print()?;
    after(&mut served, all.count()).await
}

async fn captures(
    address: String,
    token: String,
    next: Arc<AtomicU64>,
    until: Until,
) -> Result<Times, StartError> {
    let mut client = Client::connect(&address, Some(&token)).await?;
    let mut times = Times::default();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let over = match until {
            Until::Time(end) => Instant::now() >= end,
            Until::Leads(leads) => n >= leads,
        };
        if over {
            return Ok(times);
        }
        let body = enquiry(n);
        let begun = Instant::now();
        let reply = client.post("/v1/leads", &body).await?;
        times.note(begun.elapsed());
        if reply.status != 201 {
            let words = String::from_utf8_lossy(&reply.body).into_owned();
            return Err(StartError::Other(format!("lead {n} was answered {}: {words}", reply.status)));
        }
    }
}

/// With all those leads there: a restart, the memory after it, the size of the database and of the program.
async fn after(served: &mut Served, leads: u64) -> Result<(), StartError> {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let with = Limit { what: "leads in the database", value: leads as f64 };
    let start = served.restart()?;
    Figure::new("capture.start", start.as_secs_f64() * 1_000.0, "ms to listening", &with)
        .with_memory(served.memory())
        .print()?;
    let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
    let file = served.data().join(store::sqlite::FILE);
    if file.exists() {
        Figure::new("capture.database", mib(size(&file)), "MiB", &with).print()?;
    }
    let program = std::env::current_exe().map(|path| size(&path)).unwrap_or_default();
    Figure::new("capture.program", mib(program), "MiB", &with).print()
}
