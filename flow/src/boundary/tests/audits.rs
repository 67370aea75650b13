//! How often an automated class is audited.

use super::Desk;
use crate::boundary::{Outcome, Route, What};

#[test]
fn audits_are_drawn_at_a_fifth_then_a_twentieth_and_at_half_while_something_looks_wrong() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    let share = |desk: &Desk| desk.boundary.evidence("reply").audit_share;
    for _ in 0..40 {
        assert_eq!(share(&desk), 0.20);
        desk.audit("-", false);
    }
    assert_eq!(share(&desk), 0.05);
    assert_eq!(desk.boundary.route("reply", "-", 0.049), Ok(Route::Audit));
    assert_eq!(desk.boundary.route("reply", "-", 0.05), Ok(Route::Auto));
    desk.audit("-", true);
    for _ in 0..20 {
        assert_eq!(share(&desk), 0.50);
        desk.audit("-", false);
    }
    assert_eq!(share(&desk), 0.05);
}

#[test]
fn exceptions_at_level_six_raise_the_audits_and_start_the_count_anew() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    let share = |desk: &Desk| desk.boundary.evidence("reply").audit_share;
    desk.exception("-", false);
    assert_eq!(share(&desk), 0.20);
    desk.exception("-", false);
    for _ in 0..19 {
        desk.audit("-", false);
    }
    // Four quiet days bring the alarm down, not the share.
    for _ in 0..600 {
        desk.observe(What::Ran { segment: "-" });
    }
    desk.exception("-", false);
    desk.exception("-", false);
    for _ in 0..20 {
        assert_eq!(share(&desk), 0.50);
        desk.audit("-", false);
    }
    assert_eq!(share(&desk), 0.20);
}

#[test]
fn an_audit_of_a_gated_class_is_nothing_and_a_review_of_an_automated_one_is_no_evidence() {
    let mut desk = Desk::new("{}");
    assert_eq!(desk.audit("-", true), []);
    assert_eq!(desk.boundary.evidence("reply").audits, 0);
    desk.graduate();
    let before = desk.boundary.evidence("reply").segments;
    desk.review("-", Outcome::Rejected);
    assert_eq!(desk.boundary.evidence("reply").segments, before);
}
