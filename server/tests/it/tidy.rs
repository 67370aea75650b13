//! The house's own order, as tests: layout, links, sizes, and nothing that a reader would trip over.

use std::path::{Path, PathBuf};

/// A file longer than this invites a split by meaning.
const LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') || ["target", "node_modules", "vendor"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            files(&path, end, found);
        } else if name.ends_with(end) {
            found.push(path);
        }
    }
}

fn all(end: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root(), end, &mut found);
    assert!(!found.is_empty());
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn no_file_is_too_long_to_read() {
    for (path, text) in all(".rs") {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; split it by meaning", path.display());
    }
}

#[test]
fn links_in_the_docs_lead_somewhere() {
    for (path, text) in all(".md") {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") || target.contains(' ') || target.contains("{{") {
                continue;
            }
            let there = path.parent().unwrap().join(target).exists();
            assert!(there, "{}: `{link}` leads nowhere", path.display());
        }
    }
}

#[test]
fn the_domain_does_no_io() {
    let mut found = Vec::new();
    files(&root().join("flow/src"), ".rs", &mut found);
    files(&root().join("record/src"), ".rs", &mut found);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.components().any(|part| part.as_os_str() == "tests") || name.ends_with("tests.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for banned in [
            "std::fs",
            "std::env",
            "std::net",
            "SystemTime::now",
            "Timestamp::now",
            "Instant::now",
            "getrandom",
        ] {
            assert!(!code.contains(banned), "{}: `{banned}` has no place in a pure crate", path.display());
        }
    }
}

#[test]
fn sql_stays_in_the_store() {
    let mut found = Vec::new();
    files(&root().join("server/src"), ".rs", &mut found);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rusqlite"), "{}: SQL belongs to the store", path.display());
    }
}

#[test]
fn the_starter_playbook_carries_the_schema_of_this_release() {
    let schema = std::fs::read_to_string(root().join("flow/src/gate/schema.cedarschema")).unwrap();
    for playbook in ["playbook", "demo/playbook"] {
        let copy = std::fs::read_to_string(root().join(playbook).join("schema.cedarschema")).unwrap();
        assert_eq!(copy, schema, "{playbook}");
    }
}
