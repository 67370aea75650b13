//! What every decision needs at hand: the playbook in force, the members, the boundary, the rota. Read once, replaced
//! whole when it changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use flow::fact::Fact;
use flow::ids::{MemberId, WorkspaceId};
use flow::lead::Decision;
use flow::ledger::Ledger;
use flow::playbook::Playbook;
use flow::route::{Desk, Rota, Standing, Turn};
use flow::terms::Member;
use store::views::RotaRows;
use store::{Answer, Question, Side, Store, StoreError};

/// One consistent view of what changes seldom.
#[derive(Debug)]
pub struct Snapshot {
    /// The playbook in force.
    pub playbook: Arc<Playbook>,
    /// The members of the workspace.
    pub members: Vec<Member>,
    /// Where step classes and reviewers stand, as of the last fact that was followed.
    pub ledger: Arc<Ledger>,
}

impl Snapshot {
    /// A member by id.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// A member's name, or a word for nobody known.
    pub fn name(&self, id: MemberId) -> &str {
        self.member(id).map_or("a former member", |member| &member.name)
    }
}

/// The snapshot and the rota, shared by all doors of one workspace.
pub struct Shared {
    snapshot: RwLock<Arc<Snapshot>>,
    rota: Mutex<Rota>,
    idle_rota: Rota,
    rota_stale: AtomicBool,
}

impl Shared {
    /// Reads what the store has, under this playbook.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(
        store: &dyn Store,
        workspace: WorkspaceId,
        playbook: Arc<Playbook>,
    ) -> Result<Shared, StoreError> {
        let members = members(store, workspace).await?;
        let rota = rota(store, workspace, &playbook, &members).await?;
        let idle_rota = Rota::new(&playbook.rules, Vec::new(), Vec::new());
        let snapshot = Snapshot { playbook, members, ledger: Arc::default() };
        Ok(Shared {
            idle_rota,
            snapshot: RwLock::new(Arc::new(snapshot)),
            rota: Mutex::new(rota),
            rota_stale: AtomicBool::new(false),
        })
    }

    /// The present snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads members and rota again, and takes another playbook if one is given.
    ///
    /// # Errors
    /// What the store says; the old snapshot stays then.
    pub async fn refresh(
        &self,
        store: &dyn Store,
        workspace: WorkspaceId,
        playbook: Option<Arc<Playbook>>,
    ) -> Result<(), StoreError> {
        let old = self.snapshot();
        let playbook = playbook.unwrap_or_else(|| old.playbook.clone());
        let members = members(store, workspace).await?;
        let rota = rota(store, workspace, &playbook, &members).await?;
        self.replace(|old| Snapshot { playbook, members, ledger: old.ledger.clone() });
        *self.lock_rota() = rota;
        Ok(())
    }

    /// Takes a ledger that followed more of the record.
    pub fn set_ledger(&self, ledger: Arc<Ledger>) {
        self.replace(|old| Snapshot { playbook: old.playbook.clone(), members: old.members.clone(), ledger });
    }

    /// Makes the next snapshot from the present one, one maker at a time.
    fn replace(&self, next: impl FnOnce(&Snapshot) -> Snapshot) {
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        *snapshot = Arc::new(next(&snapshot));
    }

    /// The number of open leads changed in a way that no assignment here brought about: count again before the next.
    pub fn rota_is_stale(&self) {
        self.rota_stale.store(true, Ordering::Release);
    }

    /// Counts again if somebody said that the rota is stale.
    ///
    /// # Errors
    /// What the store says.
    pub async fn freshen_rota(&self, store: &dyn Store, workspace: WorkspaceId) -> Result<(), StoreError> {
        if !self.rota_stale.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let snapshot = self.snapshot();
        match rota(store, workspace, &snapshot.playbook, &snapshot.members).await {
            Ok(fresh) => {
                *self.lock_rota() = fresh;
                Ok(())
            }
            Err(error) => {
                self.rota_is_stale();
                Err(error)
            }
        }
    }

    /// A rota with nobody on it, for commands that assign nothing: they need not wait for those that do.
    pub fn idle_rota(&self) -> &Rota {
        &self.idle_rota
    }

    /// The rota, to decide one assignment and note it before anybody else decides the next.
    pub fn lock_rota(&self) -> MutexGuard<'_, Rota> {
        self.rota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries the rota on over a decision, and gives what the store must keep of it.
pub fn note(rota: &mut Rota, decision: &Decision) -> Vec<Side> {
    let assigned = decision.entries.iter().find_map(|entry| match &entry.fact {
        Fact::LeadAssigned { owner, turn, .. } => Some((*owner, turn.clone())),
        _ => None,
    });
    let Some((owner, turn)) = assigned else { return Vec::new() };
    let team = turn.as_ref().map(|turn: &Turn| turn.team.clone());
    if rota.carry_on(owner.map(|owner| owner.0), turn.as_ref()).is_err() {
        return Vec::new();
    }
    let standing = team.and_then(|team| rota.standings().find(|standing| standing.team == team));
    standing
        .and_then(|standing| {
            let json = serde_json::to_string(standing).ok()?;
            Some(Side::Standing { team: standing.team.clone(), turn: standing.turn, json })
        })
        .into_iter()
        .collect()
}

async fn members(store: &dyn Store, workspace: WorkspaceId) -> Result<Vec<Member>, StoreError> {
    match store.ask(workspace, Question::Members).await? {
        Answer::Members(members) => Ok(members),
        _ => Err(StoreError::Value("members".into())),
    }
}

async fn rota(
    store: &dyn Store,
    workspace: WorkspaceId,
    playbook: &Playbook,
    members: &[Member],
) -> Result<Rota, StoreError> {
    let Answer::Rota(RotaRows { open_leads, standings }) = store.ask(workspace, Question::Rota).await? else {
        return Err(StoreError::Value("rota".into()));
    };
    let standings: Vec<Standing> = standings
        .iter()
        .map(|json| serde_json::from_str(json))
        .collect::<Result<_, _>>()
        .map_err(|error| StoreError::Value(format!("a team's standing: {error}")))?;
    let open = |id: MemberId| {
        let count = open_leads.iter().find(|(member, _)| *member == id).map_or(0, |(_, count)| *count);
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let desks = members
        .iter()
        .map(|member| Desk {
            member: member.id.0,
            email: member.email.clone(),
            name: member.name.clone(),
            open_leads: open(member.id),
            absence: None,
            paused: false,
            working_now: true,
        })
        .collect();
    Ok(Rota::new(&playbook.rules, desks, standings))
}
