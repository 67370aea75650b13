//! Commits, a group at a time: look everything up at once, judge each on what those before it left, write everything at
//! once. The workspace's lock is held from the first look until all of it can be read, so that nothing that was looked
//! at changes meanwhile.

mod erase;
mod ledger;
mod sheet;
mod side;

use flow::ids::WorkspaceId;

use self::ledger::Ledger;
use self::sheet::Sheet;
use super::fault::Fault;
use super::link::{Link, Step};
use super::workspace::{BEGIN, Lock, RULES};
use crate::prepared::Prepared;
use crate::{Receipt, StoreError};

/// What came of a group: an answer for each, and the numbers of the facts written.
pub(super) struct Written {
    pub answers: Vec<Result<Receipt, StoreError>>,
    pub from: u64,
    pub to: u64,
}

/// Why a group was not written.
pub(super) enum Spoilt {
    /// Certainly nothing was written.
    Undone(Fault),
    /// Nobody knows whether it was written.
    Unsure(StoreError),
}

impl From<Fault> for Spoilt {
    fn from(fault: Fault) -> Spoilt {
        Spoilt::Undone(fault)
    }
}

impl From<StoreError> for Spoilt {
    fn from(error: StoreError) -> Spoilt {
        Spoilt::Undone(error.into())
    }
}

/// Writes a group of commits to one workspace in one transaction. After anything but `Ok` the connection may have a
/// transaction open, and must not be used again.
pub(super) async fn write(
    link: &Link,
    workspace: WorkspaceId,
    group: &[&Prepared],
) -> Result<Written, Spoilt> {
    let mut steps = vec![Step::plain(BEGIN), Step::plain(RULES), Lock::Facts.take(workspace)];
    let looking = ledger::look(workspace, group);
    let before = steps.len();
    steps.extend(looking);
    let found = link.flight(&steps).await?;
    let Some(mut ledger) = Ledger::read(found.get(before..).unwrap_or_default())? else {
        link.one(&Step::plain("ROLLBACK")).await?;
        let nowhere = || Err(StoreError::Value(format!("there is no workspace {workspace}")));
        return Ok(Written { answers: group.iter().map(|_| nowhere()).collect(), from: 0, to: 0 });
    };
    let from = ledger.next;
    let mut sheet = Sheet::default();
    let mut answers = Vec::with_capacity(group.len());
    for prepared in group {
        answers.push(enter(&mut sheet, &mut ledger, prepared)?);
    }
    let writing = sheet.steps(workspace)?;
    if writing.is_empty() {
        link.one(&Step::plain("ROLLBACK")).await?;
        return Ok(Written { answers, from, to: from });
    }
    link.flight(&writing).await?;
    match link.one(&Step::plain("COMMIT")).await {
        Ok(_) => Ok(Written { answers, from, to: ledger.next }),
        // Whoever lost the connection now does not know what became of it.
        Err(fault) if fault.lost => Err(Spoilt::Unsure(StoreError::Unsure(fault.error.to_string()))),
        Err(fault) => Err(Spoilt::Undone(fault)),
    }
}

/// Enters a commit, with what is written together with it, if both may be written.
fn enter<'a>(
    sheet: &mut Sheet<'a>,
    ledger: &mut Ledger,
    prepared: &'a Prepared,
) -> Result<Result<Receipt, StoreError>, StoreError> {
    let mut version = 0;
    for part in prepared.parts() {
        if let Err(answer) = ledger.judge(part) {
            return Ok(answer);
        }
    }
    for part in prepared.parts() {
        match ledger.judge(part) {
            Ok(before) => {
                let entered = sheet.enter(ledger, part, &before)?;
                version = if version == 0 { entered } else { version };
            }
            Err(answer) => return Ok(answer),
        }
    }
    Ok(Ok(Receipt::Written { version }))
}
