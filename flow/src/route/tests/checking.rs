//! What the check finds in a draft.

use super::*;

/// The flaws of a draft, as `place: message | hint`.
fn flaws(toml: &str) -> Vec<String> {
    let members = members();
    let found = check(&draft(toml), members.iter().map(String::as_str)).expect_err("flaws");
    for flaw in &found {
        assert!(!toml[flaw.span.clone()].is_empty(), "the flaw has a place in the file");
    }
    found.iter().map(|flaw| format!("{flaw} | {}", flaw.hint.as_deref().unwrap_or_default())).collect()
}

#[track_caller]
fn finds(toml: &str, wanted: &[&str]) {
    let found = flaws(toml);
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.contains(wanted), "{found}\nhas no\n{wanted}");
    }
}

fn rule(name: &str, when: &str, to: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nwhen = '{when}'\nto = {to}\n")
}

fn inbound() -> String {
    team("Inbound", "", &[("maja", 1)])
}

const QUEUE: &str = "fallback = { queue = \"unassigned\" }\n";

#[test]
fn a_good_draft_has_no_flaw() {
    let office = Office::new(&format!(
        "{QUEUE}{}{}{}{}{}",
        rule("Key accounts", "account.tier == \"strategic\"", "\"account_owner\""),
        rule("Partners", "lead.source == \"partner\"", "{ member = \"Ada@Example.com\" }"),
        rule("Spam", "\"casino\" in lead.words", "{ queue = \"junk\" }"),
        rule("Rest", "true", "{ team = \"Inbound\" }"),
        inbound(),
    ));
    assert_eq!(office.rules.rules().len(), 4);
    assert_eq!(office.rules.rules()[1].to, Target::Member(address("ada")));
    assert_eq!(office.rules.teams()[0].seats[0].weight, 1);
    assert_eq!(*office.rules.fallback(), Fallback::Queue("unassigned".into()));
}

#[test]
fn names_that_do_not_exist_are_told_with_the_nearest() {
    finds(
        &format!(
            "fallback = {{ team = \"Inbond\" }}\n{}{}{}",
            rule("a", "lead.source == \"a\"", "{ team = \"Imbound\" }"),
            rule("b", "lead.source == \"b\"", "{ member = \"maya@example.com\" }"),
            team("Inbound", "otherwise = \"Inbount\"", &[("mojo", 1)]),
        ),
        &[
            "rule `a`: there is no team called `Imbound` | did you mean `Inbound`?",
            "rule `b`: `maya@example.com` is not a member of this workspace | did you mean `maja@example.com`?",
            "team `Inbound`, seat `mojo@example.com`: `mojo@example.com` is not a member",
            "team `Inbound`: there is no team called `Inbount` | did you mean `Inbound`?",
            "fallback: there is no team called `Inbond`",
        ],
    );
}

#[test]
fn a_condition_is_told_with_its_place_and_hint() {
    finds(
        &format!(
            "{QUEUE}{}{}",
            rule("a", "'ä' == lead.contry", "{ team = \"Inbound\" }").replace("''ä' ==", "'\"ä\" =="),
            inbound()
        ),
        &[
            "rule `a`: there is no fact called `lead.contry` (character 8 of the condition) | did you mean `lead.country`?",
        ],
    );
}

#[test]
fn rules_that_no_lead_reaches_are_found() {
    let to = "{ team = \"Inbound\" }";
    finds(
        &format!(
            "{QUEUE}{}{}{}{}{}{}",
            rule("Europe", "lead.country in [\"DE\", \"FR\"]", to),
            rule("Germany", "lead.country == \"DE\" && lead.value > 5", to),
            rule("Never", "lead.value > 5 && lead.value < 3", to),
            rule("Rest", "true", to),
            rule("After", "lead.source == \"x\"", to),
            inbound(),
        ),
        &[
            "rule `Germany`: no lead ever gets here: rule `Europe` before it takes every lead",
            "rule `Never`: no lead can ever match this condition",
            "rule `After`: no lead ever gets here: rule `Rest`",
        ],
    );
    // A person can be away, so the rules behind can be reached.
    let person = rule("Partners", "true", "\"account_owner\"") + &rule("Rest", "true", to);
    Office::new(&format!("{QUEUE}{person}{}", inbound()));
}

#[test]
fn teams_that_cannot_take_a_lead_are_found() {
    finds(
        &format!(
            "{QUEUE}[[team]]\nname = \"Empty\"\n{}{}{}{}",
            team("Zero", "", &[("maja", 0), ("jonas", 0)]),
            team("Speakers", "strategy = \"language\"", &[("ada", 1)]),
            team("Lands", "strategy = \"territory\"", &[("ada", 1)]),
            team("Twice", "", &[("ada", 1), ("ada", 2)]),
        ),
        &[
            "team `Empty`: the team has nobody",
            "team `Zero`: every seat has weight 0",
            "team `Speakers`, seat `ada@example.com`: the team's strategy would never choose this seat | add `languages",
            "team `Lands`, seat `ada@example.com`: the team's strategy would never choose this seat | add `countries",
            "team `Twice`: `ada@example.com` has two seats",
        ],
    );
}

#[test]
fn numbers_and_codes_out_of_bounds_are_found() {
    let seat = |rest: &str| {
        format!("{QUEUE}[[team]]\nname = \"T\"\n[[team.seat]]\nmember = \"ada@example.com\"\n{rest}\n")
    };
    finds(&seat("weight = -1"), &["a weight cannot be negative"]);
    finds(&seat("weight = 1001"), &["a weight of 1001 is too high | 1000 is the highest"]);
    finds(&seat("capacity = 0"), &["a capacity of 0 takes no lead ever"]);
    finds(&seat("capacity = -4"), &["a capacity cannot be negative"]);
    finds(
        &seat("languages = [\"German\"]"),
        &["`German` cannot be the code of a lead's language | a language is two small"],
    );
    finds(
        &seat("countries = [\"de\", \"*\"]"),
        &["`de` cannot be the code of a lead's country | a country is two capital"],
    );
}

#[test]
fn circles_and_double_names_are_found() {
    finds(
        &format!(
            "{QUEUE}{}{}{}{}{}",
            rule("a", "lead.source == \"a\"", "{ team = \"A\" }"),
            rule("a", "lead.source == \"b\"", "{ team = \"A\" }"),
            team("A", "otherwise = \"B\"", &[("ada", 1)]),
            team("B", "otherwise = \"A\"", &[("ben", 1)]),
            team("B", "", &[("ben", 1)]),
        ),
        &[
            "team `B`: another team has the same name",
            "rule `a`: another rule has the same name",
            "in a circle: A → B → A",
        ],
    );
}

#[test]
fn skills_that_nobody_has_are_found() {
    let needing = |needs: &str, to: &str| rule("Price", "true", to) + &format!("needs = [\"{needs}\"]\n");
    let seat =
        "[[team]]\nname = \"T\"\n[[team.seat]]\nmember = \"ada@example.com\"\nskills = [\"pricing\"]\n";
    finds(
        &format!("{QUEUE}{}{seat}", needing("prycing", "{ team = \"T\" }")),
        &["rule `Price`: nobody in team `T` has the skill `prycing` | did you mean `pricing`?"],
    );
    finds(
        &format!("{QUEUE}{}{seat}", needing("pricing", "\"account_owner\"")),
        &["rule `Price`: only a rule with a team can ask for skills"],
    );
    Office::new(&format!("{QUEUE}{}{seat}", needing("pricing", "{ team = \"T\" }")));
}

#[test]
fn unknown_keys_are_refused() {
    let typo = format!("{QUEUE}[[team]]\nname = \"T\"\nstragety = \"language\"\n");
    toml::from_str::<Draft>(&typo).expect_err("an unknown key");
}
