//! The workspace's Cedar policy: who may run what, who may approve, when a second person or a passkey is needed.
//!
//! Cedar skips a policy whose evaluation fails, which would lose an erring `forbid`. So any error, and any entity that
//! is pointed at but not there, makes a ruling that asks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    Policy as CedarPolicy, PolicyId, PolicySet, Request, RestrictedExpression, Schema, ValidationMode,
    Validator,
};

use super::{Circumstances, Deed, principal_kind};
use crate::draft::Level;
use crate::fact::Reason;
use crate::ids::MemberId;
use crate::step::Profile;
use crate::terms::{Member, Who};

/// The schema that every policy is checked against; a playbook carries a copy of it for its editors.
pub const SCHEMA: &str = include_str!("schema.cedarschema");

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    set: PolicySet,
    reasons: BTreeMap<String, String>,
    names_members: bool,
}

/// A mistake in a policy file, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

fn is_run(action: &EntityUid) -> bool {
    action.id().unescaped() == "run"
}

/// What the policy says to one question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruling {
    /// Permitted, without any doubt.
    pub permitted: bool,
    /// The reasons of the policies that decided.
    pub reasons: Vec<Reason>,
}

/// What the policy demands of a decision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Demands {
    pub quorum: u8,
    pub passkey: bool,
    pub reasons: Vec<Reason>,
}

impl Policy {
    /// Reads and strictly validates a policy.
    ///
    /// # Errors
    /// Every mistake found, with its line and column.
    pub fn parse(text: &str) -> Result<Policy, Vec<PolicyError>> {
        let at = |offset: usize, message: String| {
            let (line, column) = place(text, offset);
            PolicyError { line, column, message }
        };
        let schema =
            Schema::from_str(SCHEMA).map_err(|error| vec![at(0, format!("the shipped schema: {error}"))])?;
        let parsed = PolicySet::from_str(text).map_err(|errors| {
            errors
                .iter()
                .map(|error| {
                    use miette_offset::offset_of;
                    at(offset_of(error), error.to_string())
                })
                .collect::<Vec<_>>()
        })?;

        let mut set = PolicySet::new();
        let mut reasons = BTreeMap::new();
        let mut errors = Vec::new();
        let mut seen = HashSet::new();
        let offsets = policy_offsets(text, &parsed);
        for policy in parsed.policies() {
            let offset = offsets.get(policy.id()).copied().unwrap_or(0);
            let Some(id) = policy.annotation("id").map(str::to_owned) else {
                errors.push(at(offset, "this policy has no name; write @id(\"…\") in front of it".into()));
                continue;
            };
            if !seen.insert(id.clone()) {
                errors.push(at(offset, format!("two policies are called `{id}`; each needs its own @id")));
                continue;
            }
            match policy.annotation("reason") {
                Some(reason) if !reason.trim().is_empty() => {
                    reasons.insert(id.clone(), reason.to_owned());
                }
                _ => errors.push(at(
                    offset,
                    format!("policy `{id}` gives no reason; people see it, so write @reason(\"…\")"),
                )),
            }
            if let Err(error) = set.add(policy.new_id(PolicyId::new(&id))) {
                errors.push(at(offset, error.to_string()));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }

        let validation = Validator::new(schema).validate(&set, ValidationMode::Strict);
        let errors: Vec<PolicyError> = validation
            .validation_errors()
            .map(|error| {
                let offset = miette_offset::offset_of(error);
                at(offset, error.to_string())
            })
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let names_members = text.contains("Member::\"");
        Ok(Policy { set, reasons, names_members })
    }

    /// Whether some policy speaks of a particular member, so that members of one role may differ.
    pub fn names_members(&self) -> bool {
        self.names_members
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.reasons.len()
    }

    /// The policies that say what may run, without their names and reasons, in one written form: while it stays the same,
    /// the same actions run.
    pub fn running(&self) -> String {
        let bears = |policy: &&CedarPolicy| match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::In(actions) => actions.iter().any(is_run),
            ActionConstraint::Eq(action) => is_run(&action),
        };
        let written = |policy: &CedarPolicy| {
            let mut json = policy.to_json().unwrap_or_default();
            json.as_object_mut().map(|policy| policy.remove("annotations"));
            json.to_string()
        };
        let mut policies: Vec<String> = self.set.policies().filter(bears).map(written).collect();
        policies.sort_unstable();
        policies.join("\n")
    }

    /// Whether there is none, so that everything asks and nobody may approve.
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// May this run without a person?
    pub(super) fn may_run(
        &self,
        deed: &Deed<'_>,
        circumstances: &Circumstances<'_>,
        profile: &Profile,
    ) -> Ruling {
        self.ask("run", None, deed, circumstances, profile)
    }

    /// May this member decide?
    pub(super) fn may_approve(
        &self,
        member: &Member,
        deed: &Deed<'_>,
        circumstances: &Circumstances<'_>,
        profile: &Profile,
    ) -> Ruling {
        self.ask("approve", Some(member), deed, circumstances, profile)
    }

    /// What must a decision bring? A doubt demands two people.
    pub(super) fn demands(
        &self,
        deed: &Deed<'_>,
        circumstances: &Circumstances<'_>,
        profile: &Profile,
    ) -> Demands {
        let second = self.ask("need_second", None, deed, circumstances, profile);
        let sign = self.ask("need_passkey", None, deed, circumstances, profile);
        let doubt = [&second, &sign]
            .iter()
            .any(|ruling| ruling.reasons.iter().any(|reason| reason.id.starts_with("policy.")));
        let mut reasons = second.reasons;
        reasons.extend(sign.reasons);
        Demands { quorum: if second.permitted || doubt { 2 } else { 1 }, passkey: sign.permitted, reasons }
    }

    fn ask(
        &self,
        action: &str,
        member: Option<&Member>,
        deed: &Deed<'_>,
        circumstances: &Circumstances<'_>,
        profile: &Profile,
    ) -> Ruling {
        let entities = match entities(member, deed, circumstances) {
            Ok(entities) => entities,
            Err(error) => return doubt("policy.entities", &error),
        };
        match request(action, member, deed, circumstances, profile) {
            Ok(request) => self.rule(&request, entities),
            Err(error) => doubt("policy.request", &error),
        }
    }

    /// Evaluates one request over these entities. Whatever is pointed at must be there.
    fn rule(&self, request: &Request, entities: Vec<Entity>) -> Ruling {
        if let Some(missing) = missing(request, &entities) {
            return doubt("policy.missing_entity", &format!("`{missing}` is not known to the policy"));
        }
        let entities = match Entities::from_entities(entities, None) {
            Ok(entities) => entities,
            Err(error) => return doubt("policy.entities", &error.to_string()),
        };
        let response = Authorizer::new().is_authorized(request, &self.set, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return doubt("policy.error", &error.to_string());
        }
        let mut ids: Vec<String> =
            response.diagnostics().reason().map(|id| AsRef::<str>::as_ref(id).to_owned()).collect();
        ids.sort();
        let reasons = ids
            .into_iter()
            .map(|id| {
                let text = self.reasons.get(&id).cloned().unwrap_or_default();
                Reason::new(id, text)
            })
            .collect();
        Ruling { permitted: response.decision() == Decision::Allow, reasons }
    }
}

fn doubt(id: &str, error: &str) -> Ruling {
    let words = format!("The policy could not be judged without doubt, so a person decides: {error}.");
    Ruling { permitted: false, reasons: vec![Reason::new(id, words)] }
}

/// The schema's entity types. Reading a name takes Cedar's whole parser, so that each is read once.
static KINDS: LazyLock<BTreeMap<&str, EntityTypeName>> = LazyLock::new(|| {
    let kinds = ["Member", "Agent", "System", "Account", "Lead", "Deed", "Action"];
    kinds.into_iter().filter_map(|kind| Some((kind, EntityTypeName::from_str(kind).ok()?))).collect()
});

fn uid(kind: &str, id: impl AsRef<str>) -> Result<EntityUid, String> {
    let kind = KINDS.get(kind).ok_or_else(|| format!("`{kind}` is no entity type"))?;
    Ok(EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id)))
}

fn member_uid(id: MemberId) -> Result<EntityUid, String> {
    uid("Member", id.to_string())
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn long(value: u64) -> RestrictedExpression {
    RestrictedExpression::new_long(i64::try_from(value).unwrap_or(i64::MAX))
}

fn principal(member: Option<&Member>, deed: &Deed<'_>) -> Result<EntityUid, String> {
    match (member, deed.proposer.who) {
        (Some(member), _) => member_uid(member.id),
        (None, Who::Member(id)) => member_uid(id),
        (None, Who::Agent(id)) => uid("Agent", id.to_string()),
        (None, Who::System) => uid("System", "lockkeeper"),
    }
}

/// The world as the policy sees it: the principal, the owner, the account, the lead, the deed.
fn entities(
    member: Option<&Member>,
    deed: &Deed<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<Vec<Entity>, String> {
    let mut all: HashMap<EntityUid, Entity> = HashMap::new();
    let mut add = |uid: EntityUid, attributes: Vec<(&str, RestrictedExpression)>, parents: Vec<EntityUid>| {
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let entity = Entity::new(uid.clone(), attributes, parents.into_iter().collect())
            .map_err(|error| error.to_string())?;
        all.insert(uid, entity);
        Ok::<(), String>(())
    };

    let people = [member.map(|member| member.id), deed.proposer.member(), circumstances.owner];
    for id in people.into_iter().flatten() {
        let known = circumstances
            .members
            .iter()
            .find(|known| known.id == id)
            .or(member.filter(|member| member.id == id));
        if let Some(known) = known {
            add(member_uid(id)?, vec![("role", string(known.role.word()))], vec![])?;
        }
    }
    if deed.proposer.member().is_none() {
        add(principal(None, deed)?, vec![], vec![])?;
    }

    let lead = uid("Lead", circumstances.lead.to_string())?;
    let mut attributes =
        vec![("tier", string(circumstances.tier.word())), ("value", long(circumstances.value))];
    if let Some(owner) = circumstances.owner {
        attributes.push(("owner", RestrictedExpression::new_entity_uid(member_uid(owner)?)));
    }
    let mut parents = vec![];
    if let Some((id, tier, value)) = &circumstances.account {
        let account = uid("Account", id)?;
        add(account.clone(), vec![("tier", string(tier.word())), ("value", long(*value))], vec![])?;
        attributes.push(("account", RestrictedExpression::new_entity_uid(account.clone())));
        parents.push(account);
    }
    add(lead.clone(), attributes, parents)?;

    let mut attributes = vec![
        ("step", string(deed.step.name())),
        ("class", string(deed.class)),
        ("lead", RestrictedExpression::new_entity_uid(lead.clone())),
    ];
    if let Some(proposer) = deed.proposer.member() {
        attributes.push(("proposer", RestrictedExpression::new_entity_uid(member_uid(proposer)?)));
    }
    add(uid("Deed", deed.id.to_string())?, attributes, vec![lead])?;
    Ok(all.into_values().collect())
}

fn request(
    action: &str,
    member: Option<&Member>,
    deed: &Deed<'_>,
    circumstances: &Circumstances<'_>,
    profile: &Profile,
) -> Result<Request, String> {
    let count = |level: Level| {
        let count = circumstances.findings.iter().filter(|finding| finding.level == level).count();
        long(count as u64)
    };
    let risk = circumstances.risk.iter().map(|sign| string(sign));
    let mut pairs = vec![
        ("step", string(deed.step.name())),
        ("sends", RestrictedExpression::new_bool(deed.step.sends())),
        ("reversible", string(profile.reversible.word())),
        ("judgement", string(profile.judgement.word())),
        ("cost", string(profile.cost_of_error.word())),
        ("commits", RestrictedExpression::new_bool(profile.commits)),
        ("automated", RestrictedExpression::new_bool(circumstances.automated)),
        ("own_words", RestrictedExpression::new_bool(deed.own_words)),
        ("proposer_kind", string(principal_kind(deed.proposer))),
        ("risk", RestrictedExpression::new_set(risk)),
        ("findings_ask", count(Level::Ask)),
        ("findings_stop", count(Level::Stop)),
    ];
    if let Some(confidence) = deed.confidence {
        pairs.push(("confidence", long(u64::from(confidence))));
    }
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
    let context = Context::from_pairs(pairs).map_err(|error| error.to_string())?;
    let action = uid("Action", action)?;
    let resource = uid("Deed", deed.id.to_string())?;
    Request::new(principal(member, deed)?, action, resource, context, None).map_err(|error| error.to_string())
}

/// The first entity that the request or another entity points at and that is not there.
fn missing(request: &Request, entities: &[Entity]) -> Option<EntityUid> {
    let there: HashSet<EntityUid> = entities.iter().map(Entity::uid).collect();
    let ends = [request.principal(), request.resource()].into_iter().flatten().cloned();
    let pointed = entities.iter().flat_map(|entity| {
        ["owner", "account", "lead", "proposer"].into_iter().filter_map(|name| match entity.attr(name) {
            Some(Ok(cedar_policy::EvalResult::EntityUid(uid))) => Some(uid),
            _ => None,
        })
    });
    ends.chain(pointed).find(|uid| !there.contains(uid))
}

/// Where each parsed policy begins. Cedar numbers unnamed policies in the order of the text.
fn policy_offsets(text: &str, parsed: &PolicySet) -> HashMap<PolicyId, usize> {
    let mut offsets = HashMap::new();
    for policy in parsed.policies() {
        let snippet = policy_text(policy);
        if let Some(offset) = snippet.and_then(|snippet| text.find(&snippet)) {
            offsets.insert(policy.id().clone(), offset);
        }
    }
    offsets
}

fn policy_text(policy: &CedarPolicy) -> Option<String> {
    policy.to_cedar()
}

/// Line and column, both counted from 1, of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}

/// Cedar's errors carry their labels through miette.
mod miette_offset {
    use cedar_policy::{ParseError, ValidationError};

    pub trait Labelled {
        fn offset(&self) -> Option<usize>;
    }

    impl Labelled for ParseError {
        fn offset(&self) -> Option<usize> {
            miette::Diagnostic::labels(self)?.next().map(|label| label.offset())
        }
    }

    impl Labelled for ValidationError {
        fn offset(&self) -> Option<usize> {
            miette::Diagnostic::labels(self)?.next().map(|label| label.offset())
        }
    }

    pub fn offset_of(error: &impl Labelled) -> usize {
        error.offset().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ActionId, LeadId};
    use crate::step::Step;
    use crate::terms::{Actor, Tier};

    const STARTER: &str = include_str!("../../../playbook/policy.cedar");

    fn deed(proposer: &Actor) -> Deed<'_> {
        Deed {
            id: ActionId(uuid::Uuid::from_bytes([1; 16])),
            step: Step::Acknowledge,
            class: "message.acknowledge/strategic/acknowledge.en",
            proposer,
            own_words: false,
            confidence: None,
            content: None,
        }
    }

    fn circumstances() -> Circumstances<'static> {
        Circumstances {
            lead: LeadId(uuid::Uuid::from_bytes([2; 16])),
            owner: None,
            account: Some(("a1".into(), Tier::Strategic, 500_000)),
            tier: Tier::Strategic,
            value: 500_000,
            opted_out: false,
            closed: false,
            risk: Vec::new(),
            findings: Vec::new(),
            automated: true,
            members: &[],
        }
    }

    #[test]
    fn the_gate_fails_closed_when_an_entity_that_a_forbid_needs_is_gone() {
        let policy = Policy::parse(STARTER).unwrap();
        let (actor, circumstances) = (Actor::SYSTEM, circumstances());
        let deed = deed(&actor);
        let profile = Profile::shipped(deed.step);
        let request = request("run", None, &deed, &circumstances, &profile).unwrap();
        let all = entities(None, &deed, &circumstances).unwrap();

        let forbidden = policy.rule(&request, all.clone());
        assert!(!forbidden.permitted);
        assert_eq!(forbidden.reasons[0].id, "floor.strategic");

        // Without the account the `forbid` cannot be evaluated and Cedar skips it: the `permit` alone would let it run.
        let without: Vec<Entity> =
            all.into_iter().filter(|entity| entity.uid().type_name().to_string() != "Account").collect();
        let skipped = Authorizer::new().is_authorized(
            &request,
            &policy.set,
            &Entities::from_entities(without.clone(), None).unwrap(),
        );
        assert_eq!(skipped.decision(), Decision::Allow, "Cedar itself would have let it run");
        let doubted = policy.rule(&request, without);
        assert!(!doubted.permitted);
        assert_eq!(doubted.reasons[0].id, "policy.missing_entity");
    }

    #[test]
    fn a_mistake_in_a_policy_is_named_with_its_line() {
        let nameless = "\npermit (principal, action, resource);";
        let errors = Policy::parse(nameless).unwrap_err();
        assert!(errors[0].message.contains("@id"), "{errors:?}");
        let unknown =
            "@id(\"a\")\n@reason(\"b\")\npermit (principal, action, resource) when { context.nonsense };";
        let errors = Policy::parse(unknown).unwrap_err();
        assert!(errors[0].line >= 1 && errors[0].message.contains("nonsense"), "{errors:?}");
    }
}
