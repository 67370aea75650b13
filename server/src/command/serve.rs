//! `lockkeeper serve`: the server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{DataArgs, block_on};
use crate::app::{App, Options, StartError};
use crate::house::{House, Parts};
use crate::playbook;
use crate::witnesses::Witness;

/// `lockkeeper serve`
#[derive(Args)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 takes any that is free.
    #[arg(long, env = "LOCKKEEPER_LISTEN", default_value = "127.0.0.1:7420")]
    listen: String,
    #[command(flatten)]
    data: DataArgs,
    /// The playbook's folder; without it the one in force, at first the starter.
    #[arg(long, env = "LOCKKEEPER_PLAYBOOK")]
    playbook: Option<PathBuf>,
    /// A folder of `.eml` files to take in; `inbox` in the data folder unless said otherwise.
    #[arg(long, env = "LOCKKEEPER_INBOX")]
    inbox: Option<PathBuf>,
    /// Host in the record's origin line; fixed when the record begins.
    #[arg(long, env = "LOCKKEEPER_HOST", default_value = "localhost")]
    host: String,
    /// A witness that cosigns the record's checkpoints, as `VKEY,http://HOST:PORT/PREFIX`; may be given several times.
    #[arg(long, env = "LOCKKEEPER_WITNESS", value_delimiter = ' ')]
    witness: Vec<Witness>,
    /// Which parts run here: web, worker, or both.
    #[arg(long, value_delimiter = ',', default_values = ["web", "worker"], value_parser = ["web", "worker"])]
    roles: Vec<String>,
}

/// `lockkeeper serve`
pub fn run(args: ServeArgs) -> ExitCode {
    log_as_json();
    block_on(async {
        let files = args.playbook.as_deref().map(playbook::read).transpose()?;
        let options = Options { playbook: files, host: args.host, ..args.data.options() };
        let app = App::open(options).await?;
        let has = |role: &str| args.roles.iter().any(|given| given == role);
        let mail_folder = Some(args.inbox.unwrap_or_else(|| args.data.data.join("inbox")));
        let parts = Parts { web: has("web"), worker: has("worker"), mail_folder, witnesses: args.witness };
        let house = House::open(&app, &args.listen, parts).await?;
        // Whoever reads the line may tell us to stop at once.
        let stop = StopSignals::new()?;
        let listening = house.address().map(|address| format!("http://{address}"));
        println!("{}", json!({ "listening": listening }));
        if app.snapshot().members.is_empty() {
            let when = if args.data.database.is_some() { "" } else { " With the server stopped:" };
            eprintln!("Nobody can sign in yet.{when} lockkeeper member add --email … --name … --role admin");
        }
        stop.told().await;
        eprintln!("Finishing what was begun.");
        house.close().await;
        Ok::<_, StartError>(ExitCode::SUCCESS)
    })
}

/// SIGTERM and the interrupt from the keyboard, listened for from the moment this is made.
pub struct StopSignals {
    terminated: Signal,
    interrupted: Signal,
}

impl StopSignals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system lets no signals be heard.
    pub fn new() -> Result<StopSignals, StartError> {
        let wrong = |error: std::io::Error| StartError::Other(error.to_string());
        Ok(StopSignals {
            terminated: signal(SignalKind::terminate()).map_err(wrong)?,
            interrupted: signal(SignalKind::interrupt()).map_err(wrong)?,
        })
    }

    /// Waits until somebody says stop.
    pub async fn told(mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }
}

/// Logs go to stderr as JSON lines, without personal data. `RUST_LOG` says how much.
pub fn log_as_json() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,lockkeeper=info"));
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
