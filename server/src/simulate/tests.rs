//! What a simulated team shows about the real decisions.

use super::plan::{Approver, Drift};
use super::{Plan, run};
use crate::playbook::{Files, starter};

/// So lenient a limit that a few weeks are enough, and segments left aside.
fn files() -> Files {
    let mut files = starter();
    files.get_mut("playbook.toml").unwrap().push_str("\n[boundary]\nlimit = 0.2\nsegments = []\n");
    files
}

fn plan() -> Plan {
    let approver = |name: &str| Approver { name: name.into(), minutes_per_day: 120.0, ..Approver::default() };
    Plan {
        days: 35,
        leads_per_day: 25.0,
        wrong: 0.005,
        probe_rate: 0.1,
        approvers: vec![approver("Ada"), approver("Max")],
        ..Plan::default()
    }
}

#[test]
fn the_same_plan_gives_the_same_report() {
    let short = Plan { days: 10, ..plan() };
    let (one, two) = (run(&short, &files()).unwrap(), run(&short, &files()).unwrap());
    assert_eq!(one, two);
    assert!(one.leads > 100 && one.load.minutes > 0.0, "{one:?}");
    let other = run(&Plan { seed: 2, ..short }, &files()).unwrap();
    assert_ne!(one, other);
}

#[test]
fn a_good_team_earns_a_class_its_freedom_and_a_drift_takes_it_back() {
    let drifting = Plan { days: 70, drift: Some(Drift { day: 35, times: 100.0 }), ..plan() };
    let report = run(&drifting, &files()).unwrap();
    let at = |how: &str| report.moves.iter().find(|moved| moved.how == how).map(|moved| moved.day);
    let (widened, back) =
        (at("widened").expect("it graduates"), at("pulled_back").expect("it is pulled back"));
    assert!(widened < 35 && back >= 35, "{:?}", report.moves);
    assert!(report.moves.iter().all(|moved| moved.how != "widened" || moved.why.contains("review")));
}

#[test]
fn rubber_stamps_earn_nothing() {
    let stamp = |name: &str| Approver { name: name.into(), unread: 1.0, ..Approver::default() };
    let report = run(&Plan { approvers: vec![stamp("Ada"), stamp("Max")], ..plan() }, &files()).unwrap();
    assert!(
        report.moves.iter().all(|moved| moved.how != "widened" && moved.how != "proposed"),
        "{:?}",
        report.moves
    );
    assert!(report.load.approvers.iter().all(|one| one.suspect.is_some()), "{:?}", report.load);
}

#[test]
fn twice_the_leads_are_more_work_and_wait_longer() {
    let few = Approver { minutes_per_day: 12.0, ..Approver::default() };
    let one = Plan { days: 14, approvers: vec![few], widens: false, ..plan() };
    let twice = Plan { leads_per_day: 50.0, ..one.clone() };
    let (one, twice) = (run(&one, &files()).unwrap(), run(&twice, &files()).unwrap());
    assert!(
        twice.backlog.most > one.backlog.most && twice.backlog.expired > one.backlog.expired,
        "{twice:?}"
    );
}
