//! A queue that empties when somebody can take leads again.

use jiff::Timestamp;
use uuid::Uuid;

use super::rota::Rota;
use super::rules::Rules;
use super::{Assignment, Facts, Ties, route};

/// A lead that waits for an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub lead: Uuid,
    /// When its clock runs out; `None` while no clock runs.
    pub deadline: Option<Timestamp>,
    /// Since when it waits.
    pub since: Timestamp,
}

/// Puts the most urgent first: by deadline, those without one last; then by how long they wait; then by id.
pub fn drain_order(queue: &mut [Waiting]) {
    queue.sort_by_key(|waiting| (waiting.deadline.is_none(), waiting.deadline, waiting.since, waiting.lead));
}

/// Routes the leads of a queue, the most urgent first, as far as somebody can take them. Those whom nobody can take are
/// left out and go on waiting; one that is stuck does not hold up the others.
///
/// The rota is carried on from each assignment to the next.
pub fn drain<'a>(
    rules: &Rules,
    mut queue: Vec<Waiting>,
    lead: impl Fn(Uuid) -> Option<(&'a Facts, &'a Ties)>,
    rota: &mut Rota,
) -> Vec<(Uuid, Assignment)> {
    drain_order(&mut queue);
    let mut assigned = Vec::new();
    for waiting in queue {
        let Some((facts, ties)) = lead(waiting.lead) else { continue };
        let assignment = route(rules, facts, rota, ties);
        if assignment.owner.is_some() && rota.took(&assignment).is_ok() {
            assigned.push((waiting.lead, assignment));
        }
    }
    assigned
}
