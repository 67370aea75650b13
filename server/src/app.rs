//! The only wiring: store, playbook, engine, channel and clock become one [`App`] that every door holds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flow::fact::{Entry, Fact};
use flow::ids::{AgentId, LeadId, MemberId, Mint, WorkspaceId};
use flow::lead::Command;
use flow::ledger::Declared;
use flow::playbook::{Outbound, Playbook};
use flow::terms::{Actor, Member, Role, Workspace};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::postgres::Postgres;
use store::sqlite::Sqlite;
use store::{Answer, Change, Commit, Question, Side, Store, StoreError, TokenHolder};
use tokio::sync::{broadcast, watch};

use crate::channel::Channel;
use crate::channel::file::FileChannel;
use crate::channel::smtp::SmtpChannel;
use crate::draw::DrawKey;
use crate::engine::{self, Engine, EngineError, Obeyed};
use crate::keeper::Keeper;
use crate::passkeys::Passkeys;
use crate::playbook::{self, Files, PlaybookError, hex};
use crate::sequencer::{LogKey, Sequencer};
use crate::state::{Shared, Snapshot};
use crate::time::{Clock, SystemClock};
use crate::unsubscribe::Unsubscribe;

/// Facts that change what is read once and remembered.
const SELDOM: [&str; 2] = ["member.added", "playbook.adopted"];

/// The workspace that one server serves.
pub const WORKSPACE: &str = "main";

/// Everything a door needs; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    workspace: Workspace,
    shared: Arc<Shared>,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    key: LogKey,
    unsubscribe: Unsubscribe,
    keeper: Arc<Keeper>,
    data: PathBuf,
    sign_in_links: Mutex<HashMap<String, MemberId>>,
    passkeys: Passkeys,
}

/// Where the data is and how time is told.
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// A PostgreSQL database instead of the one in the folder.
    pub database: Option<String>,
    /// A playbook to put in force if it is not; else the one in force, else the starter.
    pub playbook: Option<Files>,
    /// Tells the present.
    pub clock: Arc<dyn Clock>,
    /// Host in the record's origin line.
    pub host: String,
}

impl Options {
    /// The system's clock, no playbook of its own, `localhost` as host.
    pub fn at(data: &Path) -> Options {
        Options {
            data: data.to_owned(),
            database: None,
            playbook: None,
            clock: Arc::new(SystemClock),
            host: "localhost".into(),
        }
    }
}

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The playbook.
    #[error(transparent)]
    Playbook(#[from] PlaybookError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing the first facts.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The channel.
    #[error("the way out for messages: {0}")]
    Channel(String),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl App {
    /// Opens the data folder, making it on first use, and puts the playbook in force.
    ///
    /// # Errors
    /// What is wrong with the playbook or the database, in words for the person who starts the server.
    pub async fn open(options: Options) -> Result<App, StartError> {
        let Options { data, database, playbook, clock, host } = options;
        let store = open_store(&data, database.as_deref()).await?;
        App::with_store(store, &data, playbook, clock, &host).await
    }

    /// The same on a store that is open already.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn with_store(
        store: Arc<dyn Store>,
        data: &Path,
        playbook: Option<Files>,
        clock: Arc<dyn Clock>,
        host: &str,
    ) -> Result<App, StartError> {
        let fresh = Mint::new(engine::random()?, clock.now()).id();
        let workspace = match store.workspace(WORKSPACE, Some(fresh)).await? {
            Some(workspace) => workspace,
            None => return Err(StartError::Other("the workspace could not be made".into())),
        };
        let key = LogKey::load(&*store, &workspace, host).await?;
        let passkeys = Passkeys::load(&*store, workspace.id).await?;
        let unsubscribe = Unsubscribe::load(&*store, workspace.id).await?;
        let playbook = in_force(&*store, &workspace, playbook, &*clock).await?;
        let shared = Arc::new(Shared::load(&*store, workspace.id, Arc::new(playbook)).await?);
        let draw = DrawKey::load(&*store, workspace.id).await?;
        let sequencer = Sequencer::new(store.clone(), workspace.id, key.clone());
        let keeper =
            Keeper::load(store.clone(), shared.clone(), clock.clone(), workspace.id, sequencer).await?;
        let keeper = Arc::new(keeper);
        let engine =
            Engine::new(store.clone(), shared.clone(), clock.clone(), workspace.id, draw, keeper.clone());
        let engine = Arc::new(engine);
        let sign_in_links = Mutex::default();
        Ok(App(Arc::new(Inner {
            store,
            workspace,
            shared,
            engine,
            clock,
            key,
            unsubscribe,
            keeper,
            data: data.to_owned(),
            sign_in_links,
            passkeys,
        })))
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// The workspace served.
    pub fn workspace(&self) -> &Workspace {
        &self.0.workspace
    }

    /// Its id.
    pub fn workspace_id(&self) -> WorkspaceId {
        self.0.workspace.id
    }

    /// Playbook, members and boundary as they are now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.shared.snapshot()
    }

    /// The playbook in force.
    pub fn playbook(&self) -> Arc<Playbook> {
        self.snapshot().playbook.clone()
    }

    /// The engine, for doors that need more than [`App::obey`].
    pub fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
    }

    /// Who keeps the boundary.
    pub fn keeper(&self) -> &Arc<Keeper> {
        &self.0.keeper
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.0.data
    }

    /// The record's signing key, with its public half for verifiers.
    pub fn log_key(&self) -> &LogKey {
        &self.0.key
    }

    /// What checks passkeys.
    pub fn passkeys(&self) -> &Passkeys {
        &self.0.passkeys
    }

    /// What changes, as it is committed.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.store.changes()
    }

    /// Asks the store about this workspace.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ask(&self, question: Question) -> Result<Answer, StoreError> {
        self.0.store.ask(self.workspace_id(), question).await
    }

    /// Follows a command on a lead.
    ///
    /// # Errors
    /// The domain's refusal, or the store's.
    pub async fn obey(&self, actor: Actor, lead: LeadId, command: Command) -> Result<Obeyed, EngineError> {
        self.0.engine.obey(&actor, lead, command).await
    }

    /// The way out for messages that the playbook names.
    ///
    /// # Errors
    /// When it cannot be used, e.g. a password that is not there.
    pub fn channel(&self) -> Result<Arc<dyn Channel>, StartError> {
        let playbook = self.playbook();
        let unsubscribe = playbook.public_url.as_ref().map(|url| self.0.unsubscribe.at(url));
        match &playbook.outbound {
            Outbound::File { folder } => {
                let folder = self.0.data.join(folder);
                let channel = FileChannel::open(&folder, unsubscribe)
                    .map_err(|error| StartError::Channel(error.to_string()))?;
                Ok(Arc::new(channel))
            }
            Outbound::Smtp(smtp) => {
                let channel = SmtpChannel::new(smtp, unsubscribe)
                    .map_err(|error| StartError::Channel(error.to_string()))?;
                Ok(Arc::new(channel))
            }
        }
    }

    /// Keeps what this process remembers of the workspace as other nodes change it, until `stop` says so.
    pub async fn keep_up(self, mut stop: watch::Receiver<bool>) {
        let mut changes = self.changes();
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                _ = stop.changed() => return,
            };
            match change {
                Ok(change) if !change.elsewhere => {}
                Ok(change) if change.kinds.iter().any(|kind| SELDOM.contains(kind)) => self.refresh().await,
                // Whose turn it is, and who has how many open leads.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => self.0.shared.rota_is_stale(),
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn refresh(&self) {
        let refreshed = async {
            let playbook = match self.ask(Question::Playbook).await? {
                Answer::Playbook(Some((digest, files))) if digest != self.playbook().digest => {
                    Some(Arc::new(playbook::checked(&files)?))
                }
                _ => None,
            };
            self.0.shared.refresh(&*self.0.store, self.workspace_id(), playbook).await?;
            Ok::<_, StartError>(())
        };
        if let Err(error) = refreshed.await {
            tracing::error!(%error, "what another node changed could not be read; it is tried again at the next change");
        }
    }

    /// Makes and reads the links that unsubscribe.
    pub fn unsubscribe(&self) -> &Unsubscribe {
        &self.0.unsubscribe
    }

    /// The sequencer of this workspace's record.
    pub fn sequencer(&self) -> Sequencer {
        Sequencer::new(self.0.store.clone(), self.workspace_id(), self.0.key.clone())
    }

    /// Makes a member, on record, with a password if one is given.
    ///
    /// # Errors
    /// When the address is taken, or the store's word.
    pub async fn add_member(
        &self,
        actor: &Actor,
        email: &str,
        name: &str,
        role: Role,
        phc: Option<String>,
    ) -> Result<Member, StartError> {
        let email = email.trim().to_lowercase();
        if !flow::capture::is_address(&email) {
            return Err(StartError::Other(format!("`{email}` is not an e-mail address")));
        }
        if self.snapshot().members.iter().any(|member| member.email == email) {
            return Err(StartError::Other(format!("`{email}` is a member already")));
        }
        let id: MemberId = Mint::new(engine::random()?, self.now()).id();
        let member = Member { id, email, name: name.trim().to_owned(), role };
        let side = phc.map(|phc| Side::Password { member: id, phc }).into_iter().collect();
        self.0.engine.record(actor, vec![Fact::MemberAdded { member: member.clone() }], side).await?;
        self.0.shared.refresh(&*self.0.store, self.workspace_id(), None).await?;
        Ok(member)
    }

    /// Makes a token and answers its text, which is kept nowhere.
    ///
    /// # Errors
    /// The store's word.
    pub async fn create_token(&self, actor: &Actor, holder: NewToken) -> Result<String, StartError> {
        let text = format!("lk_{}", hex(&engine::random()?));
        let digest = hex(&Sha256::digest(text.as_bytes()));
        let mark = digest.chars().take(8).collect();
        let (holder, fact) = match holder {
            NewToken::Agent(name) => {
                let agent: AgentId = Mint::new(engine::random()?, self.now()).id();
                let fact = Fact::TokenCreated { mark, agent: Some((agent, name.clone())), member: None };
                (TokenHolder::Agent(agent, name), fact)
            }
            NewToken::Member(member) => {
                let fact = Fact::TokenCreated { mark, agent: None, member: Some(member) };
                (TokenHolder::Member(member), fact)
            }
        };
        self.0.engine.record(actor, vec![fact], vec![Side::Token { digest, holder }]).await?;
        Ok(text)
    }

    /// A one-time way to sign in, for the demo: kept in memory only.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn make_sign_in_link(&self, member: MemberId) -> Result<String, EngineError> {
        let token = hex(&engine::random()?);
        self.links().insert(token.clone(), member);
        Ok(token)
    }

    /// Who a sign-in link is for. It goes on working while the process lives, so that a newcomer may look around with it
    /// from several browsers.
    pub fn sign_in_link(&self, token: &str) -> Option<MemberId> {
        self.links().get(token).copied()
    }

    fn links(&self) -> std::sync::MutexGuard<'_, HashMap<String, MemberId>> {
        self.0.sign_in_links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the database: the embedded one in this folder, or the one that a URL names.
///
/// # Errors
/// What the store says.
pub async fn open_store(data: &Path, database: Option<&str>) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match database {
        None => Arc::new(Sqlite::open(data).await?),
        Some(url) => Arc::new(Postgres::open(url).await?),
    })
}

/// For whom a token is made.
#[derive(Debug, Clone)]
pub enum NewToken {
    /// A program, by name.
    Agent(String),
    /// A member.
    Member(MemberId),
}

/// The playbook to work by: the given one, adopted on record if it is not in force yet; else the one in force; else the
/// starter.
async fn in_force(
    store: &dyn Store,
    workspace: &Workspace,
    given: Option<Files>,
    clock: &dyn Clock,
) -> Result<Playbook, StartError> {
    let current = match store.ask(workspace.id, Question::Playbook).await? {
        Answer::Playbook(current) => current,
        _ => None,
    };
    let files = match (given, current) {
        (Some(given), Some((digest, _))) if playbook::digest(&given) == digest => {
            return Ok(playbook::checked(&given)?);
        }
        (Some(given), _) => given,
        (None, Some((_, files))) => return Ok(playbook::checked(&files)?),
        (None, None) => playbook::starter(),
    };
    let playbook = playbook::checked(&files)?;
    adopt(store, workspace, &playbook, files, clock.now()).await?;
    Ok(playbook)
}

async fn adopt(
    store: &dyn Store,
    workspace: &Workspace,
    playbook: &Playbook,
    files: Files,
    now: Timestamp,
) -> Result<(), StartError> {
    let policy = hex(&Sha256::digest(playbook.policy.running().as_bytes()));
    let boundary = Some(Declared { policy, ..playbook.declared.clone() });
    let (digest, digests) = (playbook.digest.clone(), playbook::digests(&files));
    let fact = Fact::PlaybookAdopted { digest, files: digests, boundary };
    let entries: Vec<Entry> =
        engine::workspace_entries(now, &Actor::SYSTEM, vec![fact], Some(playbook.digest.clone()))?;
    let entries = engine::seal(workspace.id, &entries)?;
    let side = vec![Side::PlaybookFiles { digest: playbook.digest.clone(), files }];
    store.commit(Commit { workspace: workspace.id, entries, side, ..Commit::default() }).await?;
    Ok(())
}
