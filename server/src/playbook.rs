//! Playbooks on disk: the starter that comes with the program, a folder of somebody's own, and their digest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flow::playbook::{Mistake, Playbook};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// Largest file that is read as part of a playbook, in bytes.
const FILE_LIMIT: u64 = 1024 * 1024;
/// Most files in a playbook.
const FILES_LIMIT: usize = 500;

/// The starter playbook, inside the binary.
#[derive(RustEmbed)]
#[folder = "../playbook"]
struct Starter;

/// The files of a playbook, by path with forward slashes.
pub type Files = BTreeMap<String, String>;

/// Why a folder is no playbook.
#[derive(Debug, thiserror::Error)]
pub enum PlaybookError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file that is too large or not text.
    #[error("{}: {what}", path.display())]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It has mistakes.
    #[error("the playbook has {} mistakes:\n{}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<Mistake>),
}

/// The starter playbook's files.
pub fn starter() -> Files {
    Starter::iter()
        .filter_map(|path| {
            let file = Starter::get(&path)?;
            Some((path.to_string(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

/// Reads a folder's files: whatever is not hidden, in it and in its folders.
///
/// # Errors
/// The first file that cannot be read, is too large, or is no text.
pub fn read(dir: &Path) -> Result<Files, PlaybookError> {
    let mut files = Files::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let read_error = |error| PlaybookError::Read { path: folder.clone(), error };
        for entry in std::fs::read_dir(&folder).map_err(read_error)? {
            let entry = entry.map_err(read_error)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = entry.metadata().map_err(|error| PlaybookError::Read { path: path.clone(), error })?;
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            if kind.len() > FILE_LIMIT || files.len() >= FILES_LIMIT {
                return Err(PlaybookError::Unfit {
                    path,
                    what: "a playbook has at most 500 files of 1 MiB each",
                });
            }
            let text =
                std::fs::read(&path).map_err(|error| PlaybookError::Read { path: path.clone(), error })?;
            let text = String::from_utf8(text)
                .map_err(|_| PlaybookError::Unfit { path: path.clone(), what: "is not UTF-8 text" })?;
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(name, text);
        }
    }
    Ok(files)
}

/// Checks a playbook's files.
///
/// # Errors
/// All mistakes, each with its place.
pub fn checked(files: &Files) -> Result<Playbook, PlaybookError> {
    Playbook::parse(files, digest(files)).map_err(PlaybookError::Mistakes)
}

/// Hex SHA-256 over all files: for each, in order of path, the lengths and bytes of its path and text, so that no two
/// playbooks share a digest.
pub fn digest(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (path, text) in files {
        for part in [path, text] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hex(&hasher.finalize())
}

/// Hex SHA-256 of each file.
pub fn digests(files: &Files) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| (path.clone(), hex(&Sha256::digest(text.as_bytes())))).collect()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes a playbook's files into a folder that is empty or not there.
///
/// # Errors
/// When the folder has something in it, or cannot be written.
pub fn write(dir: &Path, files: &Files) -> std::io::Result<()> {
    if dir.exists() && std::fs::read_dir(dir)?.next().is_some() {
        let message = "the folder is not empty; name another, or empty it first";
        return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, message));
    }
    for (path, text) in files {
        let path = dir.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}
