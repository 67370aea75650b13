//! `init` and `check`: the starter playbook, and the mistakes in somebody's own.

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::{FOUND_WRONG, failed};
use crate::playbook::{self, PlaybookError};

/// Writes the starter playbook.
pub fn init(dir: &Path) -> ExitCode {
    let files = playbook::starter();
    match playbook::write(dir, &files) {
        Ok(()) => {
            println!("{}", json!({ "dir": dir, "files": files.keys().collect::<Vec<_>>() }));
            eprintln!(
                "The starter playbook is in {}. Edit it, then: lockkeeper check {}",
                dir.display(),
                dir.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => failed(format!("{}: {error}", dir.display())),
    }
}

/// Reports every mistake in a playbook.
pub fn check(dir: &Path) -> ExitCode {
    let files = match playbook::read(dir) {
        Ok(files) => files,
        Err(error) => return failed(error),
    };
    match playbook::checked(&files) {
        Ok(playbook) => {
            let closed: Vec<String> = playbook
                .calendars
                .iter()
                .filter_map(|(name, calendar)| {
                    let error = calendar.check_opens(Timestamp::now()).err()?;
                    Some(format!("calendars/{name}.toml:1:1: {error}"))
                })
                .collect();
            if !closed.is_empty() {
                closed.iter().for_each(|line| eprintln!("{line}"));
                println!("{}", json!({ "ok": false, "mistakes": closed }));
                return ExitCode::from(FOUND_WRONG);
            }
            println!(
                "{}",
                json!({ "ok": true, "digest": format!("sha256:{}", playbook.digest), "files": files.len() })
            );
            eprintln!("The playbook is in order.");
            ExitCode::SUCCESS
        }
        Err(PlaybookError::Mistakes(mistakes)) => {
            for mistake in &mistakes {
                eprintln!("{}/{mistake}", dir.display());
            }
            let lines: Vec<_> = mistakes
                .iter()
                .map(|mistake| {
                    json!({
                        "file": mistake.file, "line": mistake.line, "column": mistake.column,
                        "message": mistake.message, "hint": mistake.hint,
                    })
                })
                .collect();
            println!("{}", json!({ "ok": false, "mistakes": lines }));
            ExitCode::from(FOUND_WRONG)
        }
        Err(error) => failed(error),
    }
}
