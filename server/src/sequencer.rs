//! Places facts in the record's tree and signs its head, within a second of a new fact.

use std::sync::Arc;
use std::time::Duration;

use flow::ids::WorkspaceId;
use flow::terms::Workspace;
use record::checkpoint::Checkpoint;
use record::note::SigningKey;
use record::tree::Hash;
use store::{Answer, Commit, Question, Side, Signs, Store, StoreError};
use tokio::sync::watch;

use crate::engine;

/// How long new facts wait for others to be placed with them.
const GATHER: Duration = Duration::from_millis(200);
/// The name under which the signing key is kept.
const SECRET: &str = "log-key";

/// A secret of the workspace: 32 random bytes and `after` them what belongs to it, made on first use and never changed.
///
/// # Errors
/// What the store says, or that no randomness is to be had.
pub async fn secret(
    store: &dyn Store,
    workspace: WorkspaceId,
    name: &str,
    after: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let unfit = |what: String| StoreError::Value(format!("the secret `{name}`: {what}"));
    let ask = || store.ask(workspace, Question::Secret(name.into()));
    if let Answer::Secret(Some(kept)) = ask().await? {
        return Ok(kept);
    }
    let seed = engine::random().map_err(|error| unfit(error.to_string()))?;
    let side = vec![Side::Secret { name: name.into(), bytes: [&seed[..], after].concat() }];
    store.commit(Commit { workspace, side, ..Commit::default() }).await?;
    match ask().await? {
        // Another node may have been faster; what is kept counts.
        Answer::Secret(Some(kept)) => Ok(kept),
        _ => Err(unfit("it was not kept".into())),
    }
}

/// The key that signs the heads of one workspace's record.
#[derive(Clone)]
pub struct LogKey {
    origin: String,
    key: Arc<SigningKey>,
}

impl LogKey {
    /// The workspace's key, made on first use and never changed: its name is the record's origin.
    ///
    /// # Errors
    /// What the store says, or that no randomness is to be had.
    pub async fn load(store: &dyn Store, workspace: &Workspace, host: &str) -> Result<LogKey, StoreError> {
        let origin = format!("{host}/{}", workspace.name);
        let kept = secret(store, workspace.id, SECRET, origin.as_bytes()).await?;
        LogKey::read(&kept).map_err(|what| StoreError::Value(format!("the record's signing key: {what}")))
    }

    fn read(kept: &[u8]) -> Result<LogKey, String> {
        let (seed, origin) = kept.split_at_checked(32).ok_or("it is too short")?;
        let seed: [u8; 32] = seed.try_into().map_err(|_| "it is too short")?;
        let origin = std::str::from_utf8(origin).map_err(|_| "its origin is no text")?;
        let key = SigningKey::from_seed(origin, &seed).map_err(|error| error.to_string())?;
        Ok(LogKey { origin: origin.to_owned(), key: Arc::new(key) })
    }

    /// The public half, as a C2SP vkey: what a verifier pins.
    pub fn vkey(&self) -> String {
        self.key.verifier().to_string()
    }
}

impl Signs for LogKey {
    fn checkpoint(&self, size: u64, root: [u8; 32]) -> String {
        let checkpoint = Checkpoint { origin: self.origin.clone(), size, root: Hash(root) };
        // The origin is the key's own name, so signing cannot fail; nothing is not a checkpoint, and is refused.
        checkpoint.sign(&self.key).map(|note| note.to_string()).unwrap_or_default()
    }
}

/// Sequences one workspace.
pub struct Sequencer {
    store: Arc<dyn Store>,
    workspace: WorkspaceId,
    key: LogKey,
}

impl Sequencer {
    /// A sequencer that signs with this key.
    pub fn new(store: Arc<dyn Store>, workspace: WorkspaceId, key: LogKey) -> Sequencer {
        Sequencer { store, workspace, key }
    }

    /// Places all facts there are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn place_all(&self) -> Result<u64, StoreError> {
        let mut placed = 0;
        loop {
            match self.store.sequence(self.workspace, &self.key).await? {
                0 => return Ok(placed),
                some => placed += some,
            }
        }
    }

    /// Places facts as they come, until `stop` says so; then those that are left.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut changes = self.store.changes();
        while !*stop.borrow() {
            if let Err(error) = self.place_all().await {
                tracing::warn!(%error, "facts could not be placed in the record; trying again");
            }
            tokio::select! {
                _ = changes.recv() => tokio::time::sleep(GATHER).await,
                _ = stop.changed() => {}
            }
            changes = changes.resubscribe();
        }
        if let Err(error) = self.place_all().await {
            tracing::warn!(%error, "facts were left out of the record until the next start");
        }
    }
}
