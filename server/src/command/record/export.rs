//! `lockkeeper record export`: one lead as a bundle, or the whole record as files.

use std::io::Write;
use std::path::Path;

use flow::ids::LeadId;

use super::bar;
use crate::app::{App, StartError};
use crate::evidence::{self, Under, whole};

/// Writes a lead's bundle to stdout: exactly its bytes, without a newline, for it has one form.
pub async fn bundle(app: &App, lead: LeadId, under: Under) -> Result<(), StartError> {
    let bundle =
        evidence::bundle(app, lead, under).await.map_err(|error| StartError::Other(error.to_string()))?;
    let written = std::io::stdout().write_all(&bundle);
    written.map_err(|error| StartError::Other(error.to_string()))
}

/// Writes the whole record into a folder.
pub async fn whole(app: &App, dir: &Path, under: Under) -> Result<(), StartError> {
    let bar = bar(0);
    let told = bar.clone();
    let progress = move |done, all| {
        told.set_length(all);
        told.set_position(done);
    };
    let written = whole::export(app, dir, under, progress).await;
    bar.finish_and_clear();
    let size = written.map_err(|error| StartError::Other(error.to_string()))?;
    eprintln!("{size} facts are in `{}`.", dir.display());
    Ok(())
}
