//! Where a lead goes, and what is said about it.

use jiff::civil::date;

use super::*;

fn three(head: &str) -> Office {
    Office::new(&format!("{TO_INBOUND}{}", team("Inbound", head, &[("maja", 1), ("jonas", 1), ("ada", 1)])))
}

fn passed(assignment: &Assignment) -> Vec<String> {
    assignment.why.passed_over.iter().map(ToString::to_string).collect()
}

#[test]
fn an_assignment_says_rule_strategy_level_and_who_was_passed_over() {
    let mut office = Office::new(&format!(
        "{TO_INBOUND}{}",
        team("Inbound", "", &[("maja", 1), ("jonas", 1), ("ada", 1), ("ben", 1), ("cleo", 0), ("dan", 1)])
            .replace("\"jonas@example.com\"\n", "\"jonas@example.com\"\ncapacity = 40\n"),
    ));
    office.change("maja", |desk| desk.absence = Some(Absence { until: Some(date(2026, 5, 3)) }));
    office.change("jonas", |desk| desk.open_leads = 40);
    office.change("ada", |desk| desk.paused = true);
    office.change("ben", |desk| desk.working_now = false);
    let assignment = office.route(LeadFacts::default());
    assert_eq!(assignment.owner, Some(member("dan")));
    assert_eq!(assignment.team.as_deref(), Some("Inbound"));
    assert!(!assignment.alarm && assignment.queue.is_none());
    assert_eq!(assignment.why.rule.as_deref(), Some("all"));
    assert_eq!(assignment.why.strategy, Some(Strategy::RoundRobin));
    assert_eq!(assignment.why.level, Some(0));
    assert_eq!(
        passed(&assignment),
        [
            "Maja is absent until 3 May 2026",
            "Jonas is at capacity (40 of 40)",
            "Ada takes no new leads for now",
            "Ben is outside working hours",
            "Cleo has weight 0 in the team",
        ]
    );
    assert_eq!(
        assignment.why.words,
        "Rule `all`: Dan is next in turn in team Inbound (level 0). Passed over: Maja is absent until 3 May 2026; \
         Jonas is at capacity (40 of 40); Ada takes no new leads for now; and 2 more."
    );
}

#[test]
fn a_lead_nobody_can_take_waits_with_an_alarm() {
    let mut office = three("");
    for name in ["maja", "jonas", "ada"] {
        office.change(name, |desk| desk.paused = true);
    }
    let assignment = office.route(LeadFacts::default());
    assert_eq!((assignment.owner, assignment.queue.as_deref()), (None, Some("unassigned")));
    assert!(assignment.alarm && assignment.turn.is_none());
    assert_eq!(assignment.why.rule.as_deref(), Some("all"));
    assert_eq!(passed(&assignment).len(), 3);
    assert!(
        assignment
            .why
            .words
            .contains("nobody in team Inbound can take it now, so it waits in the queue `unassigned`")
    );
}

const LANDS: &str = "fallback = { team = \"World\" }
[[rule]]
name = \"Money\"
when = 'lead.value > 100'
to = { team = \"Key\" }
[[rule]]
name = \"Owned\"
when = 'account.name == \"\"'
to = \"account_owner\"
[[rule]]
name = \"Junk\"
when = '\"casino\" in lead.words'
to = { queue = \"junk\" }
[[rule]]
name = \"Partner\"
when = 'lead.source == \"partner\"'
to = { member = \"finn@example.com\" }
";

fn lands() -> Office {
    Office::new(&format!(
        "{LANDS}{}{}",
        team("Key", "otherwise = \"World\"", &[("maja", 1)]),
        team("World", "", &[("jonas", 1), ("ada", 1)]),
    ))
}

#[test]
fn a_rule_without_an_answer_is_told_and_the_lead_goes_on() {
    let assignment = lands().route(from_country("DE"));
    assert_eq!(assignment.owner, Some(member("jonas")));
    let told: Vec<_> = assignment.why.tried.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "rule `Money` could not be asked: `lead.value` is not known for this lead",
            "rule `Owned` matched, but the account has no owner",
        ]
    );
    assert!(told.iter().all(|told| assignment.why.words.contains(told.as_str())), "{}", assignment.why.words);
    assert_eq!(assignment.why.rule, None);
    assert!(
        assignment
            .why
            .words
            .starts_with("No rule matched, so the fallback decided: Jonas is next in turn in team World")
    );
}

#[test]
fn rules_to_people_and_queues() {
    let mut office = lands();
    let valued = |value| LeadFacts { value: Some(value), ..LeadFacts::default() };
    let owned = Ties { account_owner: Some(member("eva")), ..Ties::default() };
    assert_eq!(office.route(valued(500)).owner, Some(member("maja")));
    assert_eq!(office.route_tied(valued(5), &owned).owner, Some(member("eva")));
    let partner = LeadFacts { source: "partner".into(), ..valued(5) };
    assert_eq!(office.route(partner.clone()).owner, Some(member("finn")));
    let junk = office.route(LeadFacts { subject: "Casino!".into(), ..valued(5) });
    assert_eq!((junk.owner, junk.queue.as_deref(), junk.alarm), (None, Some("junk"), false));

    office.change("finn", |desk| desk.absence = Some(Absence { until: None }));
    office.change("maja", |desk| desk.open_leads = 7).change("maja", |desk| desk.working_now = false);
    let elsewhere = office.route(partner);
    assert_eq!(elsewhere.owner, Some(member("jonas")));
    assert!(elsewhere.why.words.contains("rule `Partner` matched, but Finn is absent"));
    let handed_on = office.route(valued(500));
    assert_eq!((handed_on.owner, handed_on.team.as_deref()), (Some(member("jonas")), Some("World")));
    assert!(
        handed_on
            .why
            .words
            .contains("nobody in team Key can take it now; Jonas is next in turn in team World")
    );
}

#[test]
fn owners_keep_their_leads_and_accounts_while_present() {
    let mut office = three("sticky = true");
    let back =
        Ties { previous_owner: Some(member("ada")), account_owner: Some(member("finn")), ..Ties::default() };
    let kept = office.route_tied(LeadFacts::default(), &back);
    assert_eq!((kept.owner, kept.turn.is_none()), (Some(member("ada")), true));
    assert!(kept.why.words.contains("it stays with Ada, who had this lead before"));

    // The hour does not matter, an absence does.
    office.change("ada", |desk| desk.working_now = false);
    assert_eq!(office.route_tied(LeadFacts::default(), &back).owner, Some(member("ada")));
    office.change("ada", |desk| desk.absence = Some(Absence { until: None }));
    let kept = office.route_tied(LeadFacts::default(), &back);
    assert_eq!(kept.owner, Some(member("finn")));
    assert!(
        kept.why.words.contains("it stays with Finn, who owns the account")
            && passed(&kept) == ["Ada is absent"]
    );
    office.change("finn", |desk| desk.paused = true);
    let turned = office.route_tied(LeadFacts::default(), &back);
    assert_eq!(turned.owner, Some(member("maja")));
    assert_eq!(passed(&turned), ["Ada is absent", "Finn takes no new leads for now"]);

    let loose = three("");
    assert_eq!(loose.route_tied(LeadFacts::default(), &back).owner, Some(member("maja")));
}

#[test]
fn a_lead_of_an_account_counts_for_its_owner_without_taking_the_turn() {
    let office = three("sticky = true");
    let mut rota = office.rota();
    let owned = Ties { account_owner: Some(member("maja")), ..Ties::default() };
    let mut take = |ties: &Ties| {
        let assignment = route(&office.rules, &facts(LeadFacts::default()), &rota, ties);
        rota.took(&assignment).unwrap();
        assignment.owner.unwrap()
    };
    assert_eq!([take(&owned), take(&owned)], ["maja", "maja"].map(member));
    let next: Vec<_> = (0..6).map(|_| take(&Ties::default())).collect();
    assert_eq!(next, ["jonas", "ada", "jonas", "ada", "maja", "jonas"].map(member));
}

#[test]
fn a_lead_taken_back_goes_to_somebody_else() {
    let office = three("sticky = true");
    let ties = Ties { previous_owner: Some(member("maja")), not_to: vec![member("maja")], ..Ties::default() };
    let assignment = office.route_tied(LeadFacts::default(), &ties);
    assert_eq!(assignment.owner, Some(member("jonas")));
    assert_eq!(passed(&assignment), ["Maja has given this lead back"]);
}

#[test]
fn language_territory_and_skills_are_respected() {
    let seats = |seats: &[(&str, &str)]| -> String {
        seats
            .iter()
            .map(|(name, what)| format!("[[team.seat]]\nmember = \"{name}@example.com\"\n{what}\n"))
            .collect()
    };
    let speakers = Office::new(&format!(
        "{TO_INBOUND}[[team]]\nname = \"Inbound\"\nstrategy = \"language\"\n{}",
        seats(&[("maja", "languages = [\"de\"]"), ("jonas", "languages = [\"fr\", \"en\"]")])
    ));
    let speaks =
        |language: &str| speakers.route(LeadFacts { language: language.into(), ..LeadFacts::default() });
    assert_eq!(speaks("fr-CA").owner, Some(member("jonas")));
    assert_eq!(passed(&speaks("fr-CA")), ["Maja does not speak `fr`"]);
    assert_eq!(speaks("").owner, Some(member("maja")), "an unknown language suits everybody");
    assert!(speaks("it").alarm);

    let lands = Office::new(&format!(
        "{TO_INBOUND}[[team]]\nname = \"Inbound\"\nstrategy = \"territory\"\n{}",
        seats(&[("maja", "countries = [\"*\"]"), ("jonas", "countries = [\"FR\"]")])
    ));
    assert_eq!(lands.route(from_country("fr")).owner, Some(member("jonas")));
    assert_eq!(passed(&lands.route(from_country("FR"))), ["Maja does not cover `FR`"]);
    assert_eq!(lands.route(from_country("IT")).owner, Some(member("maja")));

    let skilled = Office::new(&format!(
        "{}[[team]]\nname = \"Inbound\"\n{}",
        TO_INBOUND.replace("to = {", "needs = [\"pricing\"]\nto = {"),
        seats(&[("maja", ""), ("jonas", "skills = [\"pricing\"]")])
    ));
    assert_eq!(passed(&skilled.route(LeadFacts::default())), ["Maja does not have the skill `pricing`"]);
}

#[test]
fn the_fallback_takes_what_nobody_has_the_skill_for() {
    let mut office = Office::new(&format!(
        "{}{}",
        TO_INBOUND
            .replace("{ queue = \"unassigned\" }", "{ team = \"Inbound\" }")
            .replace("to = {", "needs = [\"pricing\"]\nto = {"),
        team("Inbound", "", &[("maja", 1), ("jonas", 1)]).replacen("weight = 1", "skills = [\"pricing\"]", 1)
    ));
    office.change("maja", |desk| desk.paused = true);
    let assignment = office.route(LeadFacts::default());
    assert_eq!((assignment.owner, assignment.alarm), (Some(member("jonas")), false));
    assert_eq!(
        passed(&assignment),
        ["Maja takes no new leads for now", "Jonas does not have the skill `pricing`"]
    );
    office.change("jonas", |desk| desk.paused = true);
    assert_eq!(office.route(LeadFacts::default()).queue.as_deref(), Some("Inbound"));
}

#[test]
fn the_least_loaded_is_chosen_by_weight() {
    let mut office = Office::new(&format!(
        "{TO_INBOUND}{}",
        team("Inbound", "strategy = \"least_loaded\"", &[("maja", 2), ("jonas", 1), ("ada", 1)])
    ));
    office.change("maja", |desk| desk.open_leads = 9);
    office.change("jonas", |desk| desk.open_leads = 5);
    office.change("ada", |desk| desk.open_leads = 6);
    let assignment = office.route(LeadFacts::default());
    assert_eq!(assignment.owner, Some(member("maja")));
    assert!(assignment.why.words.contains("Maja is least loaded in team Inbound"));
    office.change("maja", |desk| desk.open_leads = 10);
    office.change("ada", |desk| desk.open_leads = 5);
    let tie: Vec<_> = {
        let mut rota = office.rota();
        let mut take = || {
            let assignment = route(&office.rules, &facts(LeadFacts::default()), &rota, &Ties::default());
            rota.took(&assignment).unwrap();
            assignment.owner.unwrap()
        };
        (0..4).map(|_| take()).collect()
    };
    assert_eq!(tie, ["maja", "jonas", "ada", "maja"].map(member), "a tie goes by turns");
}

#[test]
fn after_hours_a_team_waits_or_assigns_as_it_says() {
    let closed = |head: &str| {
        let mut office = three(head);
        for name in ["maja", "jonas", "ada"] {
            office.change(name, |desk| desk.working_now = false);
        }
        office.change("maja", |desk| desk.paused = true);
        office.route(LeadFacts::default())
    };
    assert!(closed("").alarm);
    let assigned = closed("after_hours = \"assign\"");
    assert_eq!((assigned.owner, assigned.alarm), (Some(member("jonas")), false));
    assert!(assigned.why.words.contains("nobody who could take it is at work; Jonas is next in turn"));
    assert_eq!(passed(&assigned)[0], "Maja takes no new leads for now");
}

#[test]
fn somebody_who_left_is_passed_over() {
    let mut office = three("");
    office.desks.retain(|desk| desk.member != member("maja"));
    let assignment = office.route(LeadFacts::default());
    assert_eq!(assignment.owner, Some(member("jonas")));
    assert_eq!(passed(&assignment), ["maja@example.com is no longer a member"]);
}

#[test]
fn many_passed_over_are_counted() {
    let desks: Vec<Desk> = (0..100u128)
        .map(|n| Desk {
            member: Uuid::from_u128(n),
            email: format!("m{n}@example.com"),
            name: format!("m{n}"),
            paused: true,
            ..desk("maja")
        })
        .collect();
    let seats: String =
        desks.iter().map(|desk| format!("[[team.seat]]\nmember = \"{}\"\n", desk.email)).collect();
    let fallback = TO_INBOUND.replace("{ queue = \"unassigned\" }", "{ team = \"Inbound\" }");
    let draft = draft(&format!("{fallback}[[team]]\nname = \"Inbound\"\n{seats}"));
    let rules = check(&draft, desks.iter().map(|desk| desk.email.as_str())).unwrap();
    let rota = Rota::new(&rules, desks, Vec::new());
    let assignment = route(&rules, &facts(LeadFacts::default()), &rota, &Ties::default());
    // Once, though the fallback is the same team again.
    assert_eq!((assignment.why.passed_over.len(), assignment.why.passed_over_besides), (PASSED_OVER_MAX, 80));
    assert!(assignment.why.words.ends_with("and 97 more."), "{}", assignment.why.words);
}

#[test]
fn a_queue_drains_by_deadline_as_far_as_somebody_can_take() {
    let at = |seconds| jiff::Timestamp::from_second(seconds).unwrap();
    let waiting = |lead, deadline: Option<i64>, since| Waiting {
        lead: Uuid::from_u128(lead),
        deadline: deadline.map(at),
        since: at(since),
    };
    let mut queue = vec![
        waiting(1, None, 1),
        waiting(2, Some(50), 9),
        waiting(3, Some(20), 9),
        waiting(4, Some(20), 5),
        waiting(5, None, 1),
    ];
    drain_order(&mut queue);
    let order: Vec<_> = queue.iter().map(|waiting| waiting.lead.as_u128()).collect();
    assert_eq!(order, [4, 3, 2, 1, 5]);

    let office = Office::new(&format!(
        "{TO_INBOUND}{}",
        team("Inbound", "strategy = \"territory\"", &[("maja", 1)])
            .replace("weight = 1", "capacity = 2\ncountries = [\"DE\"]"),
    ));
    let (german, french) = (facts(from_country("DE")), facts(from_country("FR")));
    let ties = Ties::default();
    let mut rota = office.rota();
    let lead = |id: Uuid| Some((if id.as_u128() == 4 { &french } else { &german }, &ties));
    let drained = drain(&office.rules, queue, lead, &mut rota);
    let drained: Vec<_> =
        drained.iter().map(|(lead, assignment)| (lead.as_u128(), assignment.owner)).collect();
    assert_eq!(drained, [(3, Some(member("maja"))), (2, Some(member("maja")))]);
    assert_eq!(rota.desk(member("maja")).unwrap().open_leads, 2);
}

#[test]
fn an_assignment_survives_the_record() {
    let assignment = lands().route(from_country("DE"));
    let json = serde_json::to_string(&assignment).unwrap();
    assert_eq!(serde_json::from_str::<Assignment>(&json).unwrap(), assignment);
}
