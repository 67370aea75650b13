//! What a review is worth, and the standing of who made it.

use super::{Desk, review};
use crate::boundary::{
    Asked, NoCredit, Outcome, Review, Reviewer, Suspicion, Turn, What, credit, reading_floor_s,
};

#[test]
fn a_clean_review_earns_credit_only_when_it_proves_something() {
    let good = Reviewer::default();
    let sound = review(Outcome::Approved);
    let floor_s = reading_floor_s(30);
    assert_eq!(floor_s, 6.0);
    assert_eq!(credit(&sound, &good), Ok(()));
    assert_eq!(credit(&Review { dwell_s: floor_s, ..sound }, &good), Ok(()));
    assert_eq!(credit(&Review { dwell_s: 1800.0, ..sound }, &good), Ok(()));
    for (given, why) in [
        (Review { bulk: true, ..sound }, NoCredit::Bulk),
        (Review { dwell_s: 5.9, ..sound }, NoCredit::TooQuick { dwell_s: 5.9, floor_s }),
        (Review { dwell_s: 1801.0, ..sound }, NoCredit::TooLong { dwell_s: 1801.0 }),
    ] {
        assert_eq!(credit(&given, &good), Err(why));
    }
    let mut careless = Reviewer::default();
    while careless.suspect().is_none() {
        careless.probed(false);
    }
    assert_eq!(credit(&sound, &careless), Err(NoCredit::NotInGoodStanding));
}

#[test]
fn why_a_review_earned_no_credit_is_said_in_words() {
    let said = [
        NoCredit::Bulk,
        NoCredit::TooQuick { dwell_s: 1.25, floor_s: 6.0 },
        NoCredit::TooLong { dwell_s: 3600.0 },
        NoCredit::NotInGoodStanding,
    ]
    .map(|why| why.to_string());
    assert_eq!(
        said,
        [
            "decided together with others",
            "in view for 1.2 s; reading it takes 6.0 s",
            "in view for 60 min; over 30 min nobody was reading",
            "the reviewer is not in good standing at present",
        ]
    );
}

#[test]
fn four_missed_probes_cost_the_good_standing_and_four_caught_ones_restore_it() {
    let mut reviewer = Reviewer::default();
    let turns: Vec<_> = (0..4).map(|_| reviewer.probed(false)).collect();
    assert_eq!(turns, [None, None, None, Some(Turn::Lost(Suspicion::Probes))]);
    let restoring = reviewer.to_restore().unwrap();
    assert_eq!((restoring.probes, restoring.unhurried_reviews), (4, 0));
    assert_eq!(restoring.to_string(), "catching the next 4 planted proposals");
    let turns: Vec<_> = (0..4).map(|_| reviewer.probed(true)).collect();
    assert_eq!(turns, [None, None, None, Some(Turn::Restored)]);
    assert_eq!(reviewer.to_restore(), None);
}

#[test]
fn haste_costs_the_good_standing_and_taking_time_restores_it() {
    let mut reviewer = Reviewer::default();
    let hasty = Review { dwell_s: 1.0, ..review(Outcome::Rejected) };
    // 1 - 0.98^26 is the first share over 40 %.
    let turns: Vec<_> = (0..26).map(|_| reviewer.reviewed(&hasty)).collect();
    assert!(turns[..25].iter().all(Option::is_none));
    assert_eq!(turns[25], Some(Turn::Lost(Suspicion::Dwell)));
    let restoring = reviewer.to_restore().unwrap();
    assert_eq!(restoring.to_string(), "25 unhurried reviews in a row");
    for _ in 1..restoring.unhurried_reviews {
        assert_eq!(reviewer.reviewed(&review(Outcome::Approved)), None);
    }
    assert_eq!(reviewer.reviewed(&review(Outcome::Approved)), Some(Turn::Restored));
}

#[test]
fn good_standing_needs_both_restored() {
    let mut reviewer = Reviewer::default();
    for _ in 0..30 {
        reviewer.reviewed(&Review { dwell_s: 0.0, ..review(Outcome::Approved) });
    }
    for _ in 0..2 {
        reviewer.probed(false);
    }
    assert!(
        reviewer.to_restore().unwrap().to_string().starts_with("catching the next 2 planted proposals, and ")
    );
    for _ in 0..100 {
        reviewer.reviewed(&review(Outcome::Approved));
    }
    assert_eq!(reviewer.suspect(), Some(Suspicion::Dwell));
    reviewer.probed(true);
    assert_eq!(reviewer.probed(true), Some(Turn::Restored));
}

#[test]
fn a_defect_counts_however_it_was_reviewed() {
    let mut desk = Desk::new("{}");
    for outcome in [Outcome::Rejected, Outcome::Substantive] {
        let review = Review { dwell_s: 0.0, bulk: true, ..review(outcome) };
        desk.observe(What::Reviewed { segment: "-", asked: Asked::ByGate, review });
    }
    let careless = Review { bulk: true, ..review(Outcome::Approved) };
    desk.observe(What::Reviewed { segment: "-", asked: Asked::ByGate, review: careless });
    desk.review("-", Outcome::Cosmetic);
    let evidence = &desk.boundary.evidence("reply").segments[0];
    assert_eq!((evidence.clean, evidence.defects), (1, 2));
}
