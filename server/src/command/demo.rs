//! `lockkeeper demo`: a sample company's day, through the real doors, on a fresh database.

mod company;
mod day;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use flow::terms::Role;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::serve::StopSignals;
use super::{FOUND_WRONG, block_on};
use crate::app::{App, Options, StartError};
use crate::client::Client;
use crate::house::{House, Parts};
use crate::time::SystemClock;

/// A new lead trickles in this often while the demo goes on serving.
const TRICKLE: Duration = Duration::from_secs(20);

/// `lockkeeper demo`
#[derive(Args)]
pub struct DemoArgs {
    /// Address and port to listen on; port 0 takes any that is free.
    #[arg(long, env = "LOCKKEEPER_LISTEN", default_value = "127.0.0.1:7420")]
    listen: String,
    /// A folder for the demo's database; a fresh one among the temporary files without it.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Stop after the day and print what happened as one JSON line.
    #[arg(long)]
    exit: bool,
}

/// `lockkeeper demo`
pub fn run(args: DemoArgs) -> ExitCode {
    block_on(async move {
        let data = fresh(args.data)?;
        let files = company::playbook();
        let options = Options {
            data: data.clone(),
            database: None,
            playbook: Some(files),
            clock: Arc::new(SystemClock),
            host: "demo.nordpump.example".into(),
        };
        let app = App::open(options).await?;
        let company = company::found(&app).await?;
        let listen = if args.exit { "127.0.0.1:0" } else { &args.listen };
        let parts =
            Parts { web: true, worker: true, mail_folder: Some(data.join("inbox")), witnesses: Vec::new() };
        let house = House::open(&app, listen, parts).await?;
        let address = house.address().map(|address| address.to_string()).unwrap_or_default();
        if !args.exit {
            println!("{}", json!({ "listening": format!("http://{address}") }));
        }
        eprintln!(
            "A day at Nordpump, a made-up maker of pumps. Nothing leaves this machine; data in {}",
            data.display()
        );
        let captured = day::play(&app, &address, &company).await?;
        day::settle_down(&app).await?;
        if args.exit {
            let line = summary::of(&app, captured).await?;
            house.close().await;
            println!("{line}");
            let right = line["verified"] == Value::Bool(true);
            return Ok::<_, StartError>(if right { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WRONG) });
        }
        welcome(&app, &address)?;
        tokio::select! {
            () = StopSignals::new()?.told() => {}
            () = trickle(&address) => {}
        }
        house.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The demo's folder. One that holds a database already is somebody's, and is left alone.
fn fresh(data: Option<PathBuf>) -> Result<PathBuf, StartError> {
    let wrong = |path: &std::path::Path, error: &dyn std::fmt::Display| {
        StartError::Other(format!("{}: {error}", path.display()))
    };
    match data {
        Some(path) => {
            let taken = path.exists()
                && std::fs::read_dir(&path).map_err(|error| wrong(&path, &error))?.next().is_some();
            if taken {
                return Err(wrong(&path, &"the folder is not empty; the demo begins on a fresh one"));
            }
            Ok(path)
        }
        None => {
            let path = std::env::temp_dir().join(format!("lockkeeper-demo-{}", std::process::id()));
            if path.exists() {
                std::fs::remove_dir_all(&path).map_err(|error| wrong(&path, &error))?;
            }
            Ok(path)
        }
    }
}

/// Says where to look, and as whom.
fn welcome(app: &App, address: &str) -> Result<(), StartError> {
    let snapshot = app.snapshot();
    let mut links = serde_json::Map::new();
    eprintln!();
    eprintln!("  Look around at http://{address}, signed in as");
    for role in [Role::Rep, Role::Manager, Role::Admin, Role::Auditor] {
        let Some(member) = snapshot.members.iter().find(|member| member.role == role) else { continue };
        let link = format!("http://{address}/sign-in/link/{}", app.make_sign_in_link(member.id)?);
        eprintln!("    {:<8} {:<16} {link}", role.word(), member.name);
        links.insert(role.word().to_owned(), json!(link));
    }
    eprintln!();
    eprintln!(
        "  New leads trickle in. What goes out becomes a file in {}",
        app.data().join("outbox").display()
    );
    eprintln!("  Stop with Ctrl-C.");
    println!("{}", json!({ "sign_in": links }));
    Ok(())
}

/// More leads, one at a time, for ever.
async fn trickle(address: &str) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    for lead in company::trickle().into_iter().cycle() {
        let heard = async {
            match hangup.as_mut() {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(TRICKLE) => {}
            _ = heard => return,
        }
        if let Ok(mut client) = Client::connect(address, None).await {
            let _ = client.post_form("/f/contact", &lead).await;
        }
    }
}
