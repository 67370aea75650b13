//! What the rotation promises, under everything that can happen to a team.

use proptest::strategy::Strategy as _;

use super::*;

/// A team of these seats, and a rota to go through turn by turn.
fn rotation(seats: &[(&str, u32)]) -> (Office, Rota, Facts) {
    let office = Office::new(&format!("{TO_INBOUND}{}", team("Inbound", "", seats)));
    let rota = office.rota();
    (office, rota, facts(LeadFacts::default()))
}

fn take(office: &Office, rota: &mut Rota, facts: &Facts) -> Option<Uuid> {
    let assignment = route(&office.rules, facts, rota, &Ties::default());
    rota.took(&assignment).expect("a turn in order");
    assignment.owner
}

#[test]
fn equal_members_take_strict_turns() {
    let (office, mut rota, facts) = rotation(&[("maja", 1), ("jonas", 1), ("ada", 1)]);
    let first: Vec<_> = (0..3).map(|_| take(&office, &mut rota, &facts)).collect();
    for _ in 0..20 {
        let round: Vec<_> = (0..3).map(|_| take(&office, &mut rota, &facts)).collect();
        assert_eq!(round, first);
    }
}

#[test]
fn a_heavier_seat_is_served_evenly_not_in_bursts() {
    let (office, mut rota, facts) = rotation(&[("maja", 3), ("jonas", 1), ("ada", 1), ("ben", 1)]);
    let order: Vec<_> = (0..6).map(|_| take(&office, &mut rota, &facts).unwrap()).collect();
    let maja: Vec<_> = order.iter().map(|owner| *owner == member("maja")).collect();
    assert_eq!(maja, [true, false, true, false, true, false]);
}

#[test]
fn a_given_back_lead_is_owed_and_first() {
    let (office, mut rota, facts) = rotation(&[("maja", 1), ("jonas", 1), ("ada", 1)]);
    take(&office, &mut rota, &facts);
    take(&office, &mut rota, &facts);
    let mut standing = rota.standings().next().unwrap().clone();
    standing.given_back(member("maja"));
    // More than the last turn is not made up for.
    standing.given_back(member("jonas"));
    standing.given_back(member("jonas"));
    let mut rota = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    let order: Vec<_> = (0..6).map(|_| take(&office, &mut rota, &facts).unwrap()).collect();
    assert_eq!(order, ["maja", "jonas", "ada", "maja", "jonas", "ada"].map(member));
}

#[test]
fn a_lead_moved_by_hand_counts_for_who_has_it_now() {
    let (office, mut rota, facts) = rotation(&[("maja", 1), ("jonas", 1), ("ada", 1)]);
    assert_eq!(take(&office, &mut rota, &facts), Some(member("maja")));
    let mut standing = rota.standings().next().unwrap().clone();
    standing.moved_by_hand(Some(member("maja")), Some((member("ada"), 1)));
    standing.moved_by_hand(None, Some((member("ada"), 1)));
    assert_eq!(standing.level(member("ada")).map(Level::turns), Some(2));
    let mut rota = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    let order: Vec<_> = (0..6).map(|_| take(&office, &mut rota, &facts).unwrap()).collect();
    assert_eq!(order, ["maja", "jonas", "maja", "jonas", "ada", "maja"].map(member), "ada has two already");
}

#[test]
fn who_joins_or_returns_is_not_flooded() {
    let mut office = Office::new(&format!(
        "{TO_INBOUND}{}",
        team("Inbound", "", &[("maja", 1), ("jonas", 1), ("ada", 1)])
    ));
    let facts = facts(LeadFacts::default());
    office.change("ada", |desk| desk.absence = Some(Absence { until: None }));
    let mut rota = office.rota();
    (0..101).for_each(|_| assert_ne!(take(&office, &mut rota, &facts), Some(member("ada"))));
    let mut standing = rota.standings().next().unwrap().clone();
    standing.arrived(member("ada"), 1);
    let ada = standing.level(member("ada")).unwrap();
    assert_eq!((ada.assigned, ada.calibration, ada.given_back), (0, 50, 0));
    office.change("ada", |desk| desk.absence = None);
    let mut rota = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    let order: Vec<_> = (0..6).map(|_| take(&office, &mut rota, &facts).unwrap()).collect();
    assert_eq!(order.iter().filter(|owner| **owner == member("ada")).count(), 2);
}

#[test]
fn a_weight_of_its_own_is_not_flooded_on_return_either() {
    let mut office =
        Office::new(&format!("{TO_INBOUND}{}", team("Inbound", "", &[("maja", 2), ("jonas", 1)])));
    let facts = facts(LeadFacts::default());
    office.change("jonas", |desk| desk.paused = true);
    let mut rota = office.rota();
    (0..100).for_each(|_| assert_eq!(take(&office, &mut rota, &facts), Some(member("maja"))));
    let standing = rota.standings().next().unwrap().clone();
    office.change("jonas", |desk| desk.paused = false);
    let mut rota = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    let jonas = (0..30).filter(|_| take(&office, &mut rota, &facts) == Some(member("jonas"))).count();
    assert!((10..=11).contains(&jonas), "{jonas} of 30");
}

#[test]
fn leads_moved_by_hand_to_one_leave_the_shares_of_the_others_even() {
    let (office, rota, facts) =
        rotation(&[("maja", 4), ("jonas", 1), ("ada", 1), ("ben", 1), ("cleo", 1), ("dan", 1)]);
    let mut standing = rota.standings().next().unwrap().clone();
    let mut first = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    take(&office, &mut first, &facts);
    standing = first.standings().next().unwrap().clone();
    (0..50).for_each(|_| standing.moved_by_hand(None, Some((member("dan"), 1))));
    let mut rota = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    // Four of eight turns are Maja's, one by one, while Dan sits out.
    let maja: Vec<_> = (0..16).map(|_| take(&office, &mut rota, &facts) == Some(member("maja"))).collect();
    assert!(maja.chunks(2).all(|pair| pair == [false, true]), "{maja:?}");
}

#[test]
fn a_changed_weight_keeps_the_place_in_the_rotation() {
    let heavy = [("maja", 10), ("jonas", 1)];
    let (office, mut rota, facts) = rotation(&heavy);
    let served = (0..110).filter(|_| take(&office, &mut rota, &facts) == Some(member("maja"))).count();
    assert_eq!(served, 100);
    let standing = rota.standings().next().unwrap().clone();
    let equal = Office::new(&format!("{TO_INBOUND}{}", team("Inbound", "", &[("maja", 1), ("jonas", 1)])));
    let mut rota = Rota::new(&equal.rules, equal.desks.clone(), vec![standing]);
    let maja = (0..10).filter(|_| take(&equal, &mut rota, &facts) == Some(member("maja"))).count();
    assert_eq!(maja, 5);
}

#[test]
fn two_decisions_at_once_cannot_take_the_same_turn() {
    let (office, rota, facts) = rotation(&[("maja", 1), ("jonas", 1)]);
    let one = route(&office.rules, &facts, &rota, &Ties::default());
    let other = route(&office.rules, &facts, &rota, &Ties::default());
    let mut standing = Standing::new("Inbound");
    standing.assigned(one.turn.as_ref().unwrap()).unwrap();
    let before = standing.clone();
    let refused = standing.assigned(other.turn.as_ref().unwrap()).expect_err("the turn is taken");
    assert_eq!((refused.number, refused.expected), (1, 2));
    assert_eq!(standing, before);
    let again = Rota::new(&office.rules, office.desks.clone(), vec![standing]);
    assert_eq!(route(&office.rules, &facts, &again, &Ties::default()).owner, Some(member("jonas")));
}

#[test]
fn turns_in_the_record_rebuild_the_standing() {
    let (office, mut rota, facts) = rotation(&[("maja", 3), ("jonas", 2), ("ada", 2)]);
    let mut rebuilt = Standing::new("Inbound");
    for _ in 0..50 {
        let assignment = route(&office.rules, &facts, &rota, &Ties::default());
        rota.took(&assignment).unwrap();
        let turn = serde_json::to_string(&assignment.turn).unwrap();
        rebuilt.assigned(&serde_json::from_str::<Option<Turn>>(&turn).unwrap().unwrap()).unwrap();
    }
    assert_eq!(Some(&rebuilt), rota.standings().next());
    let json = serde_json::to_string(&rebuilt).unwrap();
    assert_eq!(serde_json::from_str::<Standing>(&json).unwrap(), rebuilt);
}

/// Something that happens between two assignments.
#[derive(Clone, Copy, Debug)]
enum Event {
    Assign,
    Absence(usize),
    Pause(usize),
    Hours(usize),
    Fill(usize),
    Arrived(usize),
}

fn event(seats: usize) -> impl proptest::strategy::Strategy<Value = Event> {
    prop_oneof![
        12 => Just(Event::Assign),
        1 => (0..seats).prop_map(Event::Absence),
        1 => (0..seats).prop_map(Event::Pause),
        1 => (0..seats).prop_map(Event::Hours),
        1 => (0..seats).prop_map(Event::Fill),
        1 => (0..seats).prop_map(Event::Arrived),
    ]
}

fn weights(max: u32) -> impl proptest::strategy::Strategy<Value = Vec<u32>> {
    prop::collection::vec(1..=max, 2..=NAMES.len())
}

fn seats(weights: &[u32]) -> Vec<(&'static str, u32)> {
    NAMES.iter().copied().zip(weights.iter().copied()).collect()
}

/// Plays events on a team whose seats have a capacity of 5 (a filled desk has 5 open leads); returns for every
/// assignment who was able and who got it.
fn play(weights: &[u32], events: &[Event]) -> Vec<(Vec<bool>, usize)> {
    let seated: String = seats(weights)
        .iter()
        .map(|(name, weight)| {
            format!("[[team.seat]]\nmember = \"{name}@example.com\"\nweight = {weight}\ncapacity = 5\n")
        })
        .collect();
    let mut office = Office::new(&format!("{TO_INBOUND}[[team]]\nname = \"Inbound\"\n{seated}"));
    let facts = facts(LeadFacts::default());
    let mut standing = Standing::new("Inbound");
    let mut log = Vec::new();
    for event in events {
        match *event {
            Event::Assign => {
                let rota = Rota::new(&office.rules, office.desks.clone(), vec![standing.clone()]);
                let assignment = route(&office.rules, &facts, &rota, &Ties::default());
                let able: Vec<bool> = office.desks[..weights.len()]
                    .iter()
                    .map(|desk| desk.present() && desk.working_now && desk.open_leads < 5)
                    .collect();
                assert_eq!(
                    assignment.owner.is_some(),
                    able.contains(&true),
                    "somebody able takes it, or nobody is"
                );
                assert_eq!(assignment.alarm, assignment.owner.is_none());
                if let Some(turn) = &assignment.turn {
                    standing.assigned(turn).unwrap();
                    log.push((able, turn.member.as_u128() as usize - 1));
                }
            }
            Event::Absence(at) => {
                let absence = office.desks[at].absence;
                office.desks[at].absence = absence.map_or(Some(Absence { until: None }), |_| None);
            }
            Event::Pause(at) => office.desks[at].paused ^= true,
            Event::Hours(at) => office.desks[at].working_now ^= true,
            Event::Fill(at) => office.desks[at].open_leads = 5 - office.desks[at].open_leads.min(5),
            Event::Arrived(at) => standing.arrived(office.desks[at].member, weights[at]),
        }
    }
    log
}

/// The widest gap between two members of equal weight over any window throughout which both were able.
fn widest_gap(log: &[(Vec<bool>, usize)], weights: &[u32]) -> i64 {
    let mut widest = 0;
    for a in 0..weights.len() {
        for b in (a + 1..weights.len()).filter(|b| weights[a] == weights[*b]) {
            // The difference so far, and its extremes since both became able: any two points bound a window.
            let (mut gap, mut low, mut high) = (0i64, 0i64, 0i64);
            for (able, owner) in log {
                if !(able[a] && able[b]) {
                    (gap, low, high) = (0, 0, 0);
                    continue;
                }
                gap += i64::from(*owner == a) - i64::from(*owner == b);
                (low, high) = (low.min(gap), high.max(gap));
                widest = widest.max(high - low);
            }
        }
    }
    widest
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equals_differ_by_at_most_one_over_any_window(
        weights in weights(3),
        events in prop::collection::vec(event(8), 1..250),
    ) {
        let known = |event: &Event| match *event {
            Event::Assign => true,
            Event::Absence(at) | Event::Pause(at) | Event::Hours(at) | Event::Fill(at) | Event::Arrived(at) => at < weights.len(),
        };
        let events: Vec<Event> = events.into_iter().filter(known).collect();
        let log = play(&weights, &events);
        let gap = widest_gap(&log, &weights);
        prop_assert!(gap <= 1, "a gap of {gap}");
    }

    #[test]
    fn the_same_history_gives_the_same_owners(
        weights in weights(5),
        events in prop::collection::vec(event(2), 1..100),
    ) {
        prop_assert_eq!(play(&weights, &events), play(&weights, &events));
    }

    #[test]
    fn weighted_shares_stay_within_one_of_exact(weights in weights(40), turns in 1usize..300) {
        let all: i64 = weights.iter().map(|weight| i64::from(*weight)).sum();
        let log = play(&weights, &vec![Event::Assign; turns]);
        let mut taken = vec![0i64; weights.len()];
        for (turn, (_, owner)) in log.iter().enumerate() {
            taken[*owner] += 1;
            for (count, weight) in taken.iter().zip(&weights) {
                let off = count * all - (turn as i64 + 1) * i64::from(*weight);
                prop_assert!(off.abs() < all, "{count} of {} with weight {weight} of {all}", turn + 1);
            }
        }
    }
}
