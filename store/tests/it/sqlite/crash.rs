//! The machine stops at any moment: what was answered is there, and nothing is there by half.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use store::views::FactFilter;
use store::{Answer, Question, Store};

use super::{Folder, usual, workspace};

/// Where the process that is to be killed finds its folder.
const FOLDER: &str = "STORE_CRASH_FOLDER";
/// Answers to wait for before each kill.
const ANSWERS: usize = 40;

/// Not a test of its own: started by the one below, it commits until it is killed and prints what was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = std::sync::Arc::new(store::sqlite::Sqlite::open(folder.as_ref()).await.unwrap());
    store.workspace("acme", Some(workspace())).await.unwrap();
    let first = std::env::var("STORE_CRASH_FIRST").unwrap().parse::<u64>().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in (first + task..).step_by(8) {
                    store.commit(usual(number).commit()).await.unwrap();
                    println!("\nanswered {number}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let folder = Folder::new();
    let mut answered: Vec<u64> = Vec::new();
    for round in 0..3_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::crash::commits_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .env("STORE_CRASH_FIRST", (round * 100_000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("answered ")?.parse::<u64>().ok());
        answered.extend(numbers.take(ANSWERS));
        child.kill().unwrap();
        child.wait().unwrap();

        let store = folder.sqlite().await;
        for number in &answered {
            let story = usual(*number);
            let held = store.lead(workspace(), story.id).await.unwrap();
            assert!(held.is_some_and(|held| held.lead == story.state.unwrap()), "{number} was answered");
        }
        let filter = FactFilter { unplaced: true, limit: 10_000, ..FactFilter::default() };
        let Answer::Facts(facts) = store.ask(workspace(), Question::Facts(filter)).await.unwrap() else {
            panic!()
        };
        assert_eq!(facts.len() % 6, 0, "whole commits only");
    }
    assert_eq!(answered.len(), 3 * ANSWERS);
}
