//! `lockkeeper`: the server and its commands.
//!
//! Data goes to stdout as JSON, words and progress to stderr. Exit 0: done; 1: checked and found wrong; 2: usage, file
//! or network.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod api;
mod app;
mod channel;
mod client;
mod command;
mod draw;
mod engine;
mod evidence;
mod health;
mod house;
mod passkeys;
mod keeper;
mod passwords;
mod playbook;
mod sequencer;
mod simulate;
mod state;
mod time;
mod unsubscribe;
mod turns;
mod vitals;
mod web;
mod witnesses;
mod worker;

use std::process::ExitCode;

use clap::Parser;

/// Many threads make and drop small things all the time; the system's allocator has them wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::Cli::parse().run()
}
