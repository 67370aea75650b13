//! What changes, by this node and by others. This node's commits are told as they are answered. Of others' it hears by
//! `NOTIFY`, sent after the commit and not in it, because a commit that notifies waits for all others that do; and when
//! nothing is heard, as behind a pooler, it looks every second. Either way what changed is read from the facts.
//!
//! The same task says every few seconds that this node is alive.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flow::ids::{LeadId, WorkspaceId};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_postgres::Notification;
use uuid::Uuid;

use super::due;
use super::link::{Link, Step, given};
use super::pool::{Kind, Pool};
use crate::columns::{count, int, maybe_id, string};
use crate::{Change, StoreError};

/// Changes that a slow listener may be behind before it loses the oldest.
const CHANGES: usize = 4_096;
/// The name under which nodes notify each other.
const CHANNEL: &str = "lockkeeper";
/// How often is looked when nothing is heard.
const LOOK: Duration = Duration::from_secs(1);
/// How long news are gathered before they are read.
const GATHER: Duration = Duration::from_millis(10);
/// How often this node says that it is alive.
const ALIVE: Duration = Duration::from_secs(3);
/// Most facts read at once to say what changed.
const FACTS: i64 = 4_096;

/// Tells what this node committed.
#[derive(Clone)]
pub(super) struct Teller {
    changes: broadcast::Sender<Change>,
    seen: Arc<Mutex<HashMap<WorkspaceId, Seen>>>,
    news: mpsc::UnboundedSender<(WorkspaceId, bool)>,
}

/// Which facts of a workspace have been told.
#[derive(Default)]
struct Seen {
    /// All before this one.
    to: u64,
    /// And these, which are this node's own, by their first number.
    own: BTreeMap<u64, u64>,
}

impl Seen {
    /// The next facts that have not been told: from a number, and to one that has been.
    fn gap(&mut self) -> (u64, Option<u64>) {
        while let Some(first) = self.own.first_entry().filter(|first| *first.key() <= self.to) {
            self.to = self.to.max(first.remove());
        }
        (self.to, self.own.keys().next().copied())
    }
}

impl Teller {
    /// Who listens.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// From now on, changes of this workspace are told; those before fact `next` are old.
    pub fn follow(&self, workspace: WorkspaceId, next: u64) {
        self.seen().entry(workspace).or_insert_with(|| Seen { to: next, own: BTreeMap::new() });
    }

    /// Facts that this node wrote.
    pub fn own(&self, workspace: WorkspaceId, from: u64, to: u64) {
        if from < to
            && let Some(seen) = self.seen().get_mut(&workspace)
        {
            seen.own.insert(from, to);
            seen.gap();
        }
    }

    /// Tells this node's listeners, and the other nodes that there is news.
    pub fn tell(&self, workspace: WorkspaceId, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        // When the watching task has gone, the store is being closed.
        let _ = self.news.send((workspace, changes.iter().any(|change| change.wakes)));
        for change in changes {
            // Nobody listening is fine.
            let _ = self.changes.send(change);
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watching task; it ends with the store.
pub(super) struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts watching.
pub(super) fn start(pool: Arc<Pool>, node: Uuid) -> (Teller, Watch) {
    let (news, told) = mpsc::unbounded_channel();
    let teller = Teller { changes: broadcast::channel(CHANGES).0, seen: Arc::default(), news };
    let watcher = Watcher { pool, node, teller: teller.clone() };
    (teller, Watch(tokio::spawn(watcher.run(told))))
}

struct Watcher {
    pool: Arc<Pool>,
    node: Uuid,
    teller: Teller,
}

/// An ear on the database, if it lends one.
struct Ear {
    link: Link,
    heard: mpsc::UnboundedReceiver<Notification>,
}

impl Watcher {
    async fn run(self, mut told: mpsc::UnboundedReceiver<(WorkspaceId, bool)>) {
        let (mut look, mut alive) = (interval(LOOK), interval(ALIVE));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ear = None;
        loop {
            tokio::select! {
                _ = look.tick() => {
                    if ear.as_ref().is_none_or(|ear: &Ear| ear.link.is_closed()) {
                        ear = self.ear().await;
                    }
                    self.look(true).await;
                }
                _ = alive.tick() => self.alive().await,
                Some(first) = told.recv() => self.pass_on(first, &mut told, ear.as_ref()).await,
                Some(first) = hear(&mut ear) => {
                    tokio::time::sleep(GATHER).await;
                    let mut wakes = self.is_news(&first);
                    while let Some(more) = ear.as_mut().and_then(|ear| ear.heard.try_recv().ok()) {
                        wakes = wakes.max(self.is_news(&more));
                    }
                    if let Some(wakes) = wakes {
                        self.look(wakes).await;
                    }
                }
            }
        }
    }

    async fn ear(&self) -> Option<Ear> {
        let (said, heard) = mpsc::unbounded_channel();
        let opened = async {
            let link = Link::open(&self.pool.address, Some(said)).await?;
            link.script("LISTEN lockkeeper").await?;
            Ok::<_, super::fault::Fault>(link)
        };
        match opened.await {
            Ok(link) => Some(Ear { link, heard }),
            Err(fault) => {
                tracing::debug!(error = %fault.error, "changes of other nodes are looked for, not heard of");
                None
            }
        }
    }

    /// Tells other nodes of this node's commits: one word for many.
    async fn pass_on(
        &self,
        first: (WorkspaceId, bool),
        told: &mut mpsc::UnboundedReceiver<(WorkspaceId, bool)>,
        ear: Option<&Ear>,
    ) {
        let mut news = BTreeMap::from([first]);
        while let Ok((workspace, wakes)) = told.try_recv() {
            *news.entry(workspace).or_default() |= wakes;
        }
        let Some(ear) = ear else { return };
        for (workspace, wakes) in news {
            let word = format!("{} {workspace} {}", self.node, u8::from(wakes));
            let notify = Step::new("SELECT pg_notify($1, $2)", given![CHANNEL, word]);
            if let Err(fault) = ear.link.one(&notify).await {
                // Others look every second anyway.
                tracing::debug!(error = %fault.error, "other nodes were not told");
            }
        }
    }

    /// Whether another node has news of a workspace that is followed here, and whether something may be due earlier.
    fn is_news(&self, notification: &Notification) -> Option<bool> {
        let mut words = notification.payload().split(' ');
        let (node, workspace, wakes) = (words.next()?, words.next()?, words.next()?);
        let workspace: WorkspaceId = workspace.parse().ok()?;
        let followed = self.teller.seen().contains_key(&workspace);
        (node != self.node.to_string() && followed).then_some(wakes == "1")
    }

    /// Reads what has not been told yet, and tells it.
    async fn look(&self, wakes: bool) {
        let followed: Vec<WorkspaceId> = self.teller.seen().keys().copied().collect();
        for workspace in followed {
            if let Err(error) = self.catch_up(workspace, wakes).await {
                tracing::debug!(%error, "changes could not be read");
            }
        }
    }

    async fn catch_up(&self, workspace: WorkspaceId, wakes: bool) -> Result<(), StoreError> {
        loop {
            let Some((from, to)) = self.teller.seen().get_mut(&workspace).map(Seen::gap) else {
                return Ok(());
            };
            let end = int(to.unwrap_or(i64::MAX as u64))?;
            let facts = Step::new(
                "SELECT number, lead, kind FROM facts WHERE workspace = $1 AND number >= $2 AND number < $3
                 ORDER BY number LIMIT $4",
                given![workspace.0, int(from)?, end, FACTS],
            );
            let rows = self.pool.ask(Kind::Short, facts).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            let last = count(last, 0)?;
            let mut changes: Vec<Change> = Vec::new();
            for row in &rows {
                let (lead, kind): (Option<LeadId>, _) = (maybe_id(row, 1)?, string(row, 2)?);
                let kind = lasting(&kind);
                match changes.last_mut().filter(|change| change.lead == lead) {
                    Some(change) => change.kinds.push(kind),
                    None => {
                        let kinds = vec![kind];
                        changes.push(Change { workspace, lead, kinds, wakes, elsewhere: true });
                    }
                }
            }
            if let Some(seen) = self.teller.seen().get_mut(&workspace) {
                seen.to = seen.to.max(last + 1);
            }
            for change in changes {
                let _ = self.teller.changes.send(change);
            }
            if to.is_none() && (rows.len() as i64) < FACTS {
                return Ok(());
            }
        }
    }

    async fn alive(&self) {
        let said = async { self.pool.ask(Kind::Short, due::alive(self.node)?).await };
        if let Err(error) = said.await {
            tracing::warn!(%error, "the database cannot be reached");
        }
    }
}

/// The next word of another node; never comes without an ear.
async fn hear(ear: &mut Option<Ear>) -> Option<Notification> {
    match ear {
        Some(ear) => ear.heard.recv().await,
        None => std::future::pending().await,
    }
}

/// The same word for good. The kinds of facts are a closed list, so that few are kept.
fn lasting(kind: &str) -> &'static str {
    static KINDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
    match kinds.get(kind) {
        Some(known) => known,
        None => {
            let kept: &'static str = Box::leak(kind.to_owned().into_boxed_str());
            kinds.insert(kept);
            kept
        }
    }
}
