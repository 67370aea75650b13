//! Style sheets, scripts and pictures, carried inside the binary. Their addresses carry a digest of their bytes, so a
//! browser may keep them for good and a new release is seen at once.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// The address of an asset; the digest in it changes when the bytes do.
pub fn url(name: &str) -> String {
    match Assets::get(name) {
        Some(file) => format!("/assets/{name}?v={}", short_digest(&file)),
        // The tests hold that every asset named on a page is there.
        None => format!("/assets/{name}"),
    }
}

/// `GET /assets/{name}`.
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Assets::get(&name) else {
        return (StatusCode::NOT_FOUND, "there is no such asset").into_response();
    };
    let etag = format!("\"{}\"", short_digest(&file));
    let mut kept = HeaderMap::new();
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        kept.insert(header::ETAG, value);
    }
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    if let Ok(kind) = HeaderValue::from_str(&media_type(&file)) {
        kept.insert(header::CONTENT_TYPE, kind);
    }
    (kept, file.data.into_owned()).into_response()
}

fn media_type(file: &rust_embed::EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    if kind.starts_with("text/") || kind.ends_with("javascript") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

fn short_digest(file: &rust_embed::EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_asset_is_kept_by_its_digest_and_typed() {
        let first = serve(Path("base.css".into()), HeaderMap::new()).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let etag = first.headers()[header::ETAG].clone();
        assert!(url("base.css").ends_with(etag.to_str().unwrap().trim_matches('"')));
        let again =
            serve(Path("base.css".into()), HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)])).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn nothing_outside_the_assets_is_served() {
        for name in ["../Cargo.toml", "nothing.css", ""] {
            assert_eq!(serve(Path(name.into()), HeaderMap::new()).await.status(), StatusCode::NOT_FOUND);
        }
    }
}
