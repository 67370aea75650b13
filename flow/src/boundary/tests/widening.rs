//! What the evidence allows, and who may go beyond it.

use super::{Desk, LOOSE, TWO_SEGMENTS, names};
use crate::boundary::{Boundary, Config, Observation, Outcome, Probes, Refused, Route, What};

#[test]
fn nothing_widens_until_it_is_decided() {
    let mut desk = Desk::new("{}");
    desk.probes(30);
    desk.clean("-", 500);
    let ready = desk.boundary.ready("reply").unwrap();
    assert_eq!((ready.n, ready.k, ready.probes, ready.hits, ready.attempt), (500, 0, 30, 30, 1));
    assert!(ready.log_e >= ready.bar);
    assert_eq!(desk.route("-"), Route::Gate);
    desk.observe(What::Widened { segments: &ready.segments });
    assert_eq!(desk.route("-"), Route::Auto);
    assert_eq!(desk.boundary.ready("reply"), None);
}

#[test]
fn no_probes_no_graduation() {
    let mut desk = Desk::new(LOOSE);
    desk.clean("-", 2000);
    assert_eq!(desk.boundary.ready("reply"), None);
    desk.probes(5);
    assert!(desk.boundary.ready("reply").is_some());
}

#[test]
fn an_owner_may_widen_without_evidence_but_not_a_floor() {
    let mut desk = Desk::new(r#"{"classes":{"quote":{"never_graduate":true}}}"#);
    let segments = names(&["-"]);
    desk.observe(What::Widened { segments: &segments });
    assert_eq!(desk.route("-"), Route::Auto);
    let what = What::Widened { segments: &segments };
    let widen_floor = Observation { position: 100, at: 0.0, class: "quote", what };
    assert_eq!(desk.boundary.observe(&widen_floor), Err(Refused::Floor("quote".to_owned())));
    assert_eq!(desk.boundary.route("quote", "-", 0.99), Ok(Route::Gate));
}

#[test]
fn a_floor_is_never_ready() {
    let mut desk = Desk::new(r#"{"defaults":{"eps":0.5,"never_graduate":true}}"#);
    desk.probes(30);
    desk.clean("-", 500);
    assert_eq!(desk.boundary.ready("reply"), None);
}

#[test]
fn a_segment_graduates_without_one_that_is_bad_or_too_new() {
    let mut desk = Desk::new(TWO_SEGMENTS);
    desk.probes(30);
    desk.clean("smb", 300);
    desk.clean("enterprise", 9);
    assert_eq!(desk.boundary.ready("reply").unwrap().segments, ["smb"]);
    // The tenth is 1/eps.
    desk.clean("enterprise", 1);
    assert_eq!(desk.boundary.ready("reply").unwrap().segments, ["smb", "enterprise"]);
    for _ in 0..6 {
        desk.review("enterprise", Outcome::Rejected);
    }
    assert!(desk.boundary.evidence("reply").segments[1].is_bad);
    let alone = desk.boundary.ready("reply").unwrap();
    assert_eq!(alone.segments, ["smb"]);
    // One of two alone has an eighth of alpha.
    assert!((alone.bar - (2.0 / (0.05 / 8.0_f64)).ln()).abs() < 1e-12);
}

#[test]
fn segments_that_run_do_not_vouch_for_the_others() {
    let mut desk = Desk::new(TWO_SEGMENTS);
    desk.probes(30);
    desk.clean("smb", 600);
    let smb = desk.boundary.ready("reply").unwrap();
    desk.observe(What::Widened { segments: &smb.segments });
    desk.clean("enterprise", 20);
    assert_eq!(desk.boundary.ready("reply"), None);
    desk.clean("enterprise", 300);
    assert_eq!(desk.boundary.ready("reply").unwrap().segments, ["enterprise"]);
}

#[test]
fn in_a_portfolio_the_bar_falls_as_others_graduate() {
    let mut desk = Desk::new(r#"{"portfolio":40}"#);
    let first = desk.graduate();
    assert!(first.bar - (2.0 * 40.0 / 0.05_f64).ln() < 1e-12);
    for name in ["a", "b"] {
        let segments = names(&["-"]);
        let what = What::Widened { segments: &segments };
        desk.position += 1;
        let observation = Observation { position: desk.position, at: desk.at, class: name, what };
        desk.boundary.observe(&observation).unwrap();
    }
    desk.observe(What::Narrowed { segments: &first.segments });
    let second = desk.graduate();
    assert!((second.bar - (4.0 * 40.0 / 3.0 / 0.05_f64).ln()).abs() < 1e-12);
}

#[test]
fn probes_are_pooled_over_a_family_and_counted_since_the_epoch_of_each_class() {
    let config = r#"{"classes":{"a":{"family":"f"},"b":{"family":"f"}}}"#;
    let mut boundary = Boundary::new(Config::from_json(config).unwrap());
    let mut position = 0;
    let mut observe = |boundary: &mut Boundary, class: &str, what: What<'_>| {
        position += 1;
        boundary.observe(&Observation { position, at: 0.0, class, what }).unwrap();
    };
    let probe = What::Probed { reviewer: "ana", caught: true };
    observe(&mut boundary, "a", probe);
    observe(&mut boundary, "b", probe);
    observe(&mut boundary, "c", probe);
    observe(&mut boundary, "a", What::Changed { cause: "template" });
    observe(&mut boundary, "b", probe);
    let shown = |class| boundary.evidence(class).probes;
    assert_eq!(shown("a"), Probes { shown: 1, caught: 1 });
    assert_eq!(shown("b"), Probes { shown: 3, caught: 3 });
    assert_eq!(shown("c"), Probes { shown: 1, caught: 1 });
}
