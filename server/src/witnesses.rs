//! Submitting checkpoints to witnesses, after C2SP tlog-witness, and keeping their cosignatures: so that nobody can show
//! one past here and another there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use hyper::Method;
use record::checkpoint::{Trust, open};
use record::note::{Note, SignatureLine, VerifierKey};
use record::tree::{Hash, Nodes, consistency_proof};
use record::witness::Submission;
use store::{Answer, Commit, Question, Side, StoreError};
use tokio::sync::watch;

use crate::app::App;
use crate::client::{Client, ClientError};
use crate::evidence;

/// How long a witness may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long at least between two submissions, so that a busy day is not one submission a second.
const REST: Duration = Duration::from_secs(2);

/// A witness as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    key: VerifierKey,
    /// Host and port.
    address: String,
    /// Path of the submissions.
    path: String,
}

/// `VKEY,http://HOST:PORT/PREFIX`
impl FromStr for Witness {
    type Err = String;

    fn from_str(text: &str) -> Result<Witness, String> {
        let form = "a witness is given as `VKEY,http://HOST:PORT/PREFIX`";
        let (key, url) = text.split_once(',').ok_or(form)?;
        let key = VerifierKey::from_str(key.trim()).map_err(|error| format!("{form}; {error}"))?;
        let rest = url.trim().strip_prefix("http://");
        let rest = rest.ok_or_else(|| format!("{form}; for TLS put a proxy before it on this machine"))?;
        let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let prefix = prefix.trim_end_matches('/');
        let path = if prefix.is_empty() {
            "/add-checkpoint".to_owned()
        } else {
            format!("/{prefix}/add-checkpoint")
        };
        Ok(Witness { key, address, path })
    }
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum SubmitError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("it did not answer in time")]
    Late,
    #[error("it answered {status}: {words}")]
    Refused { status: u16, words: String },
    #[error("its cosignature is wrong: {0}")]
    Wrong(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Submits each new checkpoint until `stop` says so.
pub async fn submit_all(app: App, witnesses: Vec<Witness>, mut stop: watch::Receiver<bool>) {
    let mut changes = app.changes();
    // What each witness has seen, as far as it said.
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut last = 0;
    while !*stop.borrow() {
        match round(&app, &witnesses, &mut seen, last).await {
            Ok(size) => last = size,
            Err(error) => tracing::warn!(%error, "the checkpoint was not submitted; trying again"),
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            _ = stop.changed() => continue,
        }
        if matches!(newest(&app).await, Ok(Some((_, size))) if size == last) {
            tokio::select! {
                _ = changes.recv() => {}
                _ = stop.changed() => {}
            }
            changes = changes.resubscribe();
        }
    }
}

/// The last checkpoint and its size.
async fn newest(app: &App) -> Result<Option<(Note, u64)>, StoreError> {
    let Some(note) = evidence::checkpoint(app).await? else { return Ok(None) };
    let unreadable = |_| StoreError::Value("the checkpoint".into());
    let note = Note::from_str(&note).map_err(unreadable)?;
    let size = note.text().lines().nth(1).and_then(|line| line.parse().ok());
    Ok(size.map(|size| (note, size)))
}

/// Submits the last checkpoint if it is newer than `last`; answers how far all witnesses have come.
async fn round(
    app: &App,
    witnesses: &[Witness],
    seen: &mut BTreeMap<String, u64>,
    last: u64,
) -> Result<u64, StoreError> {
    let Some((note, size)) = newest(app).await? else { return Ok(last) };
    if size <= last {
        return Ok(last);
    }
    let mut lines = Vec::new();
    let mut all = true;
    for witness in witnesses {
        let known = seen.entry(witness.key.to_string()).or_default();
        match cosigned(app, witness, &note, size, known).await {
            Ok(line) => lines.push(line),
            Err(error) => {
                all = false;
                tracing::warn!(witness = witness.key.name(), size, %error, "not cosigned");
            }
        }
    }
    if lines.is_empty() {
        return Ok(last);
    }
    let together = lines.into_iter().try_fold(note, Note::with);
    let together = together.map_err(|error| StoreError::Value(error.to_string()))?;
    let side = vec![Side::Cosigned { size, note: together.to_string() }];
    app.store().commit(Commit { workspace: app.workspace_id(), side, ..Commit::default() }).await?;
    // One that failed is asked again for the same checkpoint.
    Ok(if all { size } else { last })
}

/// One witness's cosignature on this checkpoint. It may have seen another tree than we know of; then it says so, and is
/// asked once more.
async fn cosigned(
    app: &App,
    witness: &Witness,
    note: &Note,
    size: u64,
    seen: &mut u64,
) -> Result<SignatureLine, SubmitError> {
    for is_second in [false, true] {
        let proof = proof(app, *seen, size).await?;
        let submission = Submission { old: *seen, proof, note: note.to_string() };
        let sent = async {
            let mut client = Client::connect(&witness.address, None).await?;
            client.send(Method::POST, &witness.path, "text/plain", submission.to_string()).await
        };
        let reply = tokio::time::timeout(PATIENCE, sent).await.map_err(|_| SubmitError::Late)??;
        let words = String::from_utf8_lossy(&reply.body).trim().chars().take(300).collect::<String>();
        match (reply.status, words.parse::<u64>()) {
            (200, _) => {
                let line = checked(app, witness, note, &String::from_utf8_lossy(&reply.body))?;
                *seen = size;
                return Ok(line);
            }
            (409, Ok(other)) if !is_second && other <= size => *seen = other,
            (status, _) => return Err(SubmitError::Refused { status, words }),
        }
    }
    Err(SubmitError::Wrong("it names another size each time".into()))
}

/// The line among those answered that this witness has signed, checked.
fn checked(app: &App, witness: &Witness, note: &Note, answered: &str) -> Result<SignatureLine, SubmitError> {
    let wrong = |error: &dyn std::fmt::Display| SubmitError::Wrong(error.to_string());
    let together =
        Note::from_str(&format!("{note}{}\n", answered.trim_end())).map_err(|error| wrong(&error))?;
    let own = VerifierKey::from_str(&app.log_key().vkey()).map_err(|error| wrong(&error))?;
    let trust = Trust::new(own, vec![witness.key.clone()], 1).map_err(|error| wrong(&error))?;
    open(&together.to_string(), &trust).map_err(|error| wrong(&error))?;
    let mine = |line: &&SignatureLine| line.name == witness.key.name() && line.key_id == witness.key.id();
    together.signatures().iter().find(mine).cloned().ok_or_else(|| wrong(&"it is not there"))
}

/// The proof that the tree of `size` facts continues that of `old`.
async fn proof(app: &App, old: u64, size: u64) -> Result<Vec<Hash>, SubmitError> {
    let wanted = Wanted::default();
    match consistency_proof(&wanted, old, size) {
        Ok(_) => {}
        Err(never) => match never {},
    }
    let places: Vec<(u32, u64)> =
        wanted.0.into_inner().into_keys().map(|(level, index)| (u32::from(level), index)).collect();
    let Answer::Nodes(hashes) = app.ask(Question::Nodes { places: places.clone() }).await? else {
        return Err(StoreError::Value("nodes".into()).into());
    };
    let known = places.iter().zip(hashes).filter_map(|(place, hash)| Some((*place, Hash(hash?)))).collect();
    consistency_proof(&Known(known), old, size)
        .map_err(|()| StoreError::Value("the tree's nodes".into()).into())
}

/// Notes which nodes are asked for.
#[derive(Default)]
struct Wanted(RefCell<BTreeMap<(u8, u64), ()>>);

impl Nodes for Wanted {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        self.0.borrow_mut().insert((level, index), ());
        Ok(Hash([0; 32]))
    }
}

/// Nodes that were fetched.
struct Known(BTreeMap<(u32, u64), Hash>);

impl Nodes for Known {
    type Error = ();

    fn node(&self, level: u8, index: u64) -> Result<Hash, ()> {
        self.0.get(&(u32::from(level), index)).copied().ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::note::CosigningKey;

    #[test]
    fn a_witness_is_given_by_its_key_and_address() {
        let key = CosigningKey::from_seed("witness.example", &[1; 32]).unwrap().verifier().to_string();
        let read = |text: &str| format!("{key},{text}").parse::<Witness>();
        let plain = read("http://witness.example").unwrap();
        assert_eq!((plain.address.as_str(), plain.path.as_str()), ("witness.example:80", "/add-checkpoint"));
        let under = read("http://127.0.0.1:7421/w/1/").unwrap();
        assert_eq!((under.address.as_str(), under.path.as_str()), ("127.0.0.1:7421", "/w/1/add-checkpoint"));
        assert!(read("https://witness.example").unwrap_err().contains("proxy"));
        assert!("http://witness.example".parse::<Witness>().is_err());
    }
}
