//! The server under measurement: this program as a process of its own, on a fresh folder.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flow::ids::MemberId;
use flow::terms::{Actor, Role};
use serde_json::Value;

use crate::app::{App, NewToken, Options, StartError};
use crate::health::resident_bytes;

/// A running server, and what a caller needs to come in.
pub struct Served {
    folder: Folder,
    child: Option<Child>,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The PostgreSQL database it is on, instead of one in its folder.
    database: Option<String>,
    /// An agent's token.
    pub agent: String,
    /// A manager's token.
    pub manager: String,
}

/// A folder for one run; a temporary one goes with it.
pub struct Folder {
    path: PathBuf,
    ours: bool,
}

impl Folder {
    /// This one, if it is empty or not there yet; else a temporary one.
    ///
    /// # Errors
    /// When it holds something, or cannot be made.
    pub fn fresh(wanted: Option<&Path>) -> Result<Folder, StartError> {
        let ours = wanted.is_none();
        let path = wanted.map_or_else(
            || std::env::temp_dir().join(format!("lockkeeper-bench-{}", std::process::id())),
            Path::to_owned,
        );
        let wrong = |error: std::io::Error| StartError::Other(format!("{}: {error}", path.display()));
        std::fs::create_dir_all(&path).map_err(wrong)?;
        if std::fs::read_dir(&path).map_err(wrong)?.next().is_some() {
            let words = format!("{} is not empty; a run begins on a fresh folder", path.display());
            return Err(StartError::Other(words));
        }
        Ok(Folder { path, ours })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.ours {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

impl Served {
    /// A server with a rep, a manager and an agent, on the starter playbook.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(folder: Folder, database: Option<String>) -> Result<Served, StartError> {
        let (agent, manager) = found(folder.path(), database.clone()).await?;
        let mut served = Served { folder, database, child: None, address: String::new(), agent, manager };
        served.open()?;
        Ok(served)
    }

    /// Starts the process and answers how long it took until it listened.
    fn open(&mut self) -> Result<Duration, StartError> {
        let wrong = |error: std::io::Error| StartError::Other(format!("the server to be measured: {error}"));
        let program = std::env::current_exe().map_err(wrong)?;
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.folder.path())
            .env_remove("LOCKKEEPER_DATABASE")
            .envs(self.database.iter().map(|url| ("LOCKKEEPER_DATABASE", url)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(wrong)?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(wrong)?;
        }
        let time = begun.elapsed();
        self.child = Some(child);
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        let address = told["listening"].as_str().unwrap_or_default().trim_start_matches("http://");
        if address.is_empty() {
            return Err(StartError::Other(format!("the server to be measured did not start: {line}")));
        }
        address.clone_into(&mut self.address);
        Ok(time)
    }

    /// Stops it as an admin would and starts it again; answers how long it took until it listened.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<Duration, StartError> {
        self.stop();
        self.open()
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Without `kill` from the shell's tools it ends the hard way, which it must survive as well.
            let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            if !asked.is_ok_and(|status| status.success()) {
                let _ = child.kill();
            }
            let _ = child.wait();
        }
    }

    /// Its folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Its resident memory in bytes.
    pub fn memory(&self) -> Option<u64> {
        resident_bytes(&self.child.as_ref()?.id().to_string())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes the members and tokens: an agent's, a manager's.
async fn found(folder: &Path, database: Option<String>) -> Result<(String, String), StartError> {
    let app = App::open(Options { database, ..Options::at(folder) }).await?;
    let add = async |email: &str, name: &str, role| -> Result<MemberId, StartError> {
        Ok(app.add_member(&Actor::SYSTEM, email, name, role, None).await?.id)
    };
    add("rep@example.com", "Ada Rep", Role::Rep).await?;
    let manager = add("manager@example.com", "Max Manager", Role::Manager).await?;
    let agent = app.create_token(&Actor::SYSTEM, NewToken::Agent("bench".into())).await?;
    let manager = app.create_token(&Actor::SYSTEM, NewToken::Member(manager)).await?;
    Ok((agent, manager))
}
