//! The record: an append-only, hashed and signed log of facts, as pure computation.
//!
//! Nothing here reads a file, a clock, the network or a random source; callers pass blinding values, nonces
//! and keys in, and get bytes out. Modules stand in the order in which a fact travels: it becomes a leaf, its
//! body is committed to, the leaf enters a tree, the tree is stored as tiles, its head is signed as a
//! checkpoint, and facts leave again as a bundle or as the whole record, to be verified by anyone.
//!
//! | what | module | after |
//! |---|---|---|
//! | fact as bytes | [`leaf`] | RFC 8785 |
//! | hiding what may be erased | [`commitment`], [`canonical`] | hash commitment |
//! | tree, proofs | [`tree`] | RFC 6962, RFC 9162 |
//! | storage and exchange of the tree | [`tile`] | C2SP tlog-tiles |
//! | signed text, keys | [`note`] | C2SP signed-note |
//! | signed tree head | [`checkpoint`] | C2SP tlog-checkpoint, tlog-cosignature |
//! | what a witness cosigns | [`witness`] | C2SP tlog-witness |
//! | decisions signed by a person | [`passkey`] | WebAuthn |
//! | all of one lead, to be checked by others | [`bundle`], [`verify`] | |
//! | all of the record, to be checked by others | [`whole`] | C2SP tlog-tiles |

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod canonical;
pub mod leaf;
pub mod commitment;
pub mod tree;
pub mod tile;
pub mod note;
pub mod checkpoint;
pub mod passkey;
pub mod bundle;
pub mod witness;
pub mod verify;
pub mod whole;

mod base64text;
mod words;
