//! `lockkeeper record verify`: a bundle or a whole record, from its bytes and the keys the verifier brings alone.

use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::thread::available_parallelism;

use clap::Args;
use record::bundle::{BUNDLE_BYTES_MAX, BundleError};
use record::checkpoint::{Cosignature, Trust};
use record::note::{NOTE_BYTES_MAX, VerifierKey};
use record::verify::{Continues, FactLine, NotVerified, Reason, continues, verify_each};
use record::whole::{Demand, FILE_BYTES_MAX, verify_whole};

use super::bar;
use crate::command::{FOUND_WRONG, failed, tell};

/// `lockkeeper record verify …`
#[derive(Args)]
pub struct VerifyArgs {
    /// The bundle; `-` reads stdin.
    #[arg(required_unless_present = "dir", conflicts_with = "dir")]
    bundle: Option<PathBuf>,
    /// A whole record, as `record export --dir` writes it.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The log's public key, as a C2SP vkey: pin your own.
    #[arg(long)]
    key: String,
    /// A file with an older checkpoint of this log, of which this must be the continuation.
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,
    /// A witness's public key; may be given several times.
    #[arg(long)]
    witness: Vec<String>,
    /// How many of the witnesses must have cosigned.
    #[arg(long, default_value_t = 0)]
    quorum: usize,
}

/// How a verification that could be carried out ended.
enum Found {
    True,
    Wrong,
}

/// Verifies, and says what came of it.
pub fn run(args: &VerifyArgs) -> ExitCode {
    match verify(args) {
        Ok(Found::True) => ExitCode::SUCCESS,
        Ok(Found::Wrong) => ExitCode::from(FOUND_WRONG),
        Err(error) => failed(error),
    }
}

/// # Errors
/// Why it could not be verified at all: keys, files.
fn verify(args: &VerifyArgs) -> Result<Found, String> {
    let trust = trust(args)?;
    let since = args.since.as_deref().map(read_since).transpose()?;
    match (&args.dir, &args.bundle) {
        (Some(dir), _) => whole(dir, &trust, since.as_deref()),
        (None, Some(path)) => bundle(path, &trust, since.as_deref()),
        (None, None) => Err("name a bundle or a folder".into()),
    }
}

fn trust(args: &VerifyArgs) -> Result<Trust, String> {
    let read = |text: &String| VerifierKey::from_str(text).map_err(|error| format!("`{text}`: {error}"));
    let witnesses = args.witness.iter().map(read).collect::<Result<_, _>>()?;
    Trust::new(read(&args.key)?, witnesses, args.quorum).map_err(|error| error.to_string())
}

fn read_since(path: &Path) -> Result<String, String> {
    let said = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
    match read_bounded(path, NOTE_BYTES_MAX).map_err(|error| said(&error))? {
        Some(bytes) => String::from_utf8(bytes).map_err(|_| said(&"a checkpoint is UTF-8 text")),
        None => Err(said(&format!("a checkpoint is at most {NOTE_BYTES_MAX} bytes long"))),
    }
}

fn bundle(path: &Path, trust: &Trust, since: Option<&str>) -> Result<Found, String> {
    // One newline may stand after a bundle.
    let read = read_bounded(path, BUNDLE_BYTES_MAX + 1);
    let Some(bytes) = read.map_err(|error| format!("`{}`: {error}", path.display()))? else {
        return Ok(wrong(&NotVerified { fact: None, reason: Reason::Bundle(BundleError::TooLong) }));
    };
    let each = |line: &FactLine<'_>| {
        tell(line);
    };
    let verified = match verify_each(&bytes, trust, each) {
        Ok(verified) => verified,
        Err(found) => return Ok(wrong(&found)),
    };
    match since.map(|since| continues(&bytes, trust, since)) {
        Some(Err(found)) => return Ok(wrong(&found)),
        Some(Ok(Continues::Unknown(size))) => {
            return Err(format!(
                "the bundle by itself is true, but its proofs do not reach the older checkpoint of {size} facts; \
                 verify the whole record against that one (`record verify --dir`)"
            ));
        }
        Some(Ok(Continues::Proven)) => eprintln!("It continues the older checkpoint."),
        None => {}
    }
    say_who_cosigned(&verified.cosignatures);
    tell(verified);
    Ok(Found::True)
}

fn whole(dir: &Path, trust: &Trust, since: Option<&str>) -> Result<Found, String> {
    if !dir.is_dir() {
        return Err(format!("`{}` is no folder", dir.display()));
    }
    let read = |place: &str| match read_bounded(&dir.join(place), FILE_BYTES_MAX) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("it is longer than {FILE_BYTES_MAX} bytes")),
        Err(error) => Err(error.to_string()),
    };
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let bar = bar(0);
    let found = verify_whole(Demand { trust, since, threads }, read, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let verified = match found {
        Ok(verified) => verified,
        Err(found) => return Ok(wrong(&found)),
    };
    if let Some(since) = &verified.since {
        eprintln!("It continues the older checkpoint of {} facts.", since.size);
    }
    say_who_cosigned(&verified.cosignatures);
    tell(verified);
    Ok(Found::True)
}

fn wrong(found: &impl std::fmt::Display) -> Found {
    tell(found);
    Found::Wrong
}

fn say_who_cosigned(cosignatures: &[Cosignature]) {
    for Cosignature { witness, time_seconds } in cosignatures {
        let seconds = i64::try_from(*time_seconds).ok();
        match seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
            Some(at) => eprintln!("Cosigned by {witness} at {at}."),
            None => eprintln!("Cosigned by {witness}."),
        }
    }
}

/// Reads a file (`-` is stdin) whole, or nothing of one that is longer than `limit` bytes.
fn read_bounded(path: &Path, limit: usize) -> std::io::Result<Option<Vec<u8>>> {
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = std::fs::File::open(path)?;
        if file.metadata()?.len() > limit as u64 {
            return Ok(None);
        }
        Box::new(file)
    };
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}
