//! Whatever is changed in a view behind the store's back, the rebuild check finds and names.

use flow::approval::Choice;
use flow::fact::{Entry, Fact, Outcome};
use flow::ids::{ActionId, FactId, MemberId};
use flow::step::Step;
use flow::terms::{Account, Actor, Member, Role, Tier};
use store::{Commit, Difference, Progress, SealedEntry, Store};
use uuid::Uuid;

use super::{Folder, now, usual, workspace};

struct Quiet;

impl Progress for Quiet {
    fn at(&self, _done: u64, _all: u64) {}
}

fn about_workspace() -> Commit {
    let member = Member {
        id: MemberId(Uuid::from_u128(7)),
        email: "mia@acme.example".into(),
        name: "Mia".into(),
        role: Role::Manager,
    };
    let account = Account {
        id: flow::ids::AccountId(Uuid::parse_str("01927c5e-8f4a-7cc2-9d7a-0242ac120003").unwrap()),
        name: "Initech".into(),
        domains: vec!["initech.example".into()],
        tier: Tier::Strategic,
        owner: None,
        value: 9,
    };
    let facts = [
        Fact::MemberAdded { member: Member { id: MemberId(account.id.0), ..member } },
        Fact::AccountRecorded { account },
        Fact::PlaybookAdopted { digest: "a".repeat(64), files: Default::default(), boundary: None },
    ];
    let entry = |(number, fact): (u128, Fact)| Entry {
        id: FactId(Uuid::from_u128(0x01927c5e_8f4a_7cc2_9d7a_0242ac130000 + number)),
        at: now(),
        actor: Actor::SYSTEM,
        lead: None,
        playbook: None,
        content: None,
        fact,
    };
    let entries = (0..).zip(facts).map(entry);
    let entries = entries.map(|entry| SealedEntry::new(workspace(), &entry, [9; 32]).unwrap()).collect();
    Commit { workspace: workspace(), entries, ..Commit::default() }
}

/// A workspace with something in every view.
async fn filled() -> Folder {
    let folder = Folder::new();
    let store = folder.sqlite().await;
    store.commit(about_workspace()).await.unwrap();
    for number in 0..3 {
        let mut story = usual(number);
        store.commit(story.commit()).await.unwrap();
        let owner = MemberId(Uuid::parse_str("01927c5e-8f4a-7cc2-9d7a-0242ac120007").unwrap());
        story.assign(Some(owner));
        let (proposal, action): (_, ActionId) = story.propose(Step::Reply, &[owner]);
        story.decide(proposal, owner, Choice::Approve, true);
        let message = story.attempt(action, Some(proposal));
        story.settle(action, Some(proposal), message, Outcome::Done { receipt: "250".into() });
        story.clock(600);
        store.commit(story.commit()).await.unwrap();
    }
    folder
}

async fn difference(folder: &Folder) -> Option<Difference> {
    folder.sqlite().await.rebuild_check(workspace(), &Quiet).await.unwrap()
}

#[tokio::test]
async fn every_change_in_every_view_is_found() {
    let folder = filled().await;
    assert_eq!(difference(&folder).await, None);
    let pristine = std::fs::read(folder.file()).unwrap();
    let changes = [
        ("states", "UPDATE states SET version = version + 1 WHERE rowid = 2"),
        ("states", "UPDATE states SET state = replace(state, 'Ana', 'Eve') WHERE rowid = 2"),
        ("states", "DELETE FROM states WHERE rowid = 3"),
        ("leads", "UPDATE leads SET stage = 'won' WHERE rowid = 2"),
        ("leads", "UPDATE leads SET urgency = urgency - 1 WHERE rowid = 2"),
        ("leads", "UPDATE leads SET open = 0 WHERE rowid = 2"),
        ("leads", "UPDATE leads SET email = 'eve@example.com' WHERE rowid = 2"),
        ("leads", "DELETE FROM leads WHERE rowid = 1"),
        ("searches", "UPDATE searches SET words = 'eve'"),
        ("actions", "UPDATE actions SET verdict = 'run' WHERE verdict = 'ask'"),
        ("actions", "UPDATE actions SET proposal = NULL"),
        ("actions", "DELETE FROM actions WHERE state = 'done'"),
        ("proposals", "UPDATE proposals SET state = 'pending' WHERE state = 'approved'"),
        ("proposals", "UPDATE proposals SET settled_at = settled_at + 1 WHERE state = 'approved'"),
        ("proposals", "UPDATE proposals SET whole = replace(whole, '\"approve\"', '\"reject\"')"),
        ("messages", "UPDATE messages SET state = 'failed' WHERE state = 'done'"),
        ("messages", "UPDATE messages SET number = number + 1 WHERE state IS NULL"),
        ("messages", "UPDATE messages SET external_id = 'other'"),
        ("members", "UPDATE members SET role = 'admin'"),
        ("members", "DELETE FROM members"),
        ("accounts", "UPDATE accounts SET name_key = 'hooli'"),
        ("account_domains", "UPDATE account_domains SET domain = 'hooli.example'"),
        ("account_domains", "DELETE FROM account_domains"),
        ("playbooks", "UPDATE playbooks SET digest = 'b'"),
        ("deciders", "DELETE FROM deciders"),
        ("deciders", "UPDATE deciders SET deadline = deadline + 1"),
        ("loads", "UPDATE loads SET open = open + 1"),
        (
            "facts",
            "UPDATE facts SET body = CAST(replace(body, 'Ana', 'Eve') AS BLOB) WHERE kind = 'lead.captured'",
        ),
        ("facts", "UPDATE facts SET body = NULL, body_r = NULL WHERE number = 5"),
        ("facts", "UPDATE contents SET payload = CAST(replace(payload, '1,200', '1,100') AS BLOB)"),
        ("facts", "UPDATE facts SET leaf = CAST(replace(leaf, 'system', 'member') AS BLOB) WHERE number = 8"),
        ("actions", "DELETE FROM facts WHERE number = 8"),
    ];
    for (view, change) in changes {
        std::fs::write(folder.file(), &pristine).unwrap();
        assert!(folder.meddle(change) > 0, "{change}: changes nothing");
        let found = difference(&folder).await.unwrap_or_else(|| panic!("not found: {change}"));
        assert_eq!(found.view, view, "{change}: {found:?}");
        assert_ne!(found.rebuilt, found.live, "{change}");
    }
}
