//! What a page says about the evidence.

use super::Desk;
use crate::boundary::{Asked, Outcome, Outlook, Standing, What};

#[test]
fn the_reviews_still_needed_are_those_it_then_takes() {
    let mut desk = Desk::new("{}");
    desk.probes(3);
    desk.clean("-", 40);
    let Outlook::MoreReviews { reviews } = desk.boundary.evidence("reply").outlook else {
        panic!("{:?}", desk.boundary.evidence("reply").outlook)
    };
    // One probe to nineteen reviews is one in twenty of what is seen.
    let mut taken = 0;
    while desk.boundary.ready("reply").is_none() {
        taken += 1;
        desk.clean("-", 1);
        if taken % 19 == 0 {
            desk.probes(1);
        }
    }
    assert!(reviews.abs_diff(taken) <= 10, "said {reviews}, took {taken}");
    assert_eq!(desk.boundary.evidence("reply").outlook, Outlook::Ready);
}

#[test]
fn a_class_never_seen_waits_for_probes() {
    let evidence = Desk::new("{}").boundary.evidence("reply");
    assert_eq!((evidence.standing, evidence.outlook), (Standing::Gated, Outlook::NoProbes));
    assert_eq!((evidence.attempt, evidence.segments.len()), (1, 1));
    let nearest = evidence.nearest.unwrap();
    assert_eq!(nearest.segments, ["-"]);
    assert!(nearest.log_score.abs() < 1e-12);
}

#[test]
fn what_stands_in_the_way_is_said() {
    let mut bad = Desk::new("{}");
    bad.probes(1);
    for _ in 0..5 {
        bad.review("-", Outcome::Rejected);
    }
    bad.clean("-", 3);
    assert_eq!(bad.boundary.evidence("reply").outlook, Outlook::TooRisky { clean_in_a_row: 37 });

    let mut blind = Desk::new("{}");
    for _ in 0..20 {
        blind.observe(What::Probed { reviewer: "ana", caught: false });
    }
    assert_eq!(blind.boundary.evidence("reply").outlook, Outlook::OutOfSight);

    let floor = Desk::new(r#"{"defaults":{"never_graduate":true}}"#);
    assert_eq!(floor.boundary.evidence("reply").standing, Standing::Floor);
    assert_eq!(floor.boundary.evidence("reply").outlook, Outlook::Floor);

    let mut locked = Desk::new("{}");
    for _ in 0..3 {
        locked.graduate();
        locked.exception("-", true);
    }
    assert_eq!(locked.boundary.evidence("reply").standing, Standing::Locked);
    assert_eq!(locked.boundary.evidence("reply").outlook, Outlook::Locked);
}

#[test]
fn after_a_pull_back_at_least_the_cool_down_is_needed() {
    let mut desk = Desk::new(r#"{"defaults":{"eps":0.5,"kappa":1}}"#);
    desk.graduate();
    desk.exception("-", true);
    desk.probes(20);
    assert_eq!(desk.boundary.evidence("reply").outlook, Outlook::MoreReviews { reviews: 51 });
}

#[test]
fn a_class_that_runs_says_so_with_its_audits() {
    let mut desk = Desk::new("{}");
    desk.graduate();
    desk.audit("-", false);
    let evidence = desk.boundary.evidence("reply");
    assert_eq!((evidence.standing, evidence.outlook), (Standing::Automated, Outlook::Automated));
    assert_eq!((evidence.audits, evidence.audit_share, evidence.nearest), (1, 0.20, None));
    assert!(evidence.audit_alarm < 1.0);
}

#[test]
fn a_segment_without_enough_reviews_is_waited_for() {
    let mut desk = Desk::new(r#"{"defaults":{"segments":["smb","enterprise"]}}"#);
    desk.probes(40);
    desk.clean("smb", 90);
    desk.clean("enterprise", 10);
    let evidence = desk.boundary.evidence("reply");
    assert!(evidence.segments[1].is_too_new && !evidence.segments[0].is_too_new);
    let Outlook::MoreReviews { reviews } = evidence.outlook else { panic!("{:?}", evidence.outlook) };
    assert!(reviews >= 1);
}

#[test]
fn every_outlook_has_words() {
    for (outlook, words) in [
        (Outlook::Automated, "runs by itself"),
        (Outlook::Ready, "ready to graduate"),
        (Outlook::MoreReviews { reviews: 1 }, "1 more clean review needed"),
        (Outlook::MoreReviews { reviews: 20 }, "20 more clean reviews needed"),
        (Outlook::NoProbes, "no probes, no graduation: switch them on, or widen by hand"),
        (
            Outlook::TooRisky { clean_in_a_row: 37 },
            "worse than its limit; 37 clean reviews in a row would start it over",
        ),
        (Outlook::OutOfSight, "not in sight on present evidence"),
        (Outlook::Locked, "locked after three pull-backs until an admin unlocks it"),
        (Outlook::Floor, "a floor: always gated"),
    ] {
        assert_eq!(outlook.to_string(), words);
    }
}

#[test]
fn a_review_asked_for_an_audit_is_no_evidence() {
    let mut desk = Desk::new("{}");
    let review = super::review(Outcome::Approved);
    desk.observe(What::Reviewed { segment: "-", asked: Asked::ForAudit, review });
    assert_eq!(desk.boundary.evidence("reply").segments[0].clean, 0);
}
