//! A backlog of timers, all due at one moment: how fast it drains, and how captures fare meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flow::capture::{Automatic, Enquiry, Inbound, Source};
use flow::terms::{Actor, Person as Sender};
use jiff::{SignedDuration, Timestamp};

use super::load::{self, Times};
use super::people::Person;
use super::served::Folder;
use super::{Figure, TimersArgs, machine, rate};
use crate::app::{App, Options, StartError};
use crate::engine::{Captured, Extras};
use crate::house::{House, Parts};
use crate::time::{Clock, SystemClock};

/// Callers that put the leads in.
const CALLERS: usize = 64;
/// How far the clock is put forward: past every promise of the starter playbook.
const JUMP: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The backlog is over when nothing was due for so long.
const QUIET: Duration = Duration::from_millis(300);

/// The system's clock, put forward.
struct Forward(AtomicI64);

impl Clock for Forward {
    fn now(&self) -> Timestamp {
        let by = SignedDuration::from_secs(self.0.load(Ordering::Relaxed));
        SystemClock.now().saturating_add(by).unwrap_or(Timestamp::MAX)
    }
}

/// Runs the measurement and prints its figures.
///
/// # Errors
/// When the database does not take it.
pub async fn run(args: TimersArgs) -> Result<(), StartError> {
    let folder = Folder::fresh(args.data.as_deref())?;
    let disk = machine::fsyncs(folder.path())?;
    let clock = Arc::new(Forward(AtomicI64::new(0)));
    let app = App::open(Options { clock: clock.clone(), ..Options::at(folder.path()) }).await?;
    let next = Arc::new(AtomicU64::new(0));
    load::all(CALLERS, |_| fill(app.clone(), next.clone(), args.leads)).await?;

    clock.0.store(JUMP.as_secs(), Ordering::Relaxed);
    let mut changes = app.changes();
    let over = Arc::new(AtomicBool::new(false));
    let captures = tokio::spawn(meanwhile(app.clone(), next, over.clone()));
    let parts = Parts { web: false, worker: true, mail_folder: None, witnesses: Vec::new() };
    let begun = Instant::now();
    let house = House::open(&app, "", parts).await?;
    let mut fired = Times::default();
    loop {
        match tokio::time::timeout(QUIET, changes.recv()).await {
            Ok(Ok(change)) if change.kinds.contains(&"lead.captured") => continue,
            Ok(Ok(_)) => fired.note(begun.elapsed()),
            Ok(Err(_)) => {}
            Err(_) => break,
        }
        // A capture a few milliseconds keeps this from ever being quiet, so what is due is asked for as well.
        if fired.count().is_multiple_of(256)
            && app.store().next_due().await?.is_none_or(|due| due > app.now())
        {
            break;
        }
    }
    let time = begun.elapsed();
    over.store(true, Ordering::Relaxed);
    let captures = captures.await.map_err(|error| StartError::Other(error.to_string()))??;
    house.close().await;
    Figure::new("timers", rate(fired.count(), time), "timers/s", &disk).with_times(&fired).print()?;
    Figure::new("timers.capture", rate(captures.count(), time), "leads/s", &disk)
        .with_times(&captures)
        .print()
}

async fn fill(app: App, next: Arc<AtomicU64>, leads: u64) -> Result<(), StartError> {
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= leads {
            return Ok(());
        }
        capture(&app, n).await?;
    }
}

/// Captures go on while the backlog drains.
async fn meanwhile(app: App, next: Arc<AtomicU64>, over: Arc<AtomicBool>) -> Result<Times, StartError> {
    let mut times = Times::default();
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        capture(&app, next.fetch_add(1, Ordering::Relaxed)).await?;
        times.note(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(times)
}

async fn capture(app: &App, n: u64) -> Result<(), StartError> {
    let person = Person::nth(n);
    let now = app.now();
    let message = Inbound {
        channel: Source::Api,
        from: person.email.clone(),
        subject: "Pumps".into(),
        text: format!("Twelve pumps for hall {n}, please."),
        external_id: None,
        answers: Vec::new(),
        attachments: Vec::new(),
        automatic: Automatic::No,
        received_at: now,
    };
    let enquiry = Enquiry {
        source: Source::Api,
        origin: "bench".into(),
        person: Sender {
            name: format!("{} {}", person.given, person.family),
            email: person.email,
            phone: person.phone,
            company: person.company,
            country: "DE".into(),
            language: "en".into(),
        },
        fields: std::collections::BTreeMap::new(),
        message: Some(message),
        delivery: n.to_string(),
        received_at: now,
    };
    let nothing = |_: &_| Vec::new();
    match app.engine().capture(&Actor::SYSTEM, enquiry, Extras::default(), &nothing).await? {
        Captured::Now(_) => Ok(()),
        _ => Err(StartError::Other(format!("lead {n} was not new"))),
    }
}
