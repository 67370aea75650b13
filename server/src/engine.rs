//! Load, decide, commit, and again if somebody else was faster. Every door asks for things here and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use flow::capture::{Automatic, CaptureError, Enquiry};
use flow::effect::Effect;
use flow::fact::{Entry, Fact};
use flow::gate::Cleared;
use flow::ids::{LeadId, Mint, WorkspaceId};
use flow::lead::{self, Command, Context, Decision, DecisionMade, Lead, Matched, Refusal};
use flow::matching::Card;
use flow::matching::recognise::{Found, Lookup, Spreads};
use flow::route::Assigns;
use flow::terms::{Account, Actor, Person, Sealed};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{
    Answer, Commit, Guard, Held, LeadChange, Once, Question, Receipt, SealedEntry, Sealing, Side, Store,
    StoreError, Ticket,
};

use crate::draw::DrawKey;
use crate::keeper::{self, Keeper};
use crate::state::{NextInTurn, Shared, Snapshot};
use crate::time::Clock;
use crate::turns::Turns;

/// How often a decision is made again because the lead changed meanwhile.
const ATTEMPTS: usize = 20;

/// Waits between the attempts to find out whether something was saved: as long as a caller may have patience.
const UNSURE_MS: [u64; 6] = [20, 80, 320, 1_280, 2_560, 5_120];

/// Decides and commits for one workspace.
pub struct Engine {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    workspace: WorkspaceId,
    turns: Turns,
    draw: DrawKey,
    keeper: Arc<Keeper>,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Obeyed {
    /// The lead afterwards.
    pub lead: Lead,
    /// What happened.
    pub entries: Vec<Entry>,
    /// Content to hand to its channel; only an attempt gives one.
    pub send: Option<Box<Cleared>>,
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub enum Captured {
    /// It was written now.
    Now(Box<Obeyed>),
    /// The same delivery was written before; this was the answer then.
    Before(Vec<u8>),
    /// Another delivery was written under the same idempotency key.
    OtherBefore,
    /// Nobody wrote it and nobody is known to it: an out-of-office answer, a bounce, a newsletter.
    SetAside(&'static str),
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The delivery is at fault, in each of these ways.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Capture(Vec<CaptureError>),
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many others change the same lead at the same moment.
    #[error("this lead changes too fast at the moment; try again")]
    Busy,
    /// A value could not be prepared for the record.
    #[error("this could not be written to the record: {0}")]
    Record(String),
}

/// Extras of one command: idempotency, the claim it carries out, values beside the facts.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The same request twice is done once: the key, and the SHA-256 of the request.
    pub once: Option<(String, [u8; 32])>,
    /// The due row this carries out.
    pub ticket: Option<Ticket>,
    /// Values beside the facts.
    pub side: Vec<Side>,
    /// Attachments that come in, by hex digest; they will belong to the lead.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Makes the answer that is stored under an idempotency key.
pub type Answering<'a> = &'a (dyn Fn(&Obeyed) -> Vec<u8> + Sync);

impl Engine {
    /// An engine for one workspace.
    pub fn new(
        store: Arc<dyn Store>,
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        workspace: WorkspaceId,
        draw: DrawKey,
        keeper: Arc<Keeper>,
    ) -> Engine {
        Engine { store, shared, clock, workspace, turns: Turns::default(), draw, keeper }
    }

    /// Follows a command on a known lead.
    ///
    /// # Errors
    /// The domain's refusal, or the store's.
    pub async fn obey(&self, actor: &Actor, lead: LeadId, command: Command) -> Result<Obeyed, EngineError> {
        match self.obey_with(actor, lead, command, Extras::default(), &|_| Vec::new()).await? {
            Captured::Now(obeyed) => Ok(*obeyed),
            _ => Err(EngineError::Busy),
        }
    }

    /// The same with idempotency, a claim, side values.
    ///
    /// # Errors
    /// The domain's refusal, or the store's.
    pub async fn obey_with(
        &self,
        actor: &Actor,
        mut lead: LeadId,
        command: Command,
        extras: Extras,
        answer: Answering<'_>,
    ) -> Result<Captured, EngineError> {
        for _ in 0..ATTEMPTS {
            let Some(held) = self.store.lead(self.workspace, lead).await? else {
                return Err(Refusal::NoLead.into());
            };
            if let (Some(into), Command::Receive(_) | Command::OptOut { .. }) =
                (&held.lead.merged_into, &command)
            {
                // What comes in for a lead that rests in another is for that other one.
                lead = into.lead;
                continue;
            }
            let other = self.other(&held.lead, &command).await?;
            let snapshot = self.shared.snapshot();
            let context = self.context(actor, &snapshot, self.shared.idle_rota(), None)?;
            let context = Context { other: other.as_ref().map(|other| &other.lead), ..context };
            let decision = lead::decide(Some(&held.lead), command.clone(), &context)?;
            let expected = Expected { this: Some(held.version), other: other.map(|other| other.version) };
            let extra = Written::with(&extras, answer, &snapshot);
            match self.write(decision, expected, extra).await {
                Err(EngineError::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(EngineError::Busy)
    }

    /// Takes a delivery in: a new lead, or one more word from somebody known.
    ///
    /// # Errors
    /// Every fault of the delivery, the domain's refusal, or the store's.
    pub async fn capture(
        &self,
        actor: &Actor,
        enquiry: Enquiry,
        extras: Extras,
        answer: Answering<'_>,
    ) -> Result<Captured, EngineError> {
        let enquiry = enquiry.checked().map_err(EngineError::Capture)?;
        let extras = Extras { once: extras.once.or_else(|| Some(once_of(&enquiry))), ..extras };
        let card = Card::of(&enquiry.person, &enquiry.fields);
        let country = self.shared.snapshot().playbook.country.clone();
        let lookup = Lookup::new(&card, salt_of(self.workspace), &country);
        // Deliveries that may be of one person take turns; between processes the guards see to that.
        let _turn = self.turns.take(&lookup.keys).await;
        for _ in 0..ATTEMPTS {
            let snapshot = self.shared.snapshot();
            let (matched, guards) = self.recognise(&lookup, &country).await?;
            let arrived = Arrived { enquiry: &enquiry, lookup: &lookup, guards, matched };
            let written = self.capture_once(actor, arrived, &snapshot, &extras, answer).await;
            match written {
                Err(EngineError::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(EngineError::Busy)
    }

    async fn capture_once(
        &self,
        actor: &Actor,
        arrived: Arrived<'_>,
        snapshot: &Snapshot,
        extras: &Extras,
        answer: Answering<'_>,
    ) -> Result<Captured, EngineError> {
        let automatic =
            arrived.enquiry.message.as_ref().is_some_and(|message| message.automatic != Automatic::No);
        // What no person wrote begins no lead, so it is never worth asking whose it is.
        let joins =
            arrived.matched.as_ref().filter(|matched| matched.sure || automatic).map(|found| found.lead);
        match joins {
            Some(lead) => self.capture_known(actor, lead, arrived, snapshot, extras, answer).await,
            None if automatic => {
                Ok(Captured::SetAside("no person wrote it, and nobody is known at its address"))
            }
            None => self.capture_new(actor, arrived, snapshot, extras, answer).await,
        }
    }

    async fn capture_known(
        &self,
        actor: &Actor,
        lead: LeadId,
        arrived: Arrived<'_>,
        snapshot: &Snapshot,
        extras: &Extras,
        answer: Answering<'_>,
    ) -> Result<Captured, EngineError> {
        let Some(held) = self.store.lead(self.workspace, lead).await? else {
            return Err(StoreError::Conflict.into());
        };
        if held.lead.merged_into.is_some() || held.lead.erased.is_some() {
            // It came to rest in another, or was erased, after it was found.
            return Err(StoreError::Conflict.into());
        }
        let context = self.context(actor, snapshot, self.shared.idle_rota(), None)?;
        let context = Context { matched: arrived.matched, ..context };
        let command = Command::Capture(arrived.enquiry.clone());
        let decision = lead::decide(Some(&held.lead), command, &context)?;
        let expected = Expected { this: Some(held.version), other: None };
        let mut extra = Written::with(extras, answer, snapshot);
        (extra.lookup, extra.guards) = (Some(arrived.lookup), arrived.guards);
        self.write(decision, expected, extra).await
    }

    /// Takes a delivery in together with the bytes of its attachments.
    ///
    /// # Errors
    /// As [`Engine::capture`].
    pub async fn capture_with_files(
        &self,
        actor: &Actor,
        enquiry: Enquiry,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<Captured, EngineError> {
        let extras = Extras { files, ..Extras::default() };
        self.capture(actor, enquiry, extras, &|_| Vec::new()).await
    }

    async fn capture_new(
        &self,
        actor: &Actor,
        arrived: Arrived<'_>,
        snapshot: &Snapshot,
        extras: &Extras,
        answer: Answering<'_>,
    ) -> Result<Captured, EngineError> {
        let account = self.account_for(&arrived.enquiry.person).await?;
        self.shared.freshen_rota(&*self.store, self.workspace).await?;
        let (decision, side) = {
            let next = NextInTurn::of(&self.shared);
            let context = self.context(actor, snapshot, &next, account.as_ref())?;
            let context = Context { matched: arrived.matched, ..context };
            let decision = lead::decide(None, Command::Capture(arrived.enquiry.clone()), &context)?;
            let side = next.taken(&decision);
            (decision, side)
        };
        let mut extra = Written::with(extras, answer, snapshot);
        (extra.lookup, extra.guards, extra.side) = (Some(arrived.lookup), arrived.guards, side);
        let written = self.write(decision, Expected::default(), extra).await;
        if !matches!(written, Ok(Captured::Now(_))) {
            // The turn was not taken after all.
            self.shared.rota_is_stale();
        }
        written
    }
}

impl Engine {
    /// Decides without doing anything: what would follow from a command.
    ///
    /// # Errors
    /// The domain's refusal, or the store's.
    pub async fn rehearse(
        &self,
        actor: &Actor,
        lead: LeadId,
        command: Command,
    ) -> Result<Decision, EngineError> {
        let held = self.store.lead(self.workspace, lead).await?.ok_or(Refusal::NoLead)?;
        let snapshot = self.shared.snapshot();
        let other = self.other(&held.lead, &command).await?;
        let context = self.context(actor, &snapshot, self.shared.idle_rota(), None)?;
        let context = Context { other: other.as_ref().map(|other| &other.lead), ..context };
        Ok(lead::decide(Some(&held.lead), command, &context)?)
    }

    /// The content that a decision would let out, sealed as it is to be signed with a passkey.
    ///
    /// # Errors
    /// The domain's refusal, or the store's.
    pub async fn to_sign(
        &self,
        actor: &Actor,
        lead: LeadId,
        made: DecisionMade,
    ) -> Result<Option<Sealed>, EngineError> {
        let held = self.store.lead(self.workspace, lead).await?.ok_or(Refusal::NoLead)?;
        let snapshot = self.shared.snapshot();
        let context = self.context(actor, &snapshot, self.shared.idle_rota(), None)?;
        Ok(lead::to_sign(&held.lead, &made, &context)?)
    }

    /// Crosses off a due row for which nothing is to be done.
    ///
    /// # Errors
    /// What the store says.
    pub async fn cross_off(&self, ticket: Ticket) -> Result<(), EngineError> {
        let commit = Commit { workspace: self.workspace, carried_out: Some(ticket), ..Commit::default() };
        self.commit(commit).await.map(|_| ()).map_err(EngineError::from)
    }

    /// Writes facts about the workspace itself, with their side values.
    ///
    /// # Errors
    /// What the store says.
    pub async fn record(&self, actor: &Actor, facts: Vec<Fact>, side: Vec<Side>) -> Result<(), EngineError> {
        let snapshot = self.shared.snapshot();
        let entries =
            workspace_entries(self.clock.now(), actor, facts, Some(snapshot.playbook.digest.clone()))?;
        let entries = seal(self.workspace, &entries)?;
        self.commit(Commit { workspace: self.workspace, entries, side, ..Commit::default() }).await?;
        Ok(())
    }

    /// Commits; when the answer is lost, finds out what became of it. What turns out not to have been written is a
    /// conflict: look again, and decide anew.
    async fn commit(&self, commit: Commit) -> Result<Receipt, StoreError> {
        let mark = commit.entries.first().map(|sealed| sealed.entry().id);
        let before = commit.lead.as_ref().and_then(|change| change.expected).unwrap_or(0);
        let version = before + commit.entries.len() as u64;
        let (why, mark) = match (self.store.commit(commit).await, mark) {
            (Err(StoreError::Unsure(why)), Some(mark)) => (why, mark),
            (answer, _) => return answer,
        };
        tracing::warn!(%why, "an answer of the database was lost; looking whether it was saved");
        for again in UNSURE_MS {
            match self.store.has_fact(self.workspace, mark).await {
                Ok(true) => return Ok(Receipt::Written { version }),
                Ok(false) => return Err(StoreError::Conflict),
                Err(_) => tokio::time::sleep(Duration::from_millis(again)).await,
            }
        }
        Err(StoreError::Unsure(why))
    }

    fn context<'a>(
        &'a self,
        actor: &Actor,
        snapshot: &'a Snapshot,
        rota: &'a dyn Assigns,
        account: Option<&'a Account>,
    ) -> Result<Context<'a>, EngineError> {
        Ok(Context {
            now: self.clock.now(),
            actor: actor.clone(),
            seed: random()?,
            playbook: &snapshot.playbook,
            members: &snapshot.members,
            account,
            rota,
            ledger: &snapshot.ledger,
            draw: &self.draw,
            matched: None,
            other: None,
            seal: &Sealing,
        })
    }

    /// The other lead of a merge that a command is about: the one that goes on, where the one named rests in it.
    async fn other(&self, lead: &Lead, command: &Command) -> Result<Option<Held>, EngineError> {
        let Some(mut wanted) = lead::other_lead(lead, command) else { return Ok(None) };
        for _ in 0..ATTEMPTS {
            let found = self.store.lead(self.workspace, wanted).await?;
            match found.as_ref().and_then(|held| held.lead.merged_into.as_ref()) {
                // To undo a merge, the lead that rests is the one that is meant.
                Some(into) if !matches!(command, Command::Unmerge { .. }) => wanted = into.lead,
                _ => return Ok(found),
            }
        }
        Ok(None)
    }

    /// Makes leaves of the facts and commits everything.
    async fn write(
        &self,
        decision: Decision,
        expected: Expected,
        extra: Written<'_>,
    ) -> Result<Captured, EngineError> {
        let Written { lookup, guards, extras, answer, snapshot, mut side } = extra;
        let Decision { lead, entries, effects, other } = decision;
        let mut commit = Commit {
            workspace: self.workspace,
            entries: seal(self.workspace, &entries)?,
            keys: lookup.map(|lookup| lookup.keys.clone()).unwrap_or_default(),
            terms: lookup.map(|lookup| lookup.terms.clone()).unwrap_or_default(),
            guards,
            carried_out: extras.ticket.clone(),
            and: other.map(|other| self.beside(*other, expected.other, snapshot)).transpose()?.map(Box::new),
            ..Commit::default()
        };
        let send = effects.iter().find_map(|effect| match effect {
            Effect::Send(cleared) => Some(cleared.clone()),
            _ => None,
        });
        let risk = lead.risk(&snapshot.playbook);
        let moved = moves_open_leads(&entries, expected.this.is_none());
        if entries.iter().any(|entry| matches!(entry.fact, Fact::LeadMerged { .. })) {
            commit.keys.extend(self.keys_of(&lead, snapshot));
        }
        commit.lead = Some(LeadChange { expected: expected.this, state: lead.clone(), risk });
        commit.effects = effects;
        side.extend(extras.side.iter().cloned());
        let blob = |(sha256, bytes): &(String, Vec<u8>)| Side::Blob {
            lead: lead.id,
            sha256: sha256.clone(),
            bytes: bytes.clone(),
        };
        side.extend(extras.files.iter().map(blob));
        commit.side = side;
        let obeyed = Obeyed { lead, entries, send };
        commit.once = extras.once.as_ref().map(|(key, request)| Once {
            key: key.clone(),
            request: *request,
            answer: answer(&obeyed),
        });
        match self.commit(commit).await? {
            Receipt::Written { .. } => {
                if moved {
                    self.shared.rota_is_stale();
                }
                if keeper::narrows(&obeyed.entries)
                    && let Err(error) = self.keeper.now().await
                {
                    // It is on record, and the keeper goes on trying.
                    tracing::warn!(%error, "the boundary could not follow at once");
                }
                Ok(Captured::Now(Box::new(obeyed)))
            }
            Receipt::Already { answer } => Ok(Captured::Before(answer)),
            Receipt::OtherRequest => Ok(Captured::OtherBefore),
        }
    }

    /// What a decision says of the other lead, to be written with the rest.
    fn beside(
        &self,
        other: Decision,
        expected: Option<u64>,
        snapshot: &Snapshot,
    ) -> Result<Commit, EngineError> {
        let Decision { lead, entries, effects, .. } = other;
        let merged = entries.iter().any(|entry| matches!(entry.fact, Fact::LeadMerged { .. }));
        Ok(Commit {
            workspace: self.workspace,
            entries: seal(self.workspace, &entries)?,
            keys: if merged { self.keys_of(&lead, snapshot) } else { Vec::new() },
            lead: Some(LeadChange { expected, risk: lead.risk(&snapshot.playbook), state: lead }),
            effects,
            ..Commit::default()
        })
    }

    /// Everything that a lead is to be found under: after a merge, what the other lead was found under too.
    fn keys_of(&self, lead: &Lead, snapshot: &Snapshot) -> Vec<u64> {
        let salt = salt_of(self.workspace);
        let cards = flow::lead::enquiry::cards(&lead.enquiries);
        cards.iter().flat_map(|card| Lookup::new(card, salt, &snapshot.playbook.country).keys).collect()
    }

    /// Who wrote, as far as is known, with what to guard the answer by.
    async fn recognise(
        &self,
        lookup: &Lookup,
        country: &str,
    ) -> Result<(Option<Matched>, Vec<Guard>), EngineError> {
        let question = Question::Candidates { keys: lookup.keys.clone() };
        let Answer::Candidates { found, stamps } = self.store.ask(self.workspace, question).await? else {
            return Err(StoreError::Value("candidates".into()).into());
        };
        let guards = stamps.into_iter().map(|(key, stamp)| Guard { key, stamp }).collect();
        if found.is_empty() {
            return Ok((None, guards));
        }
        let found: Vec<Found> = found
            .into_iter()
            .map(|candidate| Found { lead: candidate.lead, owner: candidate.owner, cards: candidate.cards })
            .collect();
        let values = lookup.values(&found, country);
        let Answer::Spreads { counts, leads } =
            self.store.ask(self.workspace, Question::Spreads { values }).await?
        else {
            return Err(StoreError::Value("spreads".into()).into());
        };
        Ok((lookup.recognise(&found, &Spreads { counts, leads }, country), guards))
    }

    /// The account whose mail domain or name the person has.
    async fn account_for(&self, person: &Person) -> Result<Option<Account>, EngineError> {
        let domain =
            person.email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
        let domain = if flow::matching::is_free_mail(&domain) { String::new() } else { domain };
        let name = Account::name_key(&person.company);
        if domain.is_empty() && name.is_empty() {
            return Ok(None);
        }
        match self.store.ask(self.workspace, Question::AccountFor { domain, name }).await? {
            Answer::AccountFor(account) => Ok(account),
            _ => Err(StoreError::Value("account".into()).into()),
        }
    }
}

/// The versions of the leads that a decision was made on; none for a new one.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    this: Option<u64>,
    other: Option<u64>,
}

/// A delivery with what is known of its sender.
struct Arrived<'a> {
    enquiry: &'a Enquiry,
    lookup: &'a Lookup,
    guards: Vec<Guard>,
    matched: Option<Matched>,
}

/// What goes with a decision into one commit.
struct Written<'a> {
    lookup: Option<&'a Lookup>,
    guards: Vec<Guard>,
    extras: &'a Extras,
    answer: Answering<'a>,
    snapshot: &'a Snapshot,
    side: Vec<Side>,
}

impl<'a> Written<'a> {
    fn with(extras: &'a Extras, answer: Answering<'a>, snapshot: &'a Snapshot) -> Written<'a> {
        Written { lookup: None, guards: Vec::new(), extras, answer, snapshot, side: Vec::new() }
    }
}

/// What salts a workspace's candidate keys, so that those of two workspaces cannot be compared.
fn salt_of(workspace: WorkspaceId) -> u64 {
    let (high, low) = workspace.0.as_u64_pair();
    high ^ low
}

/// Facts about the workspace, with who and when.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn workspace_entries(
    now: Timestamp,
    actor: &Actor,
    facts: Vec<Fact>,
    playbook: Option<String>,
) -> Result<Vec<Entry>, EngineError> {
    let mut mint = Mint::new(random()?, now);
    let entry = |fact| Entry {
        id: mint.id(),
        at: now,
        actor: actor.clone(),
        lead: None,
        playbook: playbook.clone(),
        content: None,
        fact,
    };
    Ok(facts.into_iter().map(entry).collect())
}

/// Facts as the record keeps them, each body blinded with fresh random bytes.
pub fn seal(workspace: WorkspaceId, entries: &[Entry]) -> Result<Vec<SealedEntry>, EngineError> {
    let mut blindings = vec![[0_u8; 32]; entries.len()];
    getrandom::fill(blindings.as_flattened_mut()).map_err(|error| EngineError::Record(error.to_string()))?;
    entries
        .iter()
        .zip(blindings)
        .map(|(entry, blinding)| {
            SealedEntry::new(workspace, entry, blinding)
                .map_err(|error| EngineError::Record(error.to_string()))
        })
        .collect()
}

/// 32 bytes from the operating system.
///
/// # Errors
/// When it has none to give.
pub fn random() -> Result<[u8; 32], EngineError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| EngineError::Record(error.to_string()))?;
    Ok(bytes)
}

/// The idempotency key of a delivery that brought none of its own: a repeat of the same bytes on the same channel.
fn once_of(enquiry: &Enquiry) -> (String, [u8; 32]) {
    let key = format!("delivery/{}/{}/{}", enquiry.source.word(), enquiry.origin, enquiry.delivery);
    let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    (key, digest)
}

/// Whether somebody's number of open leads changed otherwise than by a new lead's assignment.
fn moves_open_leads(entries: &[Entry], is_new: bool) -> bool {
    entries.iter().any(|entry| match entry.fact {
        Fact::StageChanged { to, .. } => to.is_closed() || !is_new,
        Fact::LeadAssigned { .. } | Fact::LeadErased { .. } => !is_new,
        Fact::LeadMerged { .. }
        | Fact::LeadMergedInto { .. }
        | Fact::LeadUnmerged { .. }
        | Fact::LeadRestored { .. } => true,
        _ => false,
    })
}
