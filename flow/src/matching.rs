//! Same person or not, with the evidence.
//!
//! Every captured enquiry is normalised once ([`Identity`]), looked up under conjunction keys ([`Keyring`]), compared
//! fact by fact with each candidate, and the evidence summed to one of three answers: *same*, *ambiguous*, *new*.

pub mod fold;
pub mod nicknames;
pub mod name;
pub mod mailbox;
pub mod phone;
pub mod organisation;
pub mod place;
pub mod identity;
pub mod columns;
pub mod card;
pub mod keys;
pub mod index;
pub mod near;
pub mod fact;
pub mod compare;
pub mod score;
pub mod band;
pub mod cluster;
pub mod batch;
pub mod arrival;
pub mod recognise;
pub mod learn;

pub use card::Card;
pub use identity::{Born, Fields, Identity};
pub use keys::{Keyring, Term};
pub use mailbox::{Mailbox, MailboxKind, is_free_mail};
pub use name::{Generation, PersonName, RawName};
pub use phone::Phone;
