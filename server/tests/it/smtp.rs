//! Approved mail leaves over a real SMTP server, once, with the Message-ID that the record knows.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::house::{House, eventually};

/// OpenSMTPD on a port of its own, delivering everything into one maildir.
struct MailServer {
    process: Child,
    port: u16,
    mail: PathBuf,
    _folder: tempfile::TempDir,
}

impl MailServer {
    fn open() -> MailServer {
        let folder = tempfile::Builder::new().prefix("lk-smtp").tempdir_in("/tmp").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mail = folder.path().join("mail");
        std::fs::create_dir(&mail).unwrap();
        for path in [folder.path(), &mail] {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            std::fs::set_permissions(path, open).unwrap();
        }
        let config = folder.path().join("smtpd.conf");
        let text = format!(
            "table users {{ \"@\" = \"nobody\" }}\nlisten on 127.0.0.1 port {port}\n\
             action \"deliver\" maildir \"{}\" virtual <users>\nmatch from any for any action \"deliver\"\n",
            mail.display()
        );
        std::fs::write(&config, text).unwrap();
        let process = Command::new("/usr/sbin/smtpd")
            .args(["-d", "-f"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("OpenSMTPD runs; bin/test installs it");
        eventually("the mail server listens", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        MailServer { process, port, mail, _folder: folder }
    }

    fn delivered(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.mail.join("new")) else { return Vec::new() };
        entries
            .map(|entry| String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()).into_owned())
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

fn send_over(playbook: &Path, port: u16) {
    let path = playbook.join("playbook.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let smtp = format!("kind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"");
    let changed = text.replace("kind = \"file\"\nfolder = \"outbox\"", &smtp);
    assert_ne!(text, changed);
    std::fs::write(&path, changed).unwrap();
}

#[test]
fn approved_mail_leaves_once_over_smtp() {
    let server = MailServer::open();
    let house = House::with_playbook(|playbook| send_over(playbook, server.port));
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    assert_eq!(house.decide(&proposal, &house.rep, json!({ "decision": "approve" })).status, 200);
    assert_eq!(house.wait_for(&proposal["action"], &["done", "failed", "unknown"]), "done");
    let mails =
        eventually("the mail is delivered", || Some(server.delivered()).filter(|mails| !mails.is_empty()));
    assert_eq!(mails.len(), 1);
    let lead = house.get(&format!("/v1/leads/{lead}"), &house.rep).json();
    let messages = lead["messages"].as_array().unwrap();
    let out = messages.iter().find(|message| message["direction"] == "out").unwrap();
    let id = out["external_id"].as_str().unwrap();
    assert!(mails[0].contains(&format!("Message-ID: <{id}>")), "{}", mails[0]);
    assert!(mails[0].contains("Subject: Re: Pumps"), "{}", mails[0]);
}

#[test]
fn a_server_that_is_not_there_is_a_failure_that_may_pass_and_nothing_is_lost() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let house = House::with_playbook(|playbook| send_over(playbook, port));
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let proposal = house.pending(&lead, "message.reply");
    assert_eq!(house.decide(&proposal, &house.rep, json!({ "decision": "approve" })).status, 200);
    let facts = eventually("the attempt is settled", || {
        let facts = house.get(&format!("/v1/leads/{lead}/facts"), &house.rep).json();
        let items = facts["items"].as_array().unwrap().clone();
        items.iter().any(|fact| fact["kind"] == "dispatch.settled").then_some(items)
    });
    let settled = facts.iter().find(|fact| fact["kind"] == "dispatch.settled").unwrap();
    assert_eq!(settled["refs"]["outcome"], "failed", "{settled:#}");
    assert_eq!(settled["opened"]["body"]["again"], true, "{settled:#}");
    assert_eq!(house.wait_for(&proposal["action"], &["waiting"]), "waiting");
}
