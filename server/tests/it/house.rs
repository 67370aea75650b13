//! A running Lockkeeper on a folder of its own, and what a visitor needs to come in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::conformance::cluster::fresh_database;

/// The program under test.
pub const LOCKKEEPER: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// How long anything may take before a test gives up: generous, for slow machines; never waited for in full.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct House {
    pub data: PathBuf,
    pub address: String,
    pub rep: String,
    pub manager: String,
    pub admin: String,
    pub auditor: String,
    pub agent: String,
    /// Its PostgreSQL database, if it is not the embedded one.
    pub database: Option<String>,
    playbook: Option<PathBuf>,
    server: Option<Child>,
    folder: Arc<tempfile::TempDir>,
}

impl House {
    /// The starter playbook, a rep, a manager, an admin, an auditor, an agent.
    pub fn open() -> House {
        House::with_playbook(|_| {})
    }

    /// The same on a PostgreSQL database of its own.
    pub fn on_postgres() -> House {
        House::build(Some(fresh_database()), |_| {})
    }

    /// Another process on the same PostgreSQL database.
    pub fn another_node(&self) -> House {
        assert!(self.database.is_some(), "the embedded database takes one process at a time");
        let mut node = House {
            data: self.data.clone(),
            address: String::new(),
            rep: self.rep.clone(),
            manager: self.manager.clone(),
            admin: self.admin.clone(),
            auditor: self.auditor.clone(),
            agent: self.agent.clone(),
            database: self.database.clone(),
            playbook: self.playbook.clone(),
            server: None,
            folder: self.folder.clone(),
        };
        node.start();
        node
    }

    /// The same with a playbook changed by `change`, which gets its folder.
    pub fn with_playbook(change: impl FnOnce(&Path)) -> House {
        House::build(None, change)
    }

    fn build(database: Option<String>, change: impl FnOnce(&Path)) -> House {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let playbook = folder.path().join("playbook");
        assert!(run(&["init", playbook.to_str().unwrap()]).status.success());
        change(&playbook);
        let mut house = House {
            address: String::new(),
            rep: String::new(),
            manager: String::new(),
            admin: String::new(),
            auditor: String::new(),
            agent: String::new(),
            database,
            playbook: Some(playbook),
            server: None,
            data,
            folder: Arc::new(folder),
        };
        for (email, name, role) in [
            ("rep@example.com", "Ada Rep", "rep"),
            ("manager@example.com", "Max Manager", "manager"),
            ("admin@example.com", "Ada Admin", "admin"),
            ("auditor@example.com", "Ines Auditor", "auditor"),
        ] {
            house.ok(&["member", "add", "--email", email, "--name", name, "--role", role]);
        }
        house.rep = house.token(&["--member", "rep@example.com"]);
        house.manager = house.token(&["--member", "manager@example.com"]);
        house.admin = house.token(&["--member", "admin@example.com"]);
        house.auditor = house.token(&["--member", "auditor@example.com"]);
        house.agent = house.token(&["--agent", "bot"]);
        house.start();
        house
    }

    fn token(&self, of: &[&str]) -> String {
        let line = self.ok(&[&["token", "create"], of].concat());
        let made: Value = serde_json::from_str(line.trim()).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// The same with more to say.
    pub fn start_with(&mut self, more: &[&str]) {
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&self.data);
        if let Some(playbook) = &self.playbook {
            command.arg("--playbook").arg(playbook);
        }
        command.args(more);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("the server did not start: {line}"));
        self.address = told["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
        self.server = Some(server);
    }

    /// The server's process id.
    pub fn server_id(&self) -> String {
        self.server.as_ref().map(|server| server.id().to_string()).unwrap_or_default()
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Ends the server as an admin would, and says whether it went well.
    pub fn stop(&mut self) -> bool {
        let Some(mut server) = self.server.take() else { return true };
        let id = server.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        server.wait().unwrap().success()
    }

    /// Runs a command on this data; it must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command on this data.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).arg("--data").arg(&self.data).output().unwrap()
    }

    /// The program, told which database to use.
    fn command(&self) -> Command {
        let mut command = Command::new(LOCKKEEPER);
        command.env_remove("LOCKKEEPER_DATABASE");
        command.envs(self.database.iter().map(|url| ("LOCKKEEPER_DATABASE", url)));
        command
    }

    pub fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(token), "application/json", &[], body.to_string().as_bytes())
    }

    pub fn get(&self, path: &str, token: &str) -> Reply {
        self.send("GET", path, Some(token), "application/json", &[], b"")
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        self.try_send(method, path, token, kind, headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Reply> {
        send_to(&self.address, method, path, token, kind, headers, body)
    }

    /// A lead captured through the API, with its id.
    pub fn lead(&self, name: &str, email: &str) -> String {
        let body =
            json!({ "name": name, "email": email, "subject": "Pumps", "message": "We need two pumps." });
        let reply = self.post("/v1/leads", &self.agent, &body);
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["lead"]["id"].as_str().unwrap().to_owned()
    }

    /// The pending proposal of a step on a lead.
    pub fn pending(&self, lead: &str, step: &str) -> Value {
        let page = self.get(&format!("/v1/proposals?state=pending&lead={lead}"), &self.manager).json();
        let items = page["items"].as_array().unwrap();
        items.iter().find(|item| item["step"] == step).cloned().unwrap_or_else(|| panic!("no {step}: {page}"))
    }

    pub fn decide(&self, proposal: &Value, token: &str, decision: Value) -> Reply {
        let mut body = json!({ "commitment": proposal["commitment"], "seen_ms": 12_000 });
        body.as_object_mut().unwrap().extend(decision.as_object().unwrap().clone());
        self.post(&format!("/v1/proposals/{}/decision", proposal["id"].as_str().unwrap()), token, &body)
    }

    /// Waits until an action is in one of these states.
    pub fn wait_for(&self, action: &Value, states: &[&str]) -> String {
        let path = format!("/v1/actions/{}", action.as_str().unwrap());
        eventually(&format!("action in {states:?}"), || {
            let state =
                self.get(&path, &self.manager).json()["state"].as_str().unwrap_or_default().to_owned();
            states.contains(&state.as_str()).then_some(state)
        })
    }

    /// What went out, by Message-ID.
    pub fn outbox(&self) -> Vec<(String, String)> {
        let Ok(entries) = std::fs::read_dir(self.data.join("outbox")) else { return Vec::new() };
        let mut mails: Vec<(String, String)> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .map(|path| {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                (path.file_name().unwrap().to_string_lossy().into_owned(), text)
            })
            .collect();
        mails.sort();
        mails
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends one request to a server and reads its answer.
pub fn send_to(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    kind: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
        address,
        body.len()
    );
    if let Some(token) = token {
        head.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    // A server that refuses a large body answers before it has read all of it.
    let _ = stream.write_all(body);
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).or_else(|error| if raw.is_empty() { Err(error) } else { Ok(0) })?;
    Reply::parse(&raw).ok_or_else(|| std::io::Error::other("the answer broke off"))
}

/// Runs the program.
pub fn run(args: &[&str]) -> Output {
    Command::new(LOCKKEEPER).args(args).output().unwrap()
}

/// Asks again until there is an answer; the only place where a test waits.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    fn parse(raw: &[u8]) -> Option<Reply> {
        let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&raw[..end]).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let body = raw[end + 4..].to_vec();
        let body = if head.contains("transfer-encoding: chunked") { unchunk(&body)? } else { body };
        Some(Reply { status, head, body })
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..line]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(line + 2..line + 2 + size)?);
        body = body.get(line + 4 + size..)?;
    }
}
