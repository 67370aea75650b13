//! What changes, as server-sent events: CloudEvents in JSON.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use flow::ids::Mint;
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{ApiError, Caller};
use crate::app::App;

/// `GET /v1/events`: one event a fact kind and lead. A slow reader is told that it missed some.
pub async fn stream(
    State(app): State<App>,
    _: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let changes = app.changes();
    let stream = stream::unfold((changes, app), |(mut changes, app)| async move {
        let events = next(&mut changes, &app).await?;
        Some((stream::iter(events.into_iter().map(Ok)), (changes, app)))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(stream.flatten()).keep_alive(alive))
}

async fn next(changes: &mut Receiver<Change>, app: &App) -> Option<Vec<Event>> {
    loop {
        match changes.recv().await {
            Ok(change) if change.workspace == app.workspace_id() => {
                return Some(change.kinds.iter().map(|kind| event(app, &change, kind)).collect());
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                let data = json!({ "missed": missed }).to_string();
                return Some(vec![Event::default().event("missed").data(data)]);
            }
            Err(RecvError::Closed) => return None,
        }
    }
}

fn event(app: &App, change: &Change, kind: &str) -> Event {
    let now = app.now();
    // Only names the event; nothing is hidden by it.
    let id = Mint::new(crate::engine::random().unwrap_or_default(), now).uuid();
    let cloud = json!({
        "specversion": "1.0",
        "id": id,
        "source": format!("/workspaces/{}", app.workspace().name),
        "type": format!("lockkeeper.{kind}"),
        "subject": change.lead,
        "time": now,
        "datacontenttype": "application/json",
        "data": { "lead": change.lead },
    });
    Event::default().id(id.to_string()).event(kind).data(cloud.to_string())
}
