//! How much the store does in a second, beside what the disk does: `cargo bench -p store -- [leads] [clients]`.
//! One JSON line a figure. The load is a usual capture: 6 facts, a lead, a proposal, a message, 3 actions, 2 timers,
//! 3 keys looked up, guarded and written, an idempotency key.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement, not a service")]

use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow::ids::{LeadId, WorkspaceId};
use jiff::Timestamp;
use store::conformance::story::{Story, person};
use store::sqlite::Sqlite;
use store::views::{FactFilter, LeadFilter, ProposalFilter};
use store::{Answer, Commit, Guard, Once, Progress, Question, Queue, Signs, Store, Wanted};
use uuid::Uuid;

/// Commits made beforehand at a time, so that memory stays small.
const BATCH: u64 = 10_000;

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let (leads, clients) =
        (numbers.first().copied().unwrap_or(20_000), numbers.get(1).copied().unwrap_or(64));
    let folder = tempfile::tempdir_in(".").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        fsyncs(folder.path());
        captures(folder.path(), leads, clients).await;
        reopened(folder.path()).await;
        questions(folder.path(), leads, clients).await;
    });
}

fn say(bench: &str, value: f64, unit: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| {
        times.get((times.len() as f64 * share) as usize).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let (half, most, rss) = (at(0.5), at(0.99), rss_mib());
    println!(
        r#"{{"bench":"{bench}","value":{value:.1},"unit":"{unit}","p50_ms":{half:.3},"p99_ms":{most:.3},"rss_mib":{rss}}}"#
    );
}

fn rss_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

/// The machine's own limit: one page written and synced, again and again.
fn fsyncs(folder: &Path) {
    let mut file = File::create(folder.join("fsync")).unwrap();
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < Duration::from_secs(2) {
        let one = Instant::now();
        file.write_all(&[7; 4_096]).unwrap();
        file.sync_data().unwrap();
        times.push(one.elapsed());
    }
    say("fsync", times.len() as f64 / begun.elapsed().as_secs_f64(), "syncs/s", times);
}

fn workspace_id() -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0x01927c5e_8f4a_7cc2_9d7a_0242ac120002))
}

async fn open(folder: &Path) -> Arc<dyn Store> {
    let store = Sqlite::open(folder).await.unwrap();
    store.workspace("bench", Some(workspace_id())).await.unwrap();
    Arc::new(store)
}

/// Keys of a lead that nobody else has, as most are.
fn keys(number: u64) -> Vec<u64> {
    (0..3).map(|nth| (number * 3 + nth).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
}

fn now(number: u64) -> Timestamp {
    Timestamp::from_microsecond(1_795_000_000_000_000 + number as i64 * 500).unwrap()
}

fn capture(number: u64) -> Commit {
    let owner = flow::ids::MemberId(Uuid::from_u128(u128::from(number % 10)));
    let who = person(&format!("Ana López {number}"), &format!("ana.{number}@example.com"));
    let mut story = Story::usual(workspace_id(), number, now(number), who, owner);
    Commit {
        keys: keys(number),
        guards: keys(number).into_iter().map(|key| Guard { key, stamp: 0 }).collect(),
        once: Some(Once {
            key: format!("delivery/form/contact/{number}"),
            request: [7; 32],
            answer: vec![b'x'; 300],
        }),
        ..story.commit()
    }
}

/// Does `work` for every number below `count`, so many at a time. Answers how long all took, and each.
async fn drive<F, W>(clients: u64, count: u64, work: F) -> (Duration, Vec<Duration>)
where
    F: Fn(u64) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = ()> + Send,
{
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in (client..count).step_by(clients as usize) {
                    let one = Instant::now();
                    work(number).await;
                    times.push(one.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    (begun.elapsed(), times)
}

fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

async fn captures(folder: &Path, leads: u64, clients: u64) {
    let store = open(folder).await;
    let (mut took, mut times, mut made) = (Duration::ZERO, Vec::new(), Duration::ZERO);
    for first in (0..leads).step_by(BATCH as usize) {
        let begun = Instant::now();
        let commits: Vec<_> = (first..(first + BATCH).min(leads))
            .map(|number| std::sync::Mutex::new(Some(capture(number))))
            .collect();
        made += begun.elapsed();
        let (store, count, commits) = (store.clone(), commits.len() as u64, Arc::new(commits));
        let work = move |number: u64| {
            let (store, commit) = (store.clone(), commits[number as usize].lock().unwrap().take().unwrap());
            async move {
                let keys = commit.keys.clone();
                store.ask(commit.workspace, Question::Candidates { keys }).await.unwrap();
                store.commit(commit).await.unwrap();
            }
        };
        let (batch_took, batch_times) = drive(clients, count, work).await;
        took += batch_took;
        times.extend(batch_times);
    }
    say("capture: look up and commit", rate(leads, took), "commits/s", times);
    say("capture: made by the caller before", rate(leads, made), "commits/s", Vec::new());

    let begun = Instant::now();
    let placed = store.sequence(workspace_id(), &Head).await.unwrap();
    say("sequence", rate(placed, begun.elapsed()), "facts/s", Vec::new());
}

struct Head;

impl Signs for Head {
    fn checkpoint(&self, size: u64, _root: [u8; 32]) -> String {
        size.to_string()
    }
}

async fn reopened(folder: &Path) {
    let begun = Instant::now();
    let store = open(folder).await;
    say("open", begun.elapsed().as_secs_f64() * 1e3, "ms", Vec::new());
    drop(store);
    let bytes = std::fs::metadata(folder.join(store::sqlite::FILE)).unwrap().len();
    say("file", bytes as f64 / 1_048_576.0, "MiB", Vec::new());
}

struct Quiet;

impl Progress for Quiet {
    fn at(&self, _done: u64, _all: u64) {}
}

async fn questions(folder: &Path, leads: u64, clients: u64) {
    let store = open(folder).await;
    let ids: Arc<Vec<LeadId>> = Arc::new(
        (0..leads.min(20_000)).map(|number| Story::new(workspace_id(), number, now(number)).id).collect(),
    );
    let shared = store.clone();
    let work = move |number: u64| {
        let (store, lead) = (shared.clone(), ids[(number as usize * 7_919) % ids.len()]);
        async move {
            store.lead(workspace_id(), lead).await.unwrap().unwrap();
        }
    };
    let (took, times) = drive(clients, 50_000, work).await;
    say("lead by id", rate(50_000, took), "reads/s", times);

    let filter = LeadFilter::default;
    let search = |q: &str| Question::Leads(LeadFilter { q: Some(q.into()), ..filter() });
    let asked = [
        ("board", Question::Leads(LeadFilter { open: true, ..filter() })),
        ("search, many found", search("lopez")),
        ("search, one found", search("ana.77@example.com")),
        ("search, none found", search("nobody")),
        ("board counts", Question::BoardCounts { now: now(0) }),
        ("desk", Question::Proposals(ProposalFilter::default())),
        ("pending count", Question::PendingCount { member: None }),
        ("verdicts", Question::Verdicts { since: now(0) }),
        (
            "last facts",
            Question::Facts(FactFilter { newest_first: true, unplaced: true, ..FactFilter::default() }),
        ),
        ("rota", Question::Rota),
    ];
    for (bench, question) in asked {
        let times: Vec<Duration> = {
            let mut times = Vec::new();
            for _ in 0..20 {
                let one = Instant::now();
                let answer = store.ask(workspace_id(), question.clone()).await.unwrap();
                times.push(one.elapsed());
                assert!(!matches!(answer, Answer::Blob(_)));
            }
            times
        };
        let took: Duration = times.iter().sum();
        say(bench, took.as_secs_f64() * 1e3 / 20.0, "ms", times);
    }

    let begun = Instant::now();
    let mut fired = 0;
    loop {
        let late = Timestamp::from_second(1_900_000_000).unwrap();
        let wanted = Wanted { queue: Queue::Timers, now: late, lease_until: Timestamp::MAX, limit: 100 };
        match store.claim(wanted).await.unwrap().len() as u64 {
            0 => break,
            some => fired += some,
        }
    }
    say("claim, 100 at a time", rate(fired, begun.elapsed()), "timers/s", Vec::new());

    let begun = Instant::now();
    assert_eq!(store.rebuild_check(workspace_id(), &Quiet).await.unwrap(), None);
    say("rebuild check", rate(leads, begun.elapsed()), "leads/s", Vec::new());
}
