//! Preparing a text and finding what is risky in it.
//!
//! A draft begins as a [`Template`] of the playbook, filled with what is known of a lead ([`Merge`]) into a
//! [`Drafted`] subject and text. It is never sent by being drafted: it becomes the content of a proposal, and
//! the gate judges that.
//!
//! Nothing here reads a file, a clock or a random source; the same input gives the same answer on any machine.

mod difference;
mod findings;
mod html;
mod letters;
mod merge;
mod tags;
mod template;
mod templates;

pub use difference::{Change, Difference, Segment, Substance, difference, words_new};
pub use findings::{
    FINDINGS_LIMIT, Finding, FindingId, LONG_TEXT_CHARS, Level, Piece, Place, READ_LIMIT_CHARS, Reading,
    findings, language_of, pieces, worst,
};
pub use html::to_html;
pub use merge::{AccountFields, FIELDS, Field, LeadFields, Merge, OwnerFields, WorkspaceFields};
pub use template::{DraftError, Drafted, OUTPUT_LIMIT_CHARS, Template, TemplateError, render};
pub use templates::Templates;
