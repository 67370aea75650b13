//! Lists of leads, searches, counts.

use std::collections::BTreeSet;

use flow::fact::{AccountRef, Fact};
use flow::ids::{LeadId, MemberId};
use flow::terms::{Member, Person, Role, Stage, Tier};

use super::story::{Story, person};
use super::{Backend, Bench, answer, at, id};
use crate::views::{BoardCounts, LeadFilter, LeadRow};
use crate::{Answer, Commit, Question, StoreError};

pub(super) async fn all<B: Backend>(make: &impl Fn() -> B) {
    the_most_urgent_come_first(&make()).await;
    each_filter_finds_its_own(&make()).await;
    pages_are_stable_while_leads_come_in(&make()).await;
    names_of_the_world_are_found(&make()).await;
    a_row_says_what_the_lead_is(&make()).await;
    loads_follow_owner_and_stage(&make()).await;
}

impl Bench {
    pub(super) async fn keep(&self, story: &mut Story) {
        self.store.commit(story.commit()).await.unwrap();
    }

    async fn list(&self, filter: LeadFilter) -> Vec<LeadRow> {
        answer!(self, Question::Leads(filter), Answer::Leads).items
    }

    async fn ids(&self, filter: LeadFilter) -> Vec<LeadId> {
        self.list(filter).await.into_iter().map(|row| row.id).collect()
    }
}

fn ana() -> Person {
    person("Ana López", "ana@example.com")
}

async fn the_most_urgent_come_first(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut order = Vec::new();
    for (number, clock) in [(1, Some(900)), (2, None), (3, Some(300)), (4, None)] {
        let mut story = Story::captured(bench.workspace, number, at(number as i64), ana());
        if let Some(due) = clock {
            story.clock(due);
        }
        bench.keep(&mut story).await;
        order.push(story);
    }
    let expected = [&order[2], &order[0], &order[3], &order[1]].map(|story| story.id);
    assert_eq!(bench.ids(LeadFilter::default()).await, expected);

    // A kept promise is urgent no more, but was touched last.
    let clock = order[2].state.as_ref().unwrap().clocks[0].id;
    order[2].now = at(50);
    let action = id(9);
    order[2].tell(Fact::ClockMet { clock, action });
    let mut story = order[2].clone();
    bench.keep(&mut story).await;
    let expected = [&order[0], &order[2], &order[3], &order[1]].map(|story| story.id);
    assert_eq!(bench.ids(LeadFilter::default()).await, expected);
}

async fn each_filter_finds_its_own(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, tom): (MemberId, MemberId) = (id(71), id(72));
    let account = |tier| Some(AccountRef { id: id(3), name: "Initech".into(), tier, value: 5_000 });

    let mut owned = Story::captured(bench.workspace, 1, at(0), ana());
    owned.assign(Some(mia));
    let mut queued = Story::captured_for(bench.workspace, 2, at(1), ana(), account(Tier::Strategic));
    let clock = queued.clock(60);
    queued.tell(Fact::ClockWarned { clock });
    let mut won = Story::captured(bench.workspace, 3, at(2), ana());
    won.assign(Some(mia));
    won.stage(Stage::Won);
    let mut risky = Story::captured(bench.workspace, 4, at(3), ana());
    risky.assign(Some(tom));
    let clock = risky.clock(30);
    risky.tell(Fact::ClockBreached { clock });
    for story in [&mut owned, &mut queued, &mut won] {
        bench.keep(story).await;
    }
    let mut commit = risky.commit();
    commit.lead.as_mut().unwrap().risk = vec!["complaint", "breach"];
    bench.store.commit(commit).await.unwrap();

    let filter = LeadFilter::default;
    let cases = [
        ("owner", LeadFilter { owner: Some(mia), ..filter() }, vec![&won, &owned]),
        ("owner, open", LeadFilter { owner: Some(mia), open: true, ..filter() }, vec![&owned]),
        ("queued", LeadFilter { queued: true, ..filter() }, vec![&queued]),
        ("stage", LeadFilter { stage: Some(Stage::Won), ..filter() }, vec![&won]),
        ("tier", LeadFilter { tier: Some(Tier::Strategic), ..filter() }, vec![&queued]),
        ("at risk", LeadFilter { at_risk: true, ..filter() }, vec![&risky]),
        ("warned", LeadFilter { clock: Some("warned".into()), ..filter() }, vec![&queued]),
        ("breached", LeadFilter { clock: Some("breached".into()), ..filter() }, vec![&risky]),
        ("nothing is running", LeadFilter { clock: Some("running".into()), ..filter() }, vec![]),
        ("open", LeadFilter { open: true, ..filter() }, vec![&risky, &queued, &owned]),
        ("risk of another owner", LeadFilter { at_risk: true, owner: Some(mia), ..filter() }, vec![]),
        (
            "words and owner",
            LeadFilter { q: Some("LOPEZ".into()), owner: Some(tom), ..filter() },
            vec![&risky],
        ),
        ("at most one", LeadFilter { limit: 1, ..filter() }, vec![&risky]),
    ];
    for (what, filter, expected) in cases {
        let expected: Vec<LeadId> = expected.into_iter().map(|story| story.id).collect();
        assert_eq!(bench.ids(filter).await, expected, "{what}");
    }
    let counts = answer!(bench, Question::BoardCounts { now: at(0) }, Answer::BoardCounts);
    let expected = BoardCounts {
        leads: 4,
        open: 3,
        queued: 1,
        warned: 1,
        breached: 1,
        due_soon: 2,
        at_risk: 1,
        pending: 0,
    };
    assert_eq!(counts, expected);
    let bad = Question::Leads(LeadFilter { cursor: Some("next please".into()), ..filter() });
    let refused = bench.store.ask(bench.workspace, bad).await;
    assert_eq!(refused, Err(StoreError::Cursor("next please".into())));
}

async fn pages_are_stable_while_leads_come_in(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let mut first = Vec::new();
    for number in 0..25 {
        let mut story = Story::captured(bench.workspace, number, at(0), ana());
        if number % 3 == 0 {
            story.clock(60);
        }
        bench.keep(&mut story).await;
        first.push(story.id);
    }
    let (mut seen, mut cursor, mut number) = (Vec::new(), None, 100);
    loop {
        let filter = LeadFilter { limit: 4, cursor: cursor.clone(), ..LeadFilter::default() };
        let page = answer!(bench, Question::Leads(filter), Answer::Leads);
        assert!(page.items.len() <= 4);
        seen.extend(page.items.iter().map(|row| row.id));
        for due in [1, 5_000] {
            number += 1;
            let mut story = Story::captured(bench.workspace, number, at(0), ana());
            story.clock(due);
            bench.keep(&mut story).await;
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let distinct: BTreeSet<LeadId> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len(), "nobody twice");
    assert!(first.iter().all(|lead| distinct.contains(lead)), "nobody left out");
}

async fn names_of_the_world_are_found(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let people = [
        ("Nguyễn Văn Ánh", "anh@example.vn", vec!["nguyen", "VĂN ánh", "anh@example.vn"]),
        ("Łukasz Żółć", "l.zolc@example.pl", vec!["ŁUKASZ", "zolc", "l.zolc"]),
        ("Jürgen Müßig", "jm@example.de", vec!["muessig", "MÜSSIG", "jurgen"]),
        ("李小龍", "lee@example.tw", vec!["李小", "小龍"]),
        ("محمد الأحمد", "m@example.sa", vec!["محمد"]),
        ("Ольга Чехова", "olga@example.ru", vec!["ольга", "ЧЕХОВА"]),
    ];
    let mut ids = Vec::new();
    for (number, (name, email, _)) in (0..).zip(&people) {
        let person = Person {
            phone: format!("+49 (30) 90 18 20 {number}"),
            company: format!("Werk {number} GmbH"),
            ..person(name, email)
        };
        let mut story = Story::captured(bench.workspace, number, at(0), person);
        bench.keep(&mut story).await;
        ids.push(story.id);
    }
    let find = async |q: &str| bench.ids(LeadFilter { q: Some(q.into()), ..LeadFilter::default() }).await;
    for (lead, (_, _, words)) in ids.iter().zip(&people) {
        for word in words {
            assert_eq!(find(word).await, [*lead], "{word}");
        }
    }
    assert_eq!(find("49309018202").await, [ids[2]], "a phone as one run of digits");
    assert_eq!(find("werk 49309018203").await, [ids[3]]);
    assert_eq!(find("nobody of this name").await, []);
    assert_eq!(find("  %_'\" ").await.len(), people.len(), "no word at all is no condition");
}

async fn a_row_says_what_the_lead_is(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let account = AccountRef { id: id(3), name: "Initech".into(), tier: Tier::HighValue, value: 12_000 };
    let mut story = Story::captured_for(bench.workspace, 1, at(5), ana(), Some(account));
    story.receive("Pricing", "How much?");
    story.assign(Some(id(71)));
    story.clock(600);
    story.propose(flow::step::Step::Reply, &[id(71)]);
    bench.keep(&mut story).await;
    let row = bench.list(LeadFilter::default()).await.remove(0);
    let clock = row.clock.clone().unwrap();
    assert_eq!((clock.promise.as_str(), clock.state.as_str()), ("first_response", "running"));
    assert_eq!((clock.started, clock.due), (at(5), at(605)));
    let expected = LeadRow {
        id: story.id,
        person: ana(),
        account: Some("Initech".into()),
        tier: Tier::HighValue,
        value: 12_000,
        owner: Some(id(71)),
        stage: Stage::New,
        source: "form".into(),
        captured_at: at(5),
        touched_at: at(5),
        clock: row.clock.clone(),
        pending: 1,
        risk: vec![],
        subject: "Pricing".into(),
    };
    assert_eq!(row, expected);
}

async fn loads_follow_owner_and_stage(backend: &dyn Backend) {
    let bench = Bench::new(backend).await;
    let (mia, tom): (MemberId, MemberId) = (id(71), id(72));
    let added = [(mia, "mia"), (tom, "tom")].map(|(id, name)| Member {
        id,
        email: format!("{name}@acme.example"),
        name: name.into(),
        role: Role::Rep,
    });
    super::people::add(&bench, &added).await;
    let loads = async || {
        let rota = answer!(bench, Question::Rota, Answer::Rota);
        let open = |member| rota.open_leads.iter().find(|(who, _)| *who == member).map(|(_, open)| *open);
        (open(mia), open(tom))
    };
    assert_eq!(loads().await, (Some(0), Some(0)));
    let mut one = Story::captured(bench.workspace, 1, at(0), ana());
    one.assign(Some(mia));
    bench.keep(&mut one).await;
    let mut two = Story::captured(bench.workspace, 2, at(0), ana());
    two.assign(Some(mia));
    bench.keep(&mut two).await;
    assert_eq!(loads().await, (Some(2), Some(0)));
    one.assign(Some(tom));
    bench.keep(&mut one).await;
    assert_eq!(loads().await, (Some(1), Some(1)));
    two.stage(Stage::Lost);
    bench.keep(&mut two).await;
    assert_eq!(loads().await, (Some(0), Some(1)));
    one.assign(None);
    bench.keep(&mut one).await;
    assert_eq!(loads().await, (Some(0), Some(0)));
    bench.store.commit(Commit { workspace: bench.workspace, ..Commit::default() }).await.unwrap();
}
