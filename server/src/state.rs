//! What every decision needs at hand: the playbook in force, the members, the boundary, the rota. Read once, replaced
//! whole when it changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use flow::fact::Fact;
use flow::ids::{MemberId, WorkspaceId};
use flow::lead::Decision;
use flow::ledger::Ledger;
use flow::playbook::Playbook;
use flow::route::{Assignment, Assigns, Desk, Facts, Rota, Rules, Standing, Ties, Turn, route};
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

    fn lock_rota(&self) -> MutexGuard<'_, Rota> {
        self.rota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes turns from the shared rota: who is next is found and noted under one lock, so that no two deliveries see the same
/// member as next, and no delivery waits while another is decided.
pub struct NextInTurn<'a> {
    shared: &'a Shared,
    standing: Mutex<Option<Vec<Side>>>,
}

impl<'a> NextInTurn<'a> {
    /// No turn taken yet.
    pub fn of(shared: &'a Shared) -> NextInTurn<'a> {
        NextInTurn { shared, standing: Mutex::default() }
    }

    /// What the store must keep of the rota, if the decision gave the lead to whoever's turn it was. A turn that was taken
    /// and not used makes the rota stale.
    pub fn taken(self, decision: &Decision) -> Vec<Side> {
        let taken = self.standing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let assigned = decision.entries.iter().any(|entry| matches!(entry.fact, Fact::LeadAssigned { .. }));
        match taken {
            Some(sides) if assigned => sides,
            Some(_) => {
                self.shared.rota_is_stale();
                Vec::new()
            }
            None => Vec::new(),
        }
    }
}

impl Drop for NextInTurn<'_> {
    /// A turn that was taken for a decision that could not be made.
    fn drop(&mut self) {
        if self.standing.get_mut().unwrap_or_else(PoisonError::into_inner).is_some() {
            self.shared.rota_is_stale();
        }
    }
}

impl Assigns for NextInTurn<'_> {
    fn assign(&self, rules: &Rules, facts: &Facts, ties: &Ties) -> Assignment {
        let mut rota = self.shared.lock_rota();
        let assignment = route(rules, facts, &rota, ties);
        let sides = match rota.carry_on(assignment.owner, assignment.turn.as_ref()) {
            Ok(()) => assignment.turn.as_ref().and_then(|turn| kept(&rota, turn)).into_iter().collect(),
            Err(_) => {
                self.shared.rota_is_stale();
                Vec::new()
            }
        };
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(sides);
        assignment
    }
}

/// A team's standing as the store keeps it.
fn kept(rota: &Rota, turn: &Turn) -> Option<Side> {
    let standing = rota.standings().find(|standing| standing.team == turn.team)?;
    let json = serde_json::to_string(standing).ok()?;
    Some(Side::Standing { team: standing.team.clone(), turn: standing.turn, json })
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
