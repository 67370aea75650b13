//! The desk: one proposal at a time, the most pressing first, with everything needed to judge it.

pub mod queue;
pub mod proposal;
pub mod thread;
pub mod letter;
pub mod difference;
pub mod beside;
pub mod decide;
pub mod settled;
pub mod sign;
pub mod load;
pub mod act;

use axum::extract::{Path, Query};
use axum::response::Response;
use flow::ids::ProposalId;
use maud::{Markup, html};

use super::layout::{Frame, Here};
use super::session::Visit;
use super::trouble::Trouble;
use super::words::Names;
use super::{id, marks};
use load::Asked;
use proposal::Current;
use queue::Queue;

/// `GET /desk`: the list, and beside it the most pressing proposal.
pub async fn open(visit: Visit, Query(asked): Query<Asked>) -> Response {
    visit.answer(shown(&visit, &asked, None).await).await
}

/// `GET /desk/{proposal}`.
pub async fn open_one(visit: Visit, Path(proposal): Path<String>, Query(asked): Query<Asked>) -> Response {
    let made = async { shown(&visit, &asked, Some(id(&proposal, "proposal")?)).await };
    visit.answer(made.await).await
}

async fn shown(visit: &Visit, asked: &Asked, chosen: Option<ProposalId>) -> Result<Markup, Trouble> {
    let frame = visit.frame().await?;
    let mut queue = load::queue(visit, asked.filter(), chosen).await?;
    queue.current = chosen.or_else(|| queue.rows.first().map(|row| row.proposal.id));
    let current = match queue.current {
        Some(id) => Some(load::current(visit, id, queue.filter).await?),
        None => None,
    };
    let done = match asked.done.parse() {
        Ok(done) => settled::confirmation(&load::row(&visit.app, done).await?, &frame),
        Err(_) => None,
    };
    Ok(page(&frame, &queue, current.as_ref(), chosen.is_some(), done))
}

/// `GET /desk/queue`: the list alone.
pub async fn queue_part(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let queue = load::queue(&visit, asked.filter(), asked.current.parse().ok()).await;
    visit.answer(queue.map(|queue| queue::list(&queue, visit.now))).await
}

/// `GET /desk/{proposal}/news`: whether the proposal still stands as it was seen.
pub async fn news_part(visit: Visit, Path(proposal): Path<String>, Query(asked): Query<Asked>) -> Response {
    let made = async {
        let row = load::row(&visit.app, id(&proposal, "proposal")?).await?;
        let names = Names::of(&visit.app.snapshot().members);
        let notice = proposal::notice(&row, &asked.seen, &names, asked.filter(), visit.now);
        Ok(proposal::news(row.proposal.id, &asked.seen, asked.filter(), notice))
    };
    visit.answer(made.await).await
}

/// The whole page. `chosen` says that the proposal was asked for by its address, which is what a phone shows then.
pub fn page(
    frame: &Frame,
    queue: &Queue,
    current: Option<&Current>,
    chosen: bool,
    done: Option<Markup>,
) -> Markup {
    let title = match (chosen, current) {
        (true, Some(current)) => {
            super::words::heading(current.row.proposal.step, current.row.person.display())
        }
        _ => "Desk".into(),
    };
    // A phone shows one side at a time; with nothing to open, both fit.
    let class = match (chosen, current) {
        (true, _) => "desk one",
        (false, Some(_)) => "desk list",
        (false, None) => "desk",
    };
    frame.page(
        Here::Desk,
        &title,
        class,
        html! {
            (queue::pane(queue, frame.now))
            div.desk-main {
                @if let Some(done) = done { (done) }
                @match current {
                    Some(current) => (proposal::article(current, frame)),
                    None => (nothing(frame, queue)),
                }
            }
        },
    )
}

/// Nothing waits: say so, and where to go.
fn nothing(frame: &Frame, queue: &Queue) -> Markup {
    html! {
        div.empty {
            (marks::open_gate())
            h2 { "Nothing waits for you" }
            @if !queue.filter.all && frame.pending.all > 0 {
                p {
                    (super::words::count(frame.pending.all, "proposal waits", "proposals wait")) " for others. "
                    a href="/desk?show=all" { "Look at all of them" } "."
                }
            } @else if queue.filter.step.is_some() {
                p { "No proposal of this step waits. " a href="/desk" { "Look at all that wait for you" } "." }
            } @else {
                p { "What the gate asks a person comes up here by itself. Until then, "
                    a href="/leads?show=due" { "see which leads are due" } "." }
            }
        }
    }
}
