//! Personal data can be erased, and the record still stands: nothing that a question can reach says who it was, every
//! leaf is still there, and the views are still what the facts make of them.

use flow::effect::Effect;
use flow::fact::{Fact, Outcome};
use flow::ids::MemberId;
use flow::terms::{Member, Person, Role};
use sha2::{Digest, Sha256};

use super::story::Story;
use super::{Backend, Bench, answer, at, id};
use crate::views::{FactFilter, LeadFilter, ProposalFilter};
use crate::{Answer, Commit, Once, Progress, Question, Queue, Receipt, Side, StoreError, Wanted};

/// Words that must not be left anywhere.
const SECRETS: [&str; 4] = ["Ottilie", "quill.example", "forty seats", "7788990"];

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    an_erased_lead_leaves_nothing_but_its_leaves(&make()).await;
    an_erasure_without_its_fact_is_refused(&make()).await;
    what_others_have_stays(&make()).await;
}

fn ottilie() -> Person {
    Person {
        name: "Ottilie Quill".into(),
        email: "o@quill.example".into(),
        phone: "+49 30 7788990".into(),
        company: "Quill".into(),
        ..Person::default()
    }
}

const OWNER: u64 = 7;

fn blob(story: &Story, bytes: &[u8]) -> (String, Side) {
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    (sha256.clone(), Side::Blob { lead: story.id, sha256, bytes: bytes.to_vec() })
}

/// A lead with everything: an answer that went out, a proposal that waits, a timer, a file, keys, a request.
fn full(bench: &Bench, number: u64, files: &[&[u8]]) -> (Story, Commit) {
    let owner: MemberId = id(OWNER);
    let mut story = Story::usual(bench.workspace, number, at(0), ottilie(), owner);
    let (proposal, action) = story.propose(flow::step::Step::Reply, &[owner]);
    story.decide(proposal, owner, flow::approval::Choice::Approve, true);
    let message = story.attempt(action, Some(proposal));
    story.settle(action, Some(proposal), message, Outcome::Done { receipt: "250".into() });
    let commit = story.commit();
    let side = files.iter().map(|bytes| blob(&story, bytes).1).collect();
    let once = Once {
        key: format!("delivery/{number}/o@quill.example"),
        request: [1; 32],
        answer: b"Ottilie Quill".to_vec(),
    };
    let commit = Commit { keys: vec![100 + number], once: Some(once), side, ..commit };
    (story, commit)
}

async fn begin(backend: &dyn Backend) -> Bench {
    let bench = Bench::new(backend).await;
    let member = Member {
        id: id(OWNER),
        email: "mia@acme.example".into(),
        name: "Mia Berg".into(),
        role: Role::Manager,
    };
    super::people::add(&bench, &[member]).await;
    bench
}

/// Everything that questions can reach about a lead, written out.
async fn all_known(bench: &Bench, story: &Story, file: &str, key: u64) -> String {
    let facts = FactFilter { lead: Some(story.id), unplaced: true, limit: 1_000, ..Default::default() };
    let proposals = ProposalFilter { lead: Some(story.id), ..Default::default() };
    let search = LeadFilter { q: Some("quill".into()), ..Default::default() };
    let mut known = String::new();
    for question in [
        Question::Leads(LeadFilter::default()),
        Question::Leads(search),
        Question::Candidates { keys: vec![key] },
        Question::Proposals(proposals),
        Question::Actions { lead: story.id, limit: 100 },
        Question::Messages { lead: story.id, limit: 100 },
        Question::Facts(facts),
        Question::Blob { lead: story.id, sha256: file.to_owned() },
        Question::Once("delivery/1/o@quill.example".into()),
    ] {
        let answer = bench.ask(question).await;
        known.push_str(&readable(&answer));
    }
    known.push_str(&format!("{:?}", bench.store.lead(bench.workspace, story.id).await.unwrap()));
    known
}

/// Debug form, with bytes as text where they are kept as bytes.
fn readable(answer: &Answer) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match answer {
        Answer::Facts(rows) => rows
            .iter()
            .map(|row| {
                let opened = row.body.iter().chain(&row.content).map(|(_, payload)| text(payload));
                text(&row.leaf) + &opened.collect::<String>()
            })
            .collect(),
        Answer::Blob(bytes) => text(bytes.as_deref().unwrap_or_default()),
        Answer::Once(kept) => kept.as_ref().map(|(_, answer)| text(answer)).unwrap_or_default(),
        other => format!("{other:?}"),
    }
}

struct Unheard;

impl Progress for Unheard {
    fn at(&self, _: u64, _: u64) {}
}

async fn an_erased_lead_leaves_nothing_but_its_leaves(backend: &dyn Backend) {
    let bench = begin(backend).await;
    let (mut story, commit) = full(&bench, 1, &[b"forty seats, signed by Ottilie"]);
    let (file, _) = blob(&story, b"forty seats, signed by Ottilie");
    let once = commit.once.clone().unwrap();
    bench.store.commit(commit).await.unwrap();
    let before = all_known(&bench, &story, &file, 101).await;
    for secret in SECRETS {
        assert!(before.contains(secret), "`{secret}` must be there before it can be erased");
    }
    let facts = FactFilter { lead: Some(story.id), unplaced: true, limit: 1_000, ..Default::default() };
    let leaves = answer!(bench, Question::Facts(facts.clone()), Answer::Facts);

    story.now = at(60);
    story.erase(id(OWNER));
    bench.store.commit(story.commit()).await.unwrap();
    let after = all_known(&bench, &story, &file, 101).await;
    for secret in SECRETS {
        assert!(!after.contains(secret), "`{secret}` is still there: {after}");
    }
    let held = bench.store.lead(bench.workspace, story.id).await.unwrap().unwrap();
    assert_eq!(Some(held.lead), story.state);
    let kept = answer!(bench, Question::Facts(facts), Answer::Facts);
    assert_eq!(kept.len(), leaves.len() + 4, "asked, proposed, decided, erased");
    for (row, was) in kept.iter().zip(&leaves) {
        assert_eq!((&row.leaf, &row.body, &row.content), (&was.leaf, &None, &None));
    }
    assert!(kept.last().unwrap().body.is_some(), "the erasure itself stays readable");
    let open = LeadFilter { open: true, ..Default::default() };
    assert!(answer!(bench, Question::Leads(open), Answer::Leads).items.is_empty());
    let proposals = ProposalFilter { lead: Some(story.id), ..Default::default() };
    let proposals = answer!(bench, Question::Proposals(proposals), Answer::Proposals).items;
    assert_eq!(proposals.len(), 1, "the one at which it was decided");
    for queue in [Queue::Timers, Queue::Outbox] {
        let wanted = Wanted { queue, now: at(900_000), lease_until: at(0), limit: 100 };
        assert!(bench.store.claim(wanted).await.unwrap().is_empty(), "nothing is due for it any more");
    }
    // The same delivery again does not bring it back.
    let mut again = Story::captured(bench.workspace, 9, at(90), ottilie());
    let again = Commit { once: Some(once), ..again.commit() };
    assert!(matches!(bench.store.commit(again).await.unwrap(), Receipt::Already { .. }));
    assert_eq!(bench.store.rebuild_check(bench.workspace, &Unheard).await.unwrap(), None);

    // Also after it was closed and opened again.
    let workspace = bench.workspace;
    drop(bench);
    let bench = Bench::new(backend).await;
    assert_eq!(bench.store.rebuild_check(workspace, &Unheard).await.unwrap(), None);
    assert!(!all_known(&bench, &story, &file, 101).await.contains("Ottilie"));
}

async fn an_erasure_without_its_fact_is_refused(backend: &dyn Backend) {
    let bench = begin(backend).await;
    let (mut story, commit) = full(&bench, 1, &[]);
    bench.store.commit(commit).await.unwrap();
    let mut unsaid = story.clone();
    unsaid.tell(Fact::OptedOut { why: "said so".into() });
    unsaid.ask(Effect::Erase);
    assert!(matches!(bench.store.commit(unsaid.commit()).await, Err(StoreError::Value(_))));
    story.erase(id(OWNER));
    let mut undone = story.commit();
    undone.effects.retain(|effect| *effect != Effect::Erase);
    assert!(matches!(bench.store.commit(undone).await, Err(StoreError::Value(_))));
    let messages = Question::Messages { lead: story.id, limit: 10 };
    assert!(!answer!(bench, messages, Answer::Messages).is_empty(), "nothing was erased");
}

async fn what_others_have_stays(backend: &dyn Backend) {
    let bench = begin(backend).await;
    let (mut gone, commit) = full(&bench, 1, &[b"shared", b"only here"]);
    bench.store.commit(commit).await.unwrap();
    let (other, commit) = full(&bench, 2, &[b"shared"]);
    bench.store.commit(commit).await.unwrap();
    let (shared, _) = blob(&other, b"shared");
    let before = all_known(&bench, &other, &shared, 102).await;
    gone.erase(id(OWNER));
    bench.store.commit(gone.commit()).await.unwrap();
    let after = all_known(&bench, &other, &shared, 102).await;
    assert!(after.contains("Ottilie Quill") && after.contains("shared"), "{after}");
    let about_other = |text: &str| text.matches(&other.id.to_string()).count();
    assert_eq!(about_other(&after), about_other(&before));
    assert_eq!(bench.store.rebuild_check(bench.workspace, &Unheard).await.unwrap(), None);
}
