//! The whole record as static files, written in steps: neither the facts nor the tree need fit into memory.

use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use record::checkpoint::open;
use record::note::Note;
use record::tile::{TILE_HEIGHT, TILE_WIDTH, TileId, Tiles};
use record::whole::{CHECKPOINT_PATH, ExportError};
use store::views::FactFilter;
use store::{Answer, Question, StoreError};
use tokio::runtime::Handle;

use super::{EvidenceError, Under, facts, own_trust};
use crate::app::App;

/// Facts read from the store at once.
const STEP: u64 = 16 * TILE_WIDTH;

/// Why the record was not written out.
#[derive(Debug, thiserror::Error)]
pub enum WholeError {
    /// It cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The folder holds something else.
    #[error("in `{}` lies the record of another log, or a damaged one; choose another folder", .0.display())]
    OtherLog(PathBuf),
    /// A file cannot be written.
    #[error("`{}`: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// In the system's words.
        why: String,
    },
}

impl From<StoreError> for WholeError {
    fn from(error: StoreError) -> WholeError {
        EvidenceError::from(error).into()
    }
}

fn damaged(error: impl std::fmt::Display) -> WholeError {
    EvidenceError::Damaged(error.to_string()).into()
}

/// Writes the record, as far as its last checkpoint goes, into `dir`; answers how many facts that is. Tells `progress`
/// of the facts written and of all there are. The checkpoint comes last, so that an export that was broken off is
/// not taken for a whole one.
///
/// # Errors
/// When there is no checkpoint yet, another log's export lies in the folder, or a file cannot be written.
pub async fn export(
    app: &App,
    dir: &Path,
    under: Under,
    progress: impl Fn(u64, u64) + Send + 'static,
) -> Result<u64, WholeError> {
    let note = under.note(app).await?;
    let trust = own_trust(app)?;
    let size = open(&note, &trust).map_err(damaged)?.checkpoint.size;
    let mine = |note: &str| open(note, &trust).is_ok();
    match std::fs::read_to_string(dir.join(CHECKPOINT_PATH)) {
        Ok(other) if !mine(&other) => return Err(WholeError::OtherLog(dir.to_owned())),
        _ => {}
    }
    let note = Note::from_str(&note).map_err(damaged)?;
    let source = Source { app: app.clone(), runtime: Handle::current() };
    let (reader, writer) = (source.clone(), Folder(dir.to_owned()));
    let written = tokio::task::spawn_blocking(move || {
        let mut ahead = VecDeque::new();
        let leaves = |needed: Range<u64>| {
            let taken = reader.leaves(&mut ahead, &needed, size)?;
            progress(needed.end, size);
            Ok(taken)
        };
        record::whole::export(&note, size, &source, leaves, |path, bytes| writer.write(path, bytes))
    });
    let written = written.await.map_err(damaged)?;
    written.map(|()| size).map_err(|error| match error {
        ExportError::Caller(error) => error,
        other => damaged(other),
    })
}

/// The store, asked from a thread that may wait.
#[derive(Clone)]
struct Source {
    app: App,
    runtime: Handle,
}

impl Source {
    /// The leaves of a range, read ahead in larger steps.
    fn leaves(
        &self,
        ahead: &mut VecDeque<Vec<u8>>,
        needed: &Range<u64>,
        size: u64,
    ) -> Result<Vec<Vec<u8>>, WholeError> {
        let count = usize::try_from(needed.end - needed.start).unwrap_or(0);
        if ahead.len() < count {
            let from = needed.start + ahead.len() as u64;
            let limit = usize::try_from(STEP.min(size - from)).unwrap_or(1);
            let filter = FactFilter { from_index: Some(from), limit, ..FactFilter::default() };
            let rows = self.runtime.block_on(facts(&self.app, filter))?;
            ahead.extend(rows.into_iter().map(|row| row.leaf));
        }
        Ok(ahead.drain(..count.min(ahead.len())).collect())
    }
}

impl Tiles for Source {
    type Error = StoreError;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, StoreError> {
        let first = id.index * TILE_WIDTH;
        let level = u32::from(id.level) * u32::from(TILE_HEIGHT);
        let places = (first..first + u64::from(id.width)).map(|index| (level, index)).collect();
        match self.runtime.block_on(self.app.ask(Question::Nodes { places }))? {
            Answer::Nodes(nodes) => Ok(nodes.into_iter().map_while(|node| node).flatten().collect()),
            _ => Err(StoreError::Value("nodes".into())),
        }
    }
}

/// Where the files go.
struct Folder(PathBuf);

impl Folder {
    /// Writes a file under its name at once, so that whoever reads meanwhile never meets half of it.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), WholeError> {
        let path = self.0.join(path);
        let failed = |error: std::io::Error| WholeError::File { path: path.clone(), why: error.to_string() };
        let folder = path.parent().unwrap_or(&self.0);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let unfinished = path.with_extension("unfinished");
        let write = || {
            let mut file = std::fs::File::create(&unfinished)?;
            file.write_all(bytes)?;
            std::fs::rename(&unfinished, &path)
        };
        write().map_err(failed)
    }
}
