//! Every page in every state, rendered with a morning's sample: checked here for what each page promises, and written
//! out to be looked at when `LOCKKEEPER_GALLERY` names a folder.

mod boundary;
mod sample;

use flow::approval::{Choice, ProposalState};
use flow::draft::Difference;
use flow::fact::VerdictKind;
use flow::gate::StepSetup;
use flow::playbook::Form;
use flow::step::Step;
use maud::{Markup, html};
use store::views::{BoardCounts, FactRow, Page};

use super::board::{self, Board, Filters};
use super::desk::decide::OpenForm;
use super::desk::proposal::{Current, May};
use super::desk::queue::{Filter, Queue};
use super::desk::sign::Signing;
use super::desk::{self, settled};
use super::gate::questions::Answers;
use super::gate::{self, Gate};
use super::lead::compose::Composer;
use super::lead::{self, LeadPage};
use super::promises::tally::{Policy, Sequence, Tally, Week};
use super::promises::{self, Promises};
use super::record::{self, Line, Record};
use super::sign_in::{self, Attempt};
use super::trouble::Trouble;
use super::words::Names;
use super::{form_snippet, layout::Frame};

fn names() -> Names {
    Names::of(&sample::members())
}

fn queue(rows: usize, current: Option<usize>) -> Queue {
    let rows: Vec<_> = (0..rows).map(sample::row).collect();
    let steps = if rows.is_empty() {
        Vec::new()
    } else {
        vec![(Step::Reply, 2), (Step::OfferDiscount, 1), (Step::SendQuote, 1), (Step::FollowUp, 1)]
    };
    Queue { filter: Filter::default(), rows, steps, more: false, current: current.map(sample::proposal_id) }
}

fn current(number: usize) -> Current {
    let row = sample::row(number);
    let findings = row.proposal.verdict.findings.clone();
    Current {
        row,
        lead: sample::lead(number),
        messages: sample::messages(),
        history: sample::history(),
        action: None,
        findings,
        difference: None,
        may: May::Decide,
        signing: Signing::NotAsked,
        open: None,
        names: names(),
        currency: "EUR".into(),
        filter: Filter::default(),
    }
}

fn difference() -> Option<Difference> {
    let before = "For twelve booster sets ordered together our list price applies.";
    let after = "For twelve booster sets ordered together we can offer you a discount of 12 %, if you decide by 30 November.";
    Some(flow::draft::difference(before, after))
}

fn desks(pages: &mut Vec<(&'static str, Markup)>) {
    let frame = sample::frame(0, 7);
    let full = queue(7, Some(0));
    let mut page = |name, frame: &Frame, queue: &Queue, current: Option<&Current>, chosen, done| {
        pages.push((name, desk::page(frame, queue, current, chosen, done)));
    };
    page("desk", &frame, &full, Some(&current(0)), false, None);
    page("desk-one", &frame, &full, Some(&Current { difference: difference(), ..current(0) }), true, None);
    let stopped = Current { findings: sample::findings(true), ..current(0) };
    page("desk-stopped", &frame, &full, Some(&stopped), true, None);
    page("desk-plain", &frame, &queue(7, Some(4)), Some(&current(4)), true, None);
    page(
        "desk-no-text",
        &frame,
        &queue(7, Some(6)),
        Some(&Current { messages: Vec::new(), history: Vec::new(), ..current(6) }),
        true,
        None,
    );

    let done =
        sample::settled(1, ProposalState::Approved, Some(sample::decided(0, Choice::Approve, 0, None)));
    page("desk-after", &frame, &full, Some(&current(0)), true, settled::confirmation(&done, &frame));
    page("desk-last-done", &frame, &queue(0, None), None, false, settled::confirmation(&done, &frame));
    page("desk-empty", &sample::frame(0, 0), &queue(0, None), None, false, None);

    let open = OpenForm {
        choice: Some(Choice::Edit),
        headline: html! { "It cannot go out like this." },
        next: "The link goes to a domain that is not on the workspace’s list. Nothing was sent.".into(),
        subject: Some("Re: Twelve booster sets".into()),
        text: Some(sample::text(0).into()),
        reason: None,
    };
    page("desk-edit-refused", &frame, &full, Some(&Current { open: Some(open), ..current(0) }), true, None);

    let maja = sample::settled(0, ProposalState::Edited, Some(sample::decided(2, Choice::Edit, 2, None)));
    let conflict = OpenForm {
        choice: None,
        headline: settled::headline(&maja, &names(), frame.now),
        next: "Your decision came after it and changes nothing.".into(),
        subject: None,
        text: None,
        reason: None,
    };
    let taken = Current { row: maja, open: Some(conflict), difference: difference(), ..current(0) };
    page("desk-conflict", &frame, &full, Some(&taken), true, None);

    let why = "The tone does not fit: she asked a plain question.";
    let rejected =
        sample::settled(4, ProposalState::Rejected, Some(sample::decided(0, Choice::Reject, 12, Some(why))));
    page("desk-rejected", &frame, &full, Some(&Current { row: rejected, ..current(4) }), true, None);

    let mut two = current(3);
    two.row.proposal.verdict.quorum = 2;
    two.row.proposal.decisions.push(sample::decided(2, Choice::Approve, 22, None));
    page("desk-second-person", &frame, &queue(7, Some(3)), Some(&two), true, None);
    page(
        "desk-auditor",
        &sample::frame(4, 0),
        &full,
        Some(&Current { may: May::Read, ..current(0) }),
        true,
        None,
    );

    let mut hostile = current(0);
    hostile.row.person.name = sample::HOSTILE.into();
    hostile.row.account = Some(sample::HOSTILE.into());
    hostile.row.content = hostile.row.content.map(|content| flow::terms::Content {
        subject: Some(sample::HOSTILE.into()),
        text: Some(sample::HOSTILE.into()),
        from: sample::HOSTILE.into(),
        ..content
    });
    page("desk-hostile", &frame, &full, Some(&hostile), true, None);
}

fn boards(pages: &mut Vec<(&'static str, Markup)>) {
    let frame = sample::frame(0, 7);
    let rows = Page { items: sample::lead_rows(), next: Some("c2".into()) };
    let full = Board { filters: Filters::default(), counts: sample::counts(), leads: rows, names: names() };
    pages.push(("board", board::page(&frame, &full)));
    let none = Page { items: Vec::new(), next: None };
    let filters = Filters { q: sample::HOSTILE.into(), clock: "breached".into(), ..Filters::default() };
    pages.push((
        "board-no-match",
        board::page(&frame, &Board { filters, leads: none.clone(), ..full.clone() }),
    ));
    let fresh = Board { leads: none, counts: BoardCounts::default(), ..full };
    pages.push(("board-fresh", board::page(&sample::frame(3, 0), &fresh)));
}

fn fact_lines() -> Vec<Line> {
    let kinds = [
        "dispatch.settled",
        "dispatch.attempted",
        "approval.decided",
        "proposal.made",
        "action.judged",
        "clock.started",
        "lead.assigned",
        "message.received",
        "lead.captured",
    ];
    let line = |(number, kind): (usize, &&str)| Line {
        index: (number > 0).then_some(4_211 - number as u64),
        kind: (*kind).into(),
        who: if number == 2 { "Maja Lind".into() } else { "Lockkeeper, by timer".into() },
        lead: Some(sample::lead_id(0).to_string()),
        at: Some(sample::minutes(-(number as i64) * 7)),
        about: if number == 2 { "approve · discount.offer".into() } else { String::new() },
    };
    kinds.iter().enumerate().map(line).collect()
}

fn leads(pages: &mut Vec<(&'static str, Markup)>) {
    let frame = sample::frame(0, 7);
    let waiting = sample::row(0);
    let done =
        sample::settled(1, ProposalState::Approved, Some(sample::decided(2, Choice::Approve, 1_201, None)));
    let full = LeadPage {
        lead: sample::lead(0),
        risk: vec!["competitor"],
        messages: sample::messages(),
        proposals: vec![waiting, done],
        facts: fact_lines(),
        names: names(),
        currency: "EUR".into(),
        sequences: vec!["nudge".into(), "welcome".into()],
        composer: Composer::default(),
        asked: None,
    };
    pages.push(("lead", lead::page(&frame, &full)));
    let mut asked = full.clone();
    asked.asked = Some(sample::just_asked(&mut asked.lead, VerdictKind::Ask));
    pages.push(("lead-asked", lead::page(&frame, &asked)));
    let mut unknown = full.clone();
    sample::unknown(&mut unknown.lead);
    unknown.composer = Composer {
        text: "Dear Anna,".into(),
        trouble: Some("the subject has 400 characters; at most 300 are taken".into()),
        ..Composer::default()
    };
    pages.push(("lead-unknown", lead::page(&frame, &unknown)));
    pages.push(("lead-auditor", lead::page(&sample::frame(4, 0), &unknown)));
    let mut bare = LeadPage {
        messages: Vec::new(),
        proposals: Vec::new(),
        facts: Vec::new(),
        risk: Vec::new(),
        lead: sample::lead(6),
        ..full.clone()
    };
    bare.lead.owner = None;
    bare.lead.why_owner = None;
    bare.lead.clocks.clear();
    bare.lead.enrolments.clear();
    pages.push(("lead-bare", lead::page(&frame, &bare)));
    let mut hostile = full;
    hostile.lead.person.name = sample::HOSTILE.into();
    hostile.lead.fields.insert(sample::HOSTILE.into(), sample::HOSTILE.into());
    hostile.lead.messages[0].subject = sample::HOSTILE.into();
    pages.push(("lead-hostile", lead::page(&frame, &hostile)));
}

fn gates(pages: &mut Vec<(&'static str, Markup)>) {
    let frame = sample::frame(2, 3);
    let steps = Step::ALL.map(|step| (step, StepSetup::shipped(step))).to_vec();
    let full = Gate { days: 7, verdicts: sample::verdicts(), steps, answers: None };
    pages.push(("gate", gate::page(&frame, &full)));
    let answers = Answers {
        step: sample::HOSTILE.into(),
        reversible: "irreversible".into(),
        judgement: "outcome".into(),
        cost: "large".into(),
        commits: "yes".into(),
    };
    pages.push(("gate-answered", gate::page(&frame, &Gate { answers: Some(answers), ..full.clone() })));
    pages.push(("gate-fresh", gate::page(&frame, &Gate { verdicts: Vec::new(), ..full })));
}

fn promised(pages: &mut Vec<(&'static str, Markup)>) {
    let frame = sample::frame(2, 4);
    let policy = |name: &str, promise: &str, in_time, late| Policy {
        name: name.into(),
        promise: promise.into(),
        in_time,
        late,
        open: 4,
        answered: (1..=i64::try_from(in_time + late).unwrap()).map(|nth| nth * nth * 140).collect(),
    };
    let week = |name: &str, in_time, late| Week { name: name.into(), in_time, late };
    let tally = Tally {
        policies: vec![
            policy("Everybody", "first_response", 41, 2),
            policy("Strategic accounts", "first_response", 7, 2),
            policy("Conversation", "next_response", 3, 3),
        ],
        weeks: vec![week("2026-W45", 14, 1), week("2026-W46", 20, 4), week("2026-W47", 17, 2)],
        sequences: vec![Sequence {
            name: "nudge".into(),
            begun: 38,
            steps: vec![
                "wait 24 h of open time".into(),
                "send “follow_up”".into(),
                "wait 7 days".into(),
                "task: Call {who}".into(),
            ],
            standing: vec![9, 3, 6, 0],
            finished: 4,
            ended: vec![("the lead wrote".into(), 14), (sample::HOSTILE.into(), 2)],
        }],
    };
    pages.push(("promises", promises::page(&frame, &Promises { days: 28, tally, cut: true })));
    let fresh = Promises { days: 7, tally: Tally::default(), cut: false };
    pages.push(("promises-fresh", promises::page(&frame, &fresh)));
}

fn boundaries(pages: &mut Vec<(&'static str, Markup)>) {
    let page = boundary::page();
    let admin = sample::frame(3, 2);
    pages.push(("boundary", crate::web::boundary::page(&admin, &page)));
    pages.push(("boundary-rep", crate::web::boundary::page(&sample::frame(0, 2), &page)));
    pages.push(("boundary-fresh", crate::web::boundary::page(&admin, &boundary::fresh())));
    for (name, class) in [
        ("boundary-ready", "message.reply/reply.en"),
        ("boundary-runs", "message.acknowledge/acknowledge.en"),
        ("boundary-back", "message.reply/reply.de"),
        ("boundary-segments", "message.follow_up/again.en"),
        ("boundary-floor", "quote.send/free-text"),
    ] {
        let shown = page.classes.iter().find(|shown| shown.name == class).unwrap();
        let moves: Vec<_> = page.moves.iter().filter(|line| line.class == class).cloned().collect();
        pages.push((name, crate::web::boundary::class::page(&admin, shown, &moves)));
    }
    pages.push(("health", crate::web::health::page(&sample::frame(2, 2), &boundary::vitals(2))));
    pages.push(("health-rep", crate::web::health::page(&sample::frame(0, 2), &boundary::vitals(0))));
}

fn others(pages: &mut Vec<(&'static str, Markup)>) {
    let admin = sample::frame(3, 2);
    let note = "lockkeeper.nordpump.example/nordpump\n4211\nS3vZ0mYw8Vq0mYxC1rO3G8o0cQYb4qVt3m1o4wE7x9k=\n\n— lockkeeper.nordpump.example/nordpump 3q2+7w5c0f3b1f4e9d8c7b6a59483726150f4e3d2c1b0a99887766554433221100ffeeddccbbaa99887766554433221100ff==\n";
    pages.push((
        "record",
        record::page(
            &admin,
            &Record {
                lines: fact_lines(),
                checkpoint: Some(note.into()),
                key: "lockkeeper.nordpump.example/nordpump+deadbeef+AbCd".into(),
                older: Some(4_100),
                names: names(),
                accounts: vec!["Brandt Wasserwerke".into()],
                ..Record::default()
            },
        ),
    ));
    pages.push(("record-fresh", record::page(&admin, &Record::default())));
    let broken =
        Line::of(&FactRow { index: Some(1), leaf: b"?".to_vec(), body: None, content: None }, &names());
    pages.push((
        "record-unreadable",
        record::page(&admin, &Record { lines: vec![broken], ..Record::default() }),
    ));

    let form = Form {
        origins: vec!["https://nordpump.example".into()],
        honeypot: "website".into(),
        ..Form::default()
    };
    pages.push((
        "form-snippet",
        form_snippet::page(&admin, "https://lockkeeper.nordpump.example", &[("contact", &form)]),
    ));
    pages.push(("form-snippet-none", form_snippet::page(&admin, "https://lockkeeper.nordpump.example", &[])));

    pages.push(("sign-in", sign_in::page(&Attempt::default(), "t0ken")));
    let trouble = Some((
        "That address and password do not belong together.".into(),
        "Check both, then try again.".into(),
    ));
    let attempt = Attempt { email: sample::HOSTILE.into(), then: "/desk".into(), trouble };
    pages.push(("sign-in-refused", sign_in::page(&attempt, "t0ken")));
    pages.push(("sign-in-link", sign_in::link_page("/sign-in/abc", "Maja Lind", "rep", "t0ken")));
    pages.push(("sign-in-link-dead", sign_in::dead_link_page()));

    pages.push(("not-found", Trouble::not_found("lead").page(Some(&admin))));
    pages.push(("forbidden", Trouble::forbidden("Only an admin sees this page.").page(Some(&admin))));
    pages.push((
        "store-away",
        Trouble::from(store::StoreError::Unavailable("no connection".into())).page(Some(&admin)),
    ));
    pages.push(("signed-out-trouble", Trouble::defect().page(None)));
}

fn gallery() -> Vec<(&'static str, Markup)> {
    let mut pages = Vec::new();
    desks(&mut pages);
    boards(&mut pages);
    leads(&mut pages);
    gates(&mut pages);
    promised(&mut pages);
    boundaries(&mut pages);
    others(&mut pages);
    pages
}

/// Each page once, as text; and written out where asked.
fn each(check: impl Fn(&str, &str)) {
    let folder = std::env::var_os("LOCKKEEPER_GALLERY").map(std::path::PathBuf::from);
    for (name, page) in gallery() {
        let html = page.into_string();
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
        }
        check(name, &html);
    }
}

/// The tags of a page as (name, attributes) with text left out. Enough of a parser for what maud writes.
fn tags(html: &str) -> Vec<(&str, &str)> {
    let inside = html.split('<').skip(1).map(|part| {
        let mut quoted = false;
        let end = part.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == b'>' && !quoted
        });
        &part[..end.unwrap_or_else(|| panic!("a tag does not end: {part:.80}"))]
    });
    inside.map(|tag| tag.split_once(' ').unwrap_or((tag, ""))).collect()
}

const VOID: [&str; 4] = ["input", "meta", "link", "br"];

#[test]
fn every_page_is_well_formed() {
    each(|name, html| {
        let mut open = Vec::new();
        for (tag, _) in tags(html) {
            match tag.strip_prefix('/') {
                Some(tag) => assert_eq!(open.pop(), Some(tag), "{name}: </{tag}> closes something else"),
                None if tag.starts_with('!') || VOID.contains(&tag) => {}
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} stay open");
    });
}

#[test]
fn no_page_has_a_style_or_script_of_its_own() {
    each(|name, html| {
        for (tag, attributes) in tags(html) {
            assert_ne!(tag, "style", "{name}");
            let bare = unquoted(attributes);
            assert!(!bare.contains(" style=") && !bare.starts_with("style="), "{name}: {attributes}");
            assert!(!bare.split(' ').any(|attribute| attribute.starts_with("on")), "{name}: {attributes}");
            if tag == "script" {
                assert!(attributes.starts_with("src=\"/assets/"), "{name}: {attributes}");
            }
        }
        assert!(!html.contains("hx-on") && !html.contains("javascript:"), "{name}");
    });
}

/// Attributes without their values.
fn unquoted(attributes: &str) -> String {
    attributes.split('"').step_by(2).collect()
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    each(|name, html| {
        for form in html.split("<form").skip(1) {
            let (head, rest) = form.split_once('>').unwrap();
            let body = rest.split("</form>").next().unwrap();
            if head.contains("method=\"post\"") {
                assert!(body.contains("name=\"csrf\" value=\""), "{name}: {head}");
            } else {
                assert!(head.contains("method=\"get\""), "{name}: a form must say its method: {head}");
            }
        }
    });
}

#[test]
fn hostile_words_stay_words() {
    each(|name, html| {
        assert!(
            !html.contains("<img") && !html.contains("<script>"),
            "{name}: markup of a stranger came through"
        );
    });
}

#[test]
fn every_page_can_be_walked_without_eyes_or_mouse() {
    each(|name, html| {
        assert_eq!(html.matches("<main").count(), 1, "{name}: one main");
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one h1");
        assert!(html.contains("<html lang=\"en\">"), "{name}");
        let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        // The sample repeats its leads to fill the board.
        assert!(once.len() == ids.len() || name == "board", "{name}: an id stands twice: {ids:?}");
        for (tag, attributes) in tags(html) {
            let shown = !attributes.contains("type=\"hidden\"")
                && !attributes.contains("type=\"radio\"")
                && !attributes.contains("type=\"checkbox\"");
            if matches!(tag, "input" | "select" | "textarea") && shown {
                let id = attributes.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
                let id = id.unwrap_or_else(|| panic!("{name}: a field without an id: {attributes}"));
                assert!(html.contains(&format!("for=\"{id}\"")), "{name}: `{id}` has no label");
            }
            for named in ["aria-labelledby=\"", "aria-describedby=\"", "popovertarget=\""] {
                if let Some(rest) = attributes.split(named).nth(1) {
                    let id = rest.split('"').next().unwrap();
                    assert!(ids.contains(&id), "{name}: nothing has the id `{id}`");
                }
            }
        }
        if html.contains("class=\"band\"") {
            assert!(
                html.find("class=\"skip\"") < html.find("class=\"band\""),
                "{name}: the skip link comes first"
            );
        }
    });
}

#[test]
fn an_auditor_sees_everything_and_no_way_to_act() {
    each(|name, html| {
        if name.ends_with("auditor") {
            let posts: Vec<&str> =
                html.split(" action=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert_eq!(posts, ["/sign-out"], "{name}");
        }
    });
    assert_eq!(gallery().iter().filter(|(name, _)| name.ends_with("auditor")).count(), 2);
}

#[test]
fn what_is_named_on_a_page_is_among_the_assets() {
    each(|name, html| {
        for rest in html.split("\"/assets/").skip(1) {
            let address = rest.split('"').next().unwrap();
            assert!(address.contains("?v="), "{name}: /assets/{address} is not carried");
        }
    });
}

#[test]
fn a_text_that_must_be_mended_cannot_be_approved() {
    each(|name, html| {
        let approve = html.split("data-key=\"a\"").nth(1).and_then(|rest| rest.split('>').next());
        match name {
            "desk-stopped" => assert!(
                approve.unwrap().contains("disabled") && html.contains("It cannot be approved as it stands.")
            ),
            "desk-one" => assert!(!approve.unwrap().contains("disabled")),
            "desk-conflict" | "desk-auditor" | "desk-rejected" => assert_eq!(approve, None, "{name}"),
            _ => {}
        }
    });
}
