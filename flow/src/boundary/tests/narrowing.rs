//! What takes freedom back, and what it costs.

use super::{Desk, LOOSE, TWO_SEGMENTS, names, review};
use crate::boundary::{
    Asked, Cause, Config, Move, Observation, Outcome, Probes, Refused, Review, Route, What,
};

#[test]
fn flagged_audits_pull_back_erase_and_cost_an_attempt() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    let moves: Vec<Move> = (0..9).flat_map(|_| desk.audit("-", true)).collect();
    let pulled = Move::PulledBack {
        class: "reply".to_owned(),
        cause: Cause::Audit,
        segment: None,
        attempt: 2,
        locked: false,
    };
    assert_eq!(moves, [pulled]);
    let evidence = desk.boundary.evidence("reply");
    assert_eq!((evidence.attempt, evidence.pull_backs, evidence.probes), (2, 1, Probes::default()));
    assert_eq!((evidence.segments[0].clean, evidence.segments[0].defects), (0, 0));
    assert_eq!((evidence.audit_alarm, evidence.exception_alarm), (1.0, 1.0));
    assert_eq!(desk.route("-"), Route::Gate);
}

#[test]
fn exceptions_pull_back_too() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    let moves: Vec<Move> = (0..9).flat_map(|_| desk.exception("-", false)).collect();
    assert!(matches!(moves.as_slice(), [Move::PulledBack { cause: Cause::Exceptions, .. }]));
}

#[test]
fn expected_exceptions_do_not_pull_back() {
    // One in a hundred actions, where one in eighty is expected.
    let mut desk = Desk::new("{}");
    desk.graduate();
    for number in 0..3000 {
        desk.observe(What::Ran { segment: "-" });
        // Ten minutes each, so that exposure matures in time.
        if number > 500 && number % 100 == 0 {
            assert_eq!(desk.exception("-", false), []);
        }
    }
}

#[test]
fn one_critical_exception_pulls_back_the_class() {
    let mut desk = Desk::new(TWO_SEGMENTS);
    desk.graduate();
    let moves = desk.exception("smb", true);
    assert!(
        matches!(moves.as_slice(), [Move::PulledBack { cause: Cause::Critical, segment: None, .. }]),
        "{moves:?}"
    );
    assert_eq!((desk.route("smb"), desk.route("enterprise")), (Route::Gate, Route::Gate));
}

#[test]
fn an_exception_from_before_the_present_freedom_is_left_out_unless_critical() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    let late = |critical| What::Exception { segment: "-", ran_at: 1.0, critical };
    for _ in 0..20 {
        assert_eq!(desk.observe(late(false)), []);
    }
    assert_eq!(desk.boundary.evidence("reply").exception_alarm, 1.0);
    assert!(matches!(desk.observe(late(true)).as_slice(), [Move::PulledBack { .. }]));
    // And nothing rings for what is gated.
    assert_eq!(desk.observe(late(true)), []);
}

#[test]
fn one_segment_alone_rings_later_and_leaves_the_others_running() {
    let mut desk = Desk::new(TWO_SEGMENTS);
    desk.graduate();
    let mut moves = Vec::new();
    // Clean audits of the other segment hold the class's alarm down.
    while moves.is_empty() {
        for _ in 0..30 {
            moves.extend(desk.audit("enterprise", false));
        }
        moves.extend(desk.audit("smb", true));
    }
    let [Move::PulledBack { segment: Some(segment), attempt: 2, .. }] = moves.as_slice() else {
        panic!("{moves:?}")
    };
    assert_eq!(segment, "smb");
    assert_eq!((desk.route("smb"), desk.route("enterprise")), (Route::Gate, Route::Auto));
    let evidence = desk.boundary.evidence("reply");
    assert_eq!(evidence.segments[0].clean, 0);
    assert!(evidence.segments[1].clean > 0);
    assert_ne!(evidence.probes, Probes::default());
}

#[test]
fn after_a_pull_back_fifty_reviews_pass_without_graduation() {
    let mut desk = Desk::new(LOOSE);
    desk.graduate();
    desk.exception("-", true);
    desk.probes(30);
    for _ in 0..50 {
        desk.clean("-", 1);
        assert_eq!(desk.boundary.ready("reply"), None);
    }
    desk.clean("-", 1);
    assert!(desk.boundary.ready("reply").is_some());
}

#[test]
fn the_third_pull_back_locks_until_an_admin_unlocks() {
    let mut desk = Desk::new(LOOSE);
    for expected in [false, false, true] {
        desk.graduate();
        let moves = desk.exception("-", true);
        assert!(matches!(moves.as_slice(), [Move::PulledBack { locked, .. }] if *locked == expected));
    }
    desk.probes(30);
    desk.clean("-", 500);
    assert_eq!(desk.boundary.ready("reply"), None);
    let segments = names(&["-"]);
    let what = What::Widened { segments: &segments };
    let by_hand = Observation { position: desk.position + 1, at: desk.at, class: "reply", what };
    assert_eq!(desk.boundary.observe(&by_hand), Err(Refused::Locked("reply".to_owned())));
    desk.observe(What::Unlocked);
    assert!(desk.boundary.ready("reply").is_some());
    desk.observe(What::Widened { segments: &segments });
    assert!(matches!(desk.exception("-", true).as_slice(), [Move::PulledBack { locked: true, .. }]));
}

#[test]
fn a_declared_change_gates_erases_and_costs_an_attempt() {
    let mut desk = Desk::new("{}");
    desk.clean("-", 30);
    let reset =
        |was_auto| Move::EvidenceReset { class: "reply".to_owned(), cause: "template".to_owned(), was_auto };
    assert_eq!(desk.observe(What::Changed { cause: "template" }), [reset(false)]);
    let evidence = desk.boundary.evidence("reply");
    assert_eq!((evidence.attempt, evidence.segments[0].clean, evidence.pull_backs), (2, 0, 0));
    desk.graduate();
    assert_eq!(desk.observe(What::Changed { cause: "template" }), [reset(true)]);
    assert_eq!(desk.route("-"), Route::Gate);
    assert_eq!(desk.boundary.evidence("reply").attempt, 3);
}

#[test]
fn narrowing_by_hand_gates_and_erases_what_was_named() {
    let mut desk = Desk::new(TWO_SEGMENTS);
    desk.graduate();
    let smb = names(&["smb"]);
    desk.observe(What::Narrowed { segments: &smb });
    assert_eq!((desk.route("smb"), desk.route("enterprise")), (Route::Gate, Route::Auto));
    let evidence = desk.boundary.evidence("reply");
    assert_eq!((evidence.attempt, evidence.pull_backs, evidence.segments[0].clean), (2, 0, 0));
    // Gated already: nothing more to erase.
    desk.observe(What::Narrowed { segments: &smb });
    assert_eq!(desk.boundary.evidence("reply").attempt, 2);
}

#[test]
fn a_bad_segment_starts_over_after_a_long_clean_run() {
    let mut desk = Desk::new(r#"{"defaults":{"eps":0.1}}"#);
    desk.probes(10);
    for _ in 0..4 {
        desk.review("-", Outcome::Rejected);
    }
    assert!(desk.boundary.evidence("reply").segments[0].is_bad);
    assert_eq!(desk.clean("-", 15), []);
    desk.review("-", Outcome::Rejected);
    // Hasty ones neither count nor interrupt; the twentieth credited one is 2/eps.
    for _ in 0..19 {
        assert_eq!(desk.clean("-", 1), []);
        let review = Review { dwell_s: 0.0, ..review(Outcome::Approved) };
        let review = Review { reviewer: "bo", ..review };
        desk.observe(What::Reviewed { segment: "-", asked: Asked::ByGate, review });
    }
    let started = Move::StartedOver { class: "reply".to_owned(), segment: "-".to_owned(), attempt: 2 };
    assert_eq!(desk.clean("-", 1), [started]);
    let evidence = desk.boundary.evidence("reply");
    assert_eq!((evidence.segments[0].clean, evidence.segments[0].defects), (0, 0));
    assert_eq!(evidence.probes.shown, 10);
    // Sound from now on, it does not start over again.
    assert_eq!(desk.clean("-", 100), []);
}

#[test]
fn a_changed_policy_gates_the_classes_it_concerns() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    let adopt = |desk: &mut Desk, config| desk.boundary.adopt(Config::from_json(config).unwrap());
    assert_eq!(adopt(&mut desk, r#"{"defaults":{"audit_share":0.1}}"#), []);
    assert_eq!(adopt(&mut desk, r#"{"classes":{"other":{"eps":0.02}}}"#), []);
    assert_eq!(desk.route("-"), Route::Auto);
    let moves = adopt(&mut desk, TWO_SEGMENTS);
    assert!(
        matches!(moves.as_slice(), [Move::EvidenceReset { cause, was_auto: true, .. }] if cause == "policy")
    );
    assert_eq!(desk.route("enterprise"), Route::Gate);
    assert_eq!(desk.boundary.evidence("reply").segments.len(), 2);
}
