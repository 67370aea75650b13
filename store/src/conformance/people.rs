//! Members, sessions, tokens, accounts, rotations, playbooks, files, secrets.

use std::collections::BTreeMap;

use flow::fact::{Entry, Fact};
use flow::ids::MemberId;
use flow::terms::{Account, Actor, Member, Role, Tier};
use sha2::{Digest, Sha256};

use super::{Backend, Bench, answer, at, id};
use crate::{Answer, Commit, Question, SealedEntry, Side, Signed, StoreError, TokenHolder};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    members_are_found_by_address(&make()).await;
    sessions_end(&make()).await;
    tokens_let_in_whom_they_were_made_for(&make()).await;
    accounts_are_found_by_domain_then_name(&make()).await;
    a_rotation_never_turns_back(&make()).await;
    the_last_playbook_is_in_force(&make()).await;
    a_file_belongs_to_its_lead(&make()).await;
    a_secret_is_written_once(&make()).await;
    a_ledger_never_turns_back(&make()).await;
}

/// Facts about the workspace itself.
pub(super) fn facts(bench: &Bench, first: u64, facts: Vec<Fact>) -> Commit {
    let entry = |(number, fact): (u64, Fact)| Entry {
        id: id(1_000_000 + number),
        at: at(0),
        actor: Actor::SYSTEM,
        lead: None,
        playbook: None,
        content: None,
        fact,
    };
    let sealed = |entry| SealedEntry::new(bench.workspace, &entry, [3; 32]).unwrap();
    let entries = (first..).zip(facts).map(entry).map(sealed).collect();
    Commit { workspace: bench.workspace, entries, ..Commit::default() }
}

pub(super) async fn add(bench: &Bench, members: &[Member]) {
    let added = members.iter().map(|member| Fact::MemberAdded { member: member.clone() }).collect();
    bench.store.commit(facts(bench, 0, added)).await.unwrap();
}

async fn side(bench: &Bench, side: Vec<Side>) {
    bench.store.commit(Commit { workspace: bench.workspace, side, ..Commit::default() }).await.unwrap();
}

fn mia() -> Member {
    Member { id: id(71), email: "mia@acme.example".into(), name: "Mia Berg".into(), role: Role::Manager }
}

async fn members_are_found_by_address(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let tom = Member { id: id(72), email: "tom@acme.example".into(), name: "Tom".into(), role: Role::Rep };
    add(&bench, &[mia(), tom.clone()]).await;
    let mut all = answer!(bench, Question::Members, Answer::Members);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(all, [mia(), tom]);
    let find =
        async |email: &str| answer!(bench, Question::MemberByEmail(email.into()), Answer::MemberByEmail);
    assert_eq!(find("Mia@ACME.example").await, Some((mia(), None)));
    side(&bench, vec![Side::Password { member: mia().id, phc: "$argon2id$1".into() }]).await;
    side(&bench, vec![Side::Password { member: mia().id, phc: "$argon2id$2".into() }]).await;
    assert_eq!(find("mia@acme.example").await, Some((mia(), Some("$argon2id$2".into()))));
    assert_eq!(find("nobody@acme.example").await, None);

    let twin = Member { id: id(73), ..mia() };
    let twin = facts(&bench, 10, vec![Fact::MemberAdded { member: twin }]);
    assert_eq!(bench.store.commit(twin).await, Err(StoreError::Conflict), "one address, one member");
    assert_eq!(answer!(bench, Question::Members, Answer::Members).len(), 2);
}

async fn sessions_end(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    add(&bench, &[mia()]).await;
    let member: MemberId = mia().id;
    let session = |digest: &str, until| Side::Session { digest: digest.into(), member, until };
    side(&bench, vec![session("aa", at(100)), session("bb", at(200))]).await;
    let find = async |digest: &str, now| {
        answer!(bench, Question::Session { digest: digest.into(), now: at(now) }, Answer::Session)
    };
    let signed = |until| Some(Signed { member, role: Role::Manager, until: Some(until) });
    assert_eq!(find("aa", 99).await, signed(at(100)));
    assert_eq!(find("aa", 100).await, None, "it has ended");
    assert_eq!(find("cc", 0).await, None);
    side(&bench, vec![Side::EndSession { digest: "bb".into() }]).await;
    assert_eq!(find("bb", 0).await, None);

    let many = (0..60).map(|number| session(&format!("d{number}"), at(1_000 + number))).collect();
    side(&bench, many).await;
    assert_eq!(find("d0", 0).await, None, "too many; those that end first are ended");
    assert!(find("d59", 0).await.is_some());
}

async fn tokens_let_in_whom_they_were_made_for(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let agent = TokenHolder::Agent(id(5), "drafting agent".into());
    let member = TokenHolder::Member(mia().id);
    let token =
        |digest: &str, holder: &TokenHolder| Side::Token { digest: digest.into(), holder: holder.clone() };
    side(&bench, vec![token("aa", &agent), token("bb", &member)]).await;
    let find = async |digest: &str| answer!(bench, Question::Token { digest: digest.into() }, Answer::Token);
    assert_eq!(find("aa").await, Some(agent));
    assert_eq!(find("bb").await, Some(member));
    assert_eq!(find("cc").await, None);
}

async fn accounts_are_found_by_domain_then_name(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let account = |number: u64, name: &str, domains: &[&str]| Account {
        id: id(number),
        name: name.into(),
        domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        tier: Tier::Strategic,
        owner: Some(id(71)),
        value: 70_000,
    };
    let (initech, hooli) = (
        account(81, "Initech  GmbH", &["initech.example", "initech.test"]),
        account(82, "Hooli", &["hooli.example"]),
    );
    let record = |account: &Account| Fact::AccountRecorded { account: account.clone() };
    bench.store.commit(facts(&bench, 0, vec![record(&initech), record(&hooli)])).await.unwrap();
    let find = async |domain: &str, name: &str| {
        let question = Question::AccountFor { domain: domain.into(), name: Account::name_key(name) };
        answer!(bench, question, Answer::AccountFor)
    };
    assert_eq!(find("initech.test", "Hooli").await.as_ref(), Some(&initech), "the domain says more");
    assert_eq!(find("elsewhere.example", "HOOLI").await.as_ref(), Some(&hooli));
    assert_eq!(find("", "initech gmbh").await.as_ref(), Some(&initech));
    assert_eq!(find("", "").await, None);
    assert_eq!(find("elsewhere.example", "").await, None);

    let moved = account(81, "Initech SE", &["initech.example"]);
    bench.store.commit(facts(&bench, 10, vec![record(&moved)])).await.unwrap();
    assert_eq!(find("initech.test", "").await, None, "given up");
    assert_eq!(find("initech.example", "").await.as_ref(), Some(&moved));
    assert_eq!(find("", "Initech GmbH").await, None);
    assert_eq!(answer!(bench, Question::Accounts, Answer::Accounts).len(), 2);
}

async fn a_rotation_never_turns_back(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let standing =
        |team: &str, turn| Side::Standing { team: team.into(), turn, json: format!("{team} {turn}") };
    side(&bench, vec![standing("north", 4), standing("south", 1)]).await;
    side(&bench, vec![standing("north", 3)]).await;
    side(&bench, vec![standing("south", 2)]).await;
    let rota = answer!(bench, Question::Rota, Answer::Rota);
    assert_eq!(rota.standings, ["north 4", "south 2"]);
}

async fn the_last_playbook_is_in_force(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    assert_eq!(answer!(bench, Question::Playbook, Answer::Playbook), None);
    for (number, text) in [(0, "first"), (1, "second")] {
        let files = BTreeMap::from([("playbook.toml".to_owned(), text.to_owned())]);
        let digest = text.as_bytes()[0].to_string().repeat(64)[..64].to_owned();
        let adopted = Fact::PlaybookAdopted { digest: digest.clone(), files: files.clone(), boundary: None };
        let side = vec![Side::PlaybookFiles { digest: digest.clone(), files: files.clone() }];
        bench.store.commit(Commit { side, ..facts(&bench, number, vec![adopted]) }).await.unwrap();
        assert_eq!(answer!(bench, Question::Playbook, Answer::Playbook), Some((digest, files)));
    }
}

async fn a_file_belongs_to_its_lead(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let bytes = vec![0_u8, 255, 10, 13];
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let blob = |lead| Side::Blob { lead: id(lead), sha256: sha256.clone(), bytes: bytes.clone() };
    side(&bench, vec![blob(1), blob(2), blob(1)]).await;
    let find = async |lead, sha256: &str| {
        answer!(bench, Question::Blob { lead: id(lead), sha256: sha256.into() }, Answer::Blob)
    };
    assert_eq!(find(1, &sha256).await, Some(bytes.clone()));
    assert_eq!(find(2, &sha256).await, Some(bytes.clone()));
    assert_eq!(find(3, &sha256).await, None, "another lead's");
    assert_eq!(find(1, &"0".repeat(64)).await, None);
}

async fn a_secret_is_written_once(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let secret = |bytes: &[u8]| Side::Secret { name: "log-key".into(), bytes: bytes.to_vec() };
    side(&bench, vec![secret(b"one")]).await;
    side(&bench, vec![secret(b"two")]).await;
    let found = answer!(bench, Question::Secret("log-key".into()), Answer::Secret);
    assert_eq!(found, Some(b"one".to_vec()));
    assert_eq!(answer!(bench, Question::Secret("other".into()), Answer::Secret), None);
}

async fn a_ledger_never_turns_back(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let ledger = |next, text: &str| Side::Ledger { next, text: text.into() };
    assert_eq!(answer!(bench, Question::Ledger, Answer::Ledger), None);
    for (next, text) in [(4, "four"), (3, "three"), (9, "nine"), (9, "nine again")] {
        side(&bench, vec![ledger(next, text)]).await;
    }
    assert_eq!(answer!(bench, Question::Ledger, Answer::Ledger), Some((9, "nine".to_owned())));
}
