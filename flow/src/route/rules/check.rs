//! The check of a draft: all that is wrong with it at once, each with its place and what to do.

mod team;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use serde_spanned::Spanned;
use thiserror::Error;

use super::super::condition::Condition;
use super::{
    Draft, Fallback, RULES_MAX, Rule, RuleDraft, Rules, SeatDraft, TEAMS_MAX, Target, Team, TeamDraft,
};
use crate::nearest::nearest;

/// Something wrong in a draft.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {message}")]
pub struct Flaw {
    /// The rule, team or seat, by name.
    pub place: String,
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Bytes in the file that the draft was read from.
    pub span: Range<usize>,
}

/// Checks a draft against the e-mail addresses of the workspace's members.
///
/// # Errors
/// Every flaw, in the order of the file's rules and teams.
pub fn check<'m>(draft: &Draft, members: impl IntoIterator<Item = &'m str>) -> Result<Rules, Vec<Flaw>> {
    let members: BTreeSet<String> = members.into_iter().map(email).collect();
    let mut checker = Checker { members, teams: HashMap::new(), flaws: Vec::new() };
    checker.bounds(draft);
    for (at, team) in draft.teams.iter().enumerate() {
        checker.team_name(team, at);
    }
    let rules = checker.rules(draft);
    let teams: Vec<Team> = draft.teams.iter().map(|team| checker.team(team)).collect();
    checker.fallback(&draft.fallback);
    checker.circles(draft);
    if checker.flaws.is_empty() {
        let fallback = draft.fallback.get_ref().clone();
        Ok(Rules { rules, teams, fallback, team_index: checker.teams })
    } else {
        Err(checker.flaws)
    }
}

struct Checker {
    members: BTreeSet<String>,
    teams: HashMap<String, usize>,
    flaws: Vec<Flaw>,
}

impl Checker {
    fn flaw(&mut self, place: &str, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into());
        self.flaws.push(Flaw { place: place.to_owned(), message: message.into(), hint, span });
    }

    fn bounds(&mut self, draft: &Draft) {
        let bounds = [("rules", draft.rules.len(), RULES_MAX), ("teams", draft.teams.len(), TEAMS_MAX)];
        for (what, count, max) in bounds {
            if count > max {
                let message = format!("{count} {what} are too many, {max} are allowed");
                self.flaw("routing", draft.fallback.span(), message, "join those that do the same");
            }
        }
    }

    fn rules(&mut self, draft: &Draft) -> Vec<Rule> {
        let mut names = BTreeSet::new();
        let mut rules: Vec<Rule> = Vec::new();
        for draft_rule in draft.rules.iter().take(RULES_MAX) {
            let name = draft_rule.name.get_ref().trim().to_owned();
            let place = format!("rule `{name}`");
            if name.is_empty() {
                self.flaw(
                    "rule",
                    draft_rule.name.span(),
                    "the rule has no name",
                    "name it: every assignment says which rule decided",
                );
            } else if !names.insert(name.clone()) {
                self.flaw(
                    &place,
                    draft_rule.name.span(),
                    "another rule has the same name",
                    "give each rule a name of its own",
                );
            }
            self.target(&place, &draft_rule.to);
            self.needs(&place, draft_rule, draft);
            match Condition::parse(draft_rule.when.get_ref()) {
                Ok(when) => {
                    let needs = draft_rule.needs.iter().map(|need| need.get_ref().clone()).collect();
                    let rule = Rule { name, when, to: normal(draft_rule.to.get_ref()), needs };
                    self.reachable(&place, draft_rule, &rule, &rules);
                    rules.push(rule);
                }
                Err(error) => {
                    let message = format!(
                        "{} (character {} of the condition)",
                        error.message,
                        character(draft_rule, error.offset)
                    );
                    self.flaws.push(Flaw { place, message, hint: error.hint, span: draft_rule.when.span() });
                }
            }
        }
        rules
    }

    /// A rule that no lead can ever get to is a slip of the pen.
    fn reachable(&mut self, place: &str, draft: &RuleDraft, rule: &Rule, before: &[Rule]) {
        if rule.when.never_holds() {
            self.flaw(
                place,
                draft.when.span(),
                "no lead can ever match this condition",
                "its parts contradict each other",
            );
            return;
        }
        // Rules to a person pass leads on while the person is away, so what follows them can be reached.
        let decides = |earlier: &&Rule| matches!(earlier.to, Target::Team(_) | Target::Queue(_));
        if let Some(earlier) = before.iter().filter(decides).find(|earlier| earlier.when.covers(&rule.when)) {
            let message = format!(
                "no lead ever gets here: rule `{}` before it takes every lead that this one matches",
                earlier.name
            );
            self.flaw(
                place,
                draft.when.span(),
                message,
                format!("move it before `{}`, or take it out", earlier.name),
            );
        }
    }

    fn target(&mut self, place: &str, to: &Spanned<Target>) {
        match to.get_ref() {
            Target::Team(team) => self.known_team(place, team, to.span()),
            Target::Member(member) => self.known_member(place, member, to.span()),
            Target::Queue(queue) if queue.trim().is_empty() => {
                self.flaw(
                    place,
                    to.span(),
                    "the queue has no name",
                    "name it, such as `{ queue = \"unassigned\" }`",
                );
            }
            Target::Queue(_) | Target::AccountOwner => {}
        }
    }

    /// Skills that nobody in the team has would send every lead of the rule to the fallback.
    fn needs(&mut self, place: &str, rule: &RuleDraft, draft: &Draft) {
        let Target::Team(team) = rule.to.get_ref() else {
            if let Some(need) = rule.needs.first() {
                self.flaw(
                    place,
                    need.span(),
                    "only a rule with a team can ask for skills",
                    "take out `needs`, or name a team",
                );
            }
            return;
        };
        let seats: Vec<&SeatDraft> = chain(team, draft).into_iter().flat_map(|team| &team.seats).collect();
        for need in &rule.needs {
            if !seats.is_empty() && !seats.iter().any(|seat| seat.skills.contains(need.get_ref())) {
                let message = format!("nobody in team `{team}` has the skill `{}`", need.get_ref());
                let skills = seats.iter().flat_map(|seat| &seat.skills).map(String::as_str);
                let hint = match nearest(need.get_ref(), skills) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add it to the `skills` of a seat".to_owned(),
                };
                self.flaw(place, need.span(), message, hint);
            }
        }
    }

    fn team_name(&mut self, team: &TeamDraft, at: usize) {
        let name = team.name.get_ref();
        if name.trim().is_empty() {
            self.flaw(
                "team",
                team.name.span(),
                "the team has no name",
                "name it, so that rules can send leads to it",
            );
        } else if self.teams.insert(name.clone(), at).is_some() {
            self.flaw(
                &format!("team `{name}`"),
                team.name.span(),
                "another team has the same name",
                "give each team a name of its own",
            );
        }
    }

    fn fallback(&mut self, fallback: &Spanned<Fallback>) {
        match fallback.get_ref() {
            Fallback::Team(team) => self.known_team("fallback", team, fallback.span()),
            Fallback::Queue(queue) if queue.trim().is_empty() => {
                self.flaw(
                    "fallback",
                    fallback.span(),
                    "the queue has no name",
                    "name it, such as `{ queue = \"unassigned\" }`",
                );
            }
            Fallback::Queue(_) => {}
        }
    }

    /// Teams whose `otherwise` leads back to themselves; each circle is told once.
    fn circles(&mut self, draft: &Draft) {
        let mut told = BTreeSet::new();
        for team in &draft.teams {
            let mut path = vec![team.name.get_ref().as_str()];
            let mut at = team;
            while let Some(next) = at.otherwise.as_ref().and_then(|next| find(next.get_ref(), draft)) {
                let name = next.name.get_ref().as_str();
                if let Some(start) = path.iter().position(|seen| *seen == name) {
                    let circle: BTreeSet<_> = path[start..].iter().map(|name| (*name).to_owned()).collect();
                    if told.insert(circle) {
                        let message =
                            format!("`otherwise` goes in a circle: {} → {name}", path[start..].join(" → "));
                        self.flaw(
                            &format!("team `{name}`"),
                            next.name.span(),
                            message,
                            "let the last team go without `otherwise`; the fallback follows anyway",
                        );
                    }
                    break;
                }
                path.push(name);
                at = next;
            }
        }
    }

    fn known_team(&mut self, place: &str, team: &str, span: Range<usize>) {
        if self.teams.contains_key(team) {
            return;
        }
        let hint = match nearest(team, self.teams.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add a `[[team]]` with this name".to_owned(),
        };
        self.flaw(place, span, format!("there is no team called `{team}`"), hint);
    }

    fn known_member(&mut self, place: &str, member: &str, span: Range<usize>) {
        if self.members.contains(&email(member)) {
            return;
        }
        let hint = match nearest(member, self.members.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add the member first: `lockkeeper member add --email {member}`"),
        };
        self.flaw(place, span, format!("`{member}` is not a member of this workspace"), hint);
    }
}

fn email(address: &str) -> String {
    address.trim().to_lowercase()
}

fn normal(target: &Target) -> Target {
    match target {
        Target::Member(member) => Target::Member(email(member)),
        other => other.clone(),
    }
}

fn find<'d>(name: &str, draft: &'d Draft) -> Option<&'d TeamDraft> {
    draft.teams.iter().find(|team| team.name.get_ref() == name)
}

/// A team and those that follow by `otherwise`, each once.
fn chain<'d>(name: &str, draft: &'d Draft) -> Vec<&'d TeamDraft> {
    let mut teams: Vec<&TeamDraft> = Vec::new();
    let mut next = find(name, draft);
    while let Some(team) = next.filter(|team| !teams.iter().any(|seen| seen.name == team.name)) {
        teams.push(team);
        next = team.otherwise.as_ref().and_then(|other| find(other.get_ref(), draft));
    }
    teams
}

/// A byte offset in a condition as people count: in characters, from one.
fn character(rule: &RuleDraft, offset: usize) -> usize {
    rule.when.get_ref().char_indices().take_while(|(at, _)| *at < offset).count() + 1
}
