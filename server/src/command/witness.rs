//! `lockkeeper witness`: watches somebody else's log, and cosigns its checkpoints as long as it only grows.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use clap::Args;
use jiff::Timestamp;
use record::checkpoint::{Trust, cosign};
use record::note::{CosigningKey, Note, VerifierKey};
use record::witness::{Refused, SUBMISSION_BYTES_MAX, Seen, Submission};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::serve::{StopSignals, log_as_json};
use super::{block_on, failed};
use crate::app::StartError;
use crate::engine;
use crate::playbook::hex;

/// The file with the witness's own key.
const KEY_FILE: &str = "witness.key";

/// `lockkeeper witness`
#[derive(Args)]
pub struct WitnessArgs {
    /// Address and port to listen on; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:7421")]
    listen: String,
    /// A folder of its own, with its key and what it has seen; made on first use. Whoever loses it can cosign two pasts.
    #[arg(long)]
    data: PathBuf,
    /// The name of the witness's key, made on first use.
    #[arg(long, default_value = "witness.example")]
    name: String,
    /// The public key of a log to be watched, as a C2SP vkey; may be given several times.
    #[arg(long, required = true)]
    log: Vec<String>,
}

/// `lockkeeper witness`
pub fn run(args: WitnessArgs) -> ExitCode {
    log_as_json();
    let witness = match Witness::open(&args) {
        Ok(witness) => Arc::new(witness),
        Err(error) => return failed(error),
    };
    block_on(async move {
        let wrong = |error: std::io::Error| StartError::Other(format!("{}: {error}", args.listen));
        let listener = TcpListener::bind(&args.listen).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let stop = StopSignals::new()?;
        let key = witness.key.verifier().to_string();
        println!("{}", json!({ "listening": format!("http://{address}"), "key": key }));
        eprintln!("The key to give to verifiers: {key}");
        let doors = Router::new()
            .route("/add-checkpoint", post(add))
            .layer(DefaultBodyLimit::max(SUBMISSION_BYTES_MAX))
            .with_state(witness);
        axum::serve(listener, doors).with_graceful_shutdown(stop.told()).await.map_err(wrong)?;
        Ok::<_, StartError>(ExitCode::SUCCESS)
    })
}

/// The key, the logs, and what was seen of them.
struct Witness {
    key: CosigningKey,
    /// By origin.
    logs: BTreeMap<String, Trust>,
    folder: PathBuf,
    /// Held while something is cosigned: each checkpoint is judged by what was written before.
    writing: Mutex<()>,
}

impl Witness {
    fn open(args: &WitnessArgs) -> Result<Witness, String> {
        let said = |path: &Path, error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
        std::fs::create_dir_all(&args.data).map_err(|error| said(&args.data, &error))?;
        let path = args.data.join(KEY_FILE);
        let key = match std::fs::read_to_string(&path) {
            Ok(text) => CosigningKey::from_private_text(text.trim()).map_err(|error| said(&path, &error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let seed = engine::random().map_err(|error| error.to_string())?;
                let key = CosigningKey::from_seed(&args.name, &seed).map_err(|error| error.to_string())?;
                keep(&path, &key.to_private_text()).map_err(|error| said(&path, &error))?;
                key
            }
            Err(error) => return Err(said(&path, &error)),
        };
        let logs = args.log.iter().map(|text| {
            let log = VerifierKey::from_str(text).map_err(|error| format!("`{text}`: {error}"))?;
            let origin = log.name().to_owned();
            let trust = Trust::new(log, Vec::new(), 0).map_err(|error| error.to_string())?;
            Ok((origin, trust))
        });
        let logs = logs.collect::<Result<_, String>>()?;
        Ok(Witness { key, logs, folder: args.data.clone(), writing: Mutex::default() })
    }

    fn place(&self, origin: &str) -> PathBuf {
        self.folder.join(format!("seen-{}.txt", hex(&Sha256::digest(origin))))
    }

    /// What was last cosigned of a log.
    fn seen(&self, origin: &str) -> std::io::Result<Option<Seen>> {
        let text = match std::fs::read_to_string(self.place(origin)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut lines = text.lines().skip(1);
        let size = lines.next().and_then(|line| line.parse().ok());
        let root = lines.next().and_then(|line| line.parse().ok());
        match (size, root) {
            (Some(size), Some(root)) => Ok(Some(Seen { size, root })),
            // Cosigning anything now could be a second past.
            _ => Err(std::io::Error::other("what was seen of this log cannot be read")),
        }
    }

    /// Judges a submission, remembers it, and only then cosigns it.
    fn take(&self, text: &str) -> Result<String, Answer> {
        let submission = Submission::parse(text)?;
        let origin = submission.note.lines().next().unwrap_or_default();
        let trust = self.logs.get(origin).ok_or(Answer::UnknownLog)?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoint = submission.judge(trust, self.seen(origin)?)?;
        keep(&self.place(origin), &format!("{origin}\n{}\n{}\n", checkpoint.size, checkpoint.root))?;
        let note: Note = submission.note.parse().map_err(|_| Refused::Malformed("no signed note"))?;
        let seconds = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
        let line = cosign(&note, &self.key, seconds).map_err(Refused::from)?;
        tracing::info!(log = origin, size = checkpoint.size, "cosigned");
        Ok(format!("{line}\n"))
    }
}

/// Why nothing was cosigned.
#[derive(Debug, thiserror::Error)]
enum Answer {
    #[error("this log is not watched here")]
    UnknownLog,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("what was seen cannot be kept: {0}")]
    Io(#[from] std::io::Error),
}

/// `POST /add-checkpoint`
async fn add(State(witness): State<Arc<Witness>>, body: String) -> Response {
    let taken = tokio::task::spawn_blocking(move || witness.take(&body)).await;
    match taken {
        Ok(Ok(cosignature)) => cosignature.into_response(),
        Ok(Err(answer)) => refusal(&answer),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The statuses that C2SP tlog-witness names.
fn refusal(answer: &Answer) -> Response {
    let status = match answer {
        Answer::UnknownLog => StatusCode::NOT_FOUND,
        Answer::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Answer::Refused(Refused::OtherOld { seen }) => {
            let size = seen.map_or(0, |seen| seen.size);
            let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
        }
        Answer::Refused(Refused::TwoPasts { .. }) => StatusCode::CONFLICT,
        Answer::Refused(Refused::Inconsistent(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        Answer::Refused(Refused::Checkpoint(_)) => StatusCode::FORBIDDEN,
        Answer::Refused(Refused::Malformed(_) | Refused::Shrunk { .. }) => StatusCode::BAD_REQUEST,
    };
    tracing::warn!(%answer, "not cosigned");
    (status, format!("{answer}\n")).into_response()
}

/// Writes a file so that it is there whole, or as it was before.
fn keep(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    // The name, too, must be on the disk before anything is cosigned.
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
