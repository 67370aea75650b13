//! A decision in the making: facts told one after another, each changing the lead before the next is considered.

use crate::effect::Effect;
use crate::fact::{Entry, Fact};
use crate::ids::{LeadId, Mint};
use crate::terms::{Actor, Content, Sealed};

use super::evolve::apply;
use super::{Context, Decision, Lead, evolve, mint};

/// The lead as it stands after what was told so far.
pub(super) struct Story<'a> {
    pub lead: Lead,
    pub context: &'a Context<'a>,
    pub mint: Mint,
    entries: Vec<Entry>,
    effects: Vec<Effect>,
    other: Option<Box<Decision>>,
}

impl<'a> Story<'a> {
    /// Continues the story of a known lead.
    pub fn about(lead: Lead, context: &'a Context<'a>) -> Story<'a> {
        Story::with_mint(lead, context, mint(context))
    }

    /// Continues the story of another lead within the same decision.
    pub fn beside(&mut self, lead: Lead) -> Story<'a> {
        // Its ids must be others than this story's.
        let mint = Mint::new(self.mint.bytes(), self.context.now);
        Story::with_mint(lead, self.context, mint)
    }

    fn with_mint(lead: Lead, context: &'a Context<'a>, mint: Mint) -> Story<'a> {
        Story { lead, context, mint, entries: Vec::new(), effects: Vec::new(), other: None }
    }

    /// Begins the story of a new lead with its first fact; none if that fact does not begin a lead.
    pub fn begin(id: LeadId, first: Fact, mut mint: Mint, context: &'a Context<'a>) -> Option<Story<'a>> {
        let entry = entry(&mut mint, context, &context.actor, id, first, None);
        let lead = evolve(None, &entry)?;
        Some(Story { entries: vec![entry], ..Story::with_mint(lead, context, mint) })
    }

    /// Whoever asks made this happen.
    pub fn tell(&mut self, fact: Fact) {
        self.tell_by(&self.context.actor.clone(), fact, None);
    }

    /// Lockkeeper made this happen, as a consequence.
    pub fn note(&mut self, fact: Fact) {
        self.tell_by(&Actor::SYSTEM, fact, None);
    }

    /// Somebody made this happen, about some content.
    pub fn tell_by(&mut self, actor: &Actor, fact: Fact, content: Option<Sealed>) {
        let entry = entry(&mut self.mint, self.context, actor, self.lead.id, fact, content);
        apply(&mut self.lead, &entry);
        self.entries.push(entry);
    }

    /// The shell must do something.
    pub fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Seals content under fresh random bytes.
    pub fn seal(&mut self, content: Content) -> Sealed {
        let blinding = self.mint.bytes();
        self.seal_under(content, blinding)
    }

    /// Seals content under random bytes that were drawn before.
    pub fn seal_under(&mut self, content: Content, blinding: [u8; 32]) -> Sealed {
        let commitment = self.context.seal.commit(&content, &blinding);
        Sealed { content, blinding, commitment }
    }

    /// What follows for another lead, to be written together with this.
    pub fn together_with(&mut self, other: Story<'a>) {
        self.other = Some(Box::new(other.end()));
    }

    /// The story is told.
    pub fn end(self) -> Decision {
        Decision { lead: self.lead, entries: self.entries, effects: self.effects, other: self.other }
    }
}

fn entry(
    mint: &mut Mint,
    context: &Context<'_>,
    actor: &Actor,
    lead: LeadId,
    fact: Fact,
    content: Option<Sealed>,
) -> Entry {
    let playbook = Some(context.playbook.digest.clone());
    Entry { id: mint.id(), at: context.now, actor: actor.clone(), lead: Some(lead), playbook, content, fact }
}
