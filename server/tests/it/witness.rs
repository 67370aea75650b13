//! Witnesses: a log is cosigned while it only grows, and whoever verifies may ask for it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::house::{House, LOCKKEEPER, Reply, eventually, run, send_to};
use crate::record::log_key;

/// A running witness.
struct Watcher {
    process: Child,
    address: String,
    key: String,
    folder: PathBuf,
}

impl Watcher {
    fn of(folder: &Path, log: &str) -> Watcher {
        let mut process = Command::new(LOCKKEEPER)
            .args(["witness", "--listen", "127.0.0.1:0", "--name", "witness.example", "--log", log, "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Watcher { process, address: text("listening"), key: text("key"), folder: folder.to_owned() }
    }

    fn given(&self) -> String {
        format!("{},{}", self.key, self.address)
    }

    fn submit(&self, body: &str) -> Reply {
        let address = self.address.trim_start_matches("http://");
        send_to(address, "POST", "/add-checkpoint", None, "text/plain", &[], body.as_bytes()).unwrap()
    }

    /// How many facts it has cosigned.
    fn seen(&self) -> u64 {
        let files = std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let file = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "txt"));
        let text = file.map(|path| std::fs::read_to_string(path).unwrap_or_default()).unwrap_or_default();
        text.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn a_record_is_cosigned_while_it_only_grows() {
    let mut house = House::open();
    house.stop();
    let key = log_key(&house);
    let seen = house.data.with_file_name("witness");
    let witness = Watcher::of(&seen, &key);
    house.start_with(&["--witness", &witness.given()]);
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let path = house.data.with_file_name("bundle.json");
    let dir = house.data.with_file_name("witnessed");
    // What happens of itself after a lead came in may take a moment; then all of it is under a cosigned checkpoint.
    let bundle = eventually("a cosigned bundle", || {
        let placed = house.get("/v1/record/checkpoint", &house.auditor).text();
        let size: u64 = placed.lines().nth(1)?.parse().ok()?;
        if size < 10 || witness.seen() != size {
            return None;
        }
        house.stop();
        let output = house.run(&["record", "export", "--lead", &lead, "--witnessed"]);
        if !output.status.success() {
            house.start_with(&["--witness", &witness.given()]);
        }
        output.status.success().then_some(output.stdout)
    });
    assert!(house.stop());
    std::fs::write(&path, &bundle).unwrap();
    let verify = |more: &[&str]| {
        let output = run(&[&["record", "verify", path.to_str().unwrap(), "--key", &key], more].concat());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = verify(&["--witness", &witness.key, "--quorum", "1"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Cosigned by witness.example"), "{said}");
    assert_eq!(verify(&[]).0, Some(1), "a signature that cannot be checked is refused");
    std::fs::write(&path, house.ok(&["record", "export", "--lead", &lead])).unwrap();
    let (code, said) = verify(&["--witness", &witness.key, "--quorum", "1"]);
    assert_eq!(code, Some(1), "{said}");
    house.ok(&["record", "export", "--dir", dir.to_str().unwrap(), "--witnessed"]);
    let whole = [
        "record",
        "verify",
        "--dir",
        dir.to_str().unwrap(),
        "--key",
        &key,
        "--witness",
        &witness.key,
        "--quorum",
        "1",
    ];
    assert_eq!(run(&whole).status.code(), Some(0));

    // The witness is asked by hand: from a size it has not seen, and about another log.
    let note = house.ok(&["record", "checkpoint"]);
    let stale = witness.submit(&format!("old 0\n\n{note}"));
    assert_eq!(stale.status, 409, "{}", stale.text());
    assert!(stale.text().trim().parse::<u64>().is_ok(), "it says what it has seen: {}", stale.text());
    let other = note.replacen("localhost/main", "elsewhere/main", 1);
    assert_eq!(witness.submit(&format!("old 0\n\n{other}")).status, 404);
    let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
    let forged = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
    assert_eq!(witness.submit(&format!("old 0\n\n{forged}")).status, 403);
    assert_eq!(witness.submit("nonsense").status, 400);
}
