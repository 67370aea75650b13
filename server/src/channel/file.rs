//! Messages become `.eml` files in a folder: for trying things out, and for whoever sends mail by other means.

use std::io::Write;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use flow::gate::Cleared;

use super::compose::compose;
use super::{Channel, Found, Sent};
use crate::unsubscribe::Unsubscribe;

/// A folder that messages are written to, one file each, named by the message's id.
pub struct FileChannel {
    folder: PathBuf,
    unsubscribe: Option<Unsubscribe>,
}

impl FileChannel {
    /// Uses this folder, making it when it is not there. `unsubscribe` makes the links that messages carry.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path, unsubscribe: Option<Unsubscribe>) -> std::io::Result<FileChannel> {
        std::fs::create_dir_all(folder)?;
        Ok(FileChannel { folder: folder.to_owned(), unsubscribe })
    }

    fn path(&self, external_id: &str) -> PathBuf {
        // Ids are our own: a UUID, an @ and a domain; anything else could leave the folder.
        let name: String = external_id
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || ".-_@".contains(c) { c } else { '_' })
            .collect();
        self.folder.join(format!("{name}.eml"))
    }
}

#[async_trait]
impl Channel for FileChannel {
    async fn send(&self, cleared: &Cleared) -> Sent {
        let message = match compose(cleared, self.unsubscribe.as_ref()) {
            Ok(message) => message.formatted(),
            Err(error) => return Sent::failed(error.to_string()),
        };
        let path = self.path(cleared.external_id());
        let receipt = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let written = tokio::task::spawn_blocking(move || write(&path, &message)).await;
        match written {
            Ok(Ok(())) => Sent::done(receipt),
            Ok(Err(error)) => Sent::not_now(format!("the file could not be written: {error}")),
            Err(error) => Sent::unknown(error.to_string()),
        }
    }

    async fn look_up(&self, external_id: &str) -> Found {
        match self.path(external_id).try_exists() {
            Ok(true) => Found::Sent,
            Ok(false) => Found::NotSent,
            Err(_) => Found::CannotTell,
        }
    }
}

/// Writes beside and renames, so that a file is there whole or not at all.
fn write(path: &Path, message: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("part");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(message)?;
    file.sync_data()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_id_never_leaves_the_folder_and_what_is_not_there_was_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let channel = FileChannel::open(folder.path(), None).unwrap();
        let path = channel.path("../../etc/passwd");
        assert_eq!(path.parent(), Some(folder.path()));
        assert_eq!(channel.look_up("a@b.example").await, Found::NotSent);
        write(&channel.path("a@b.example"), b"x").unwrap();
        assert_eq!(channel.look_up("a@b.example").await, Found::Sent);
    }
}
