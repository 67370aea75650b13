//! `lockkeeper simulate`: a team at work for months, through the real decisions, on simulated time.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{FOUND_WRONG, failed};
use crate::playbook;
use crate::simulate::{self, Plan, PlanError};

/// Largest plan that is read, in bytes.
const LARGEST_PLAN: u64 = 1024 * 1024;

/// `lockkeeper simulate`
#[derive(Args)]
pub struct SimulateArgs {
    /// The plan: {"seed","days","leads_per_day","wrong","drift":{"day","times"},"reported","probe_rate","approvers":[{"name",
    /// "attention","words_per_minute","unread","minutes_per_day"}],"widens"}; what is left out is as usual.
    #[arg(value_name = "PLAN.json")]
    plan: Option<PathBuf>,
    /// The playbook's folder; the starter without it.
    #[arg(long)]
    playbook: Option<PathBuf>,
    /// Another seed than the plan's.
    #[arg(long)]
    seed: Option<u64>,
    /// Other days than the plan's.
    #[arg(long)]
    days: Option<u32>,
    /// Other leads a day than the plan's.
    #[arg(long)]
    leads_per_day: Option<f64>,
}

/// Runs the plan and prints its report as JSON. Exit 0 done, 1 the plan or the playbook is wrong, 2 a file cannot be read.
pub fn run(args: SimulateArgs) -> ExitCode {
    let mut plan = match args.plan.as_deref().map(read).transpose() {
        Ok(plan) => plan.unwrap_or_default(),
        Err(code) => return code,
    };
    plan.seed = args.seed.unwrap_or(plan.seed);
    plan.days = args.days.unwrap_or(plan.days);
    plan.leads_per_day = args.leads_per_day.unwrap_or(plan.leads_per_day);
    let files = match args.playbook.as_deref().map(playbook::read).transpose() {
        Ok(files) => files.unwrap_or_else(playbook::starter),
        Err(error) => return failed(error),
    };
    match simulate::run(&plan, &files) {
        Ok(report) => match serde_json::to_string_pretty(&report) {
            Ok(text) => {
                println!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => failed(error),
        },
        Err(error @ (PlanError::Value { .. } | PlanError::Playbook(_))) => {
            eprintln!("lockkeeper: {error}");
            ExitCode::from(FOUND_WRONG)
        }
        Err(error) => failed(error),
    }
}

fn read(path: &std::path::Path) -> Result<Plan, ExitCode> {
    let size = std::fs::metadata(path).map(|file| file.len());
    if size.is_ok_and(|size| size > LARGEST_PLAN) {
        return Err(failed(format!(
            "{}: larger than {LARGEST_PLAN} bytes, so this is no plan",
            path.display()
        )));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| failed(format!("{}: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        eprintln!("lockkeeper: {}: {error}", path.display());
        ExitCode::from(FOUND_WRONG)
    })
}
