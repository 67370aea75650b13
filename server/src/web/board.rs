//! The board: every lead and its clock at a glance, live. The numbers at the head are doors to their leads.

use axum::extract::Query;
use axum::response::Response;
use flow::ids::MemberId;
use flow::terms::{Stage, Tier};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use store::views::{BoardCounts, ClockCell, LeadFilter, LeadRow, Page};
use store::{Answer, Question};

use super::layout::{Frame, Here};
use super::marks;
use super::session::Visit;
use super::trouble::Trouble;
use super::words::{self, Names};

/// Leads on one page of the board.
pub const ROWS: usize = 50;

/// The filters as they stand in the address. Empty and unknown values filter nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    /// Words in name, address, company or phone.
    pub q: String,
    /// A member's id, `me`, or `none` for the queue.
    pub owner: String,
    /// A stage's word; `open` for all that are not closed, which is the default; `all`.
    pub stage: String,
    /// A tier's word.
    pub tier: String,
    /// A clock's state: `running`, `warned`, `breached`.
    pub clock: String,
    /// `yes` for leads with a sign of risk.
    pub risk: String,
    /// Where the page begins.
    pub cursor: String,
}

impl Filters {
    /// The same as a question to the store.
    pub fn question(&self, me: MemberId) -> LeadFilter {
        let owner = if self.owner == "me" { Some(me) } else { self.owner.parse().ok() };
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        LeadFilter {
            q: some(&self.q),
            owner,
            queued: self.owner == "none",
            stage: Stage::from_word(&self.stage),
            tier: Tier::from_word(&self.tier),
            at_risk: self.risk == "yes",
            clock: some(&self.clock)
                .filter(|state| matches!(state.as_str(), "running" | "warned" | "breached")),
            open: matches!(self.stage.as_str(), "" | "open"),
            limit: ROWS,
            cursor: some(&self.cursor),
        }
    }

    /// The query part of an address for the same board, from `cursor` on; with its question mark, or empty.
    pub fn query(&self, cursor: &str) -> String {
        let pairs = [
            ("q", self.q.as_str()),
            ("owner", &self.owner),
            ("stage", &self.stage),
            ("tier", &self.tier),
            ("clock", &self.clock),
            ("risk", &self.risk),
            ("cursor", cursor),
        ];
        super::query(&pairs)
    }

    /// Whether more than words is filtered by.
    fn narrows(&self) -> bool {
        [&self.owner, &self.stage, &self.tier, &self.clock].iter().any(|filter| !filter.is_empty())
    }

    fn filters_anything(&self) -> bool {
        !self.query("").is_empty()
    }
}

/// The board as it is to be shown.
#[derive(Debug, Clone)]
pub struct Board {
    /// Under which filters.
    pub filters: Filters,
    /// The numbers at the head.
    pub counts: BoardCounts,
    /// The leads.
    pub leads: Page<LeadRow>,
    /// The members' names.
    pub names: Names,
}

/// `GET /leads`.
pub async fn open(visit: Visit, Query(filters): Query<Filters>) -> Response {
    let made = async { Ok(page(&visit.frame().await?, &load(&visit, filters).await?)) };
    visit.answer(made.await).await
}

/// `GET /leads/live`: the numbers and rows alone.
pub async fn live_part(visit: Visit, Query(filters): Query<Filters>) -> Response {
    let made = async { Ok(live(&visit.frame().await?, &load(&visit, filters).await?)) };
    visit.answer(made.await).await
}

async fn load(visit: &Visit, filters: Filters) -> Result<Board, Trouble> {
    let counts = match visit.app.ask(Question::BoardCounts { now: visit.now }).await? {
        Answer::BoardCounts(counts) => counts,
        other => return Err(Trouble::unexpected(&other)),
    };
    let leads = match visit.app.ask(Question::Leads(filters.question(visit.me.id))).await? {
        Answer::Leads(page) => page,
        other => return Err(Trouble::unexpected(&other)),
    };
    Ok(Board { filters, counts, leads, names: Names::of(&visit.app.snapshot().members) })
}

/// The whole page.
pub fn page(frame: &Frame, board: &Board) -> Markup {
    frame.page(
        Here::Leads,
        "Leads",
        "board",
        html! {
            header.page-head { h1 { "Leads" } }
            (live(frame, board))
        },
    )
}

/// The numbers and the rows: what is asked for again whenever a lead changes.
pub fn live(frame: &Frame, board: &Board) -> Markup {
    html! {
        div id="board" hx-get={ "/leads/live" (board.filters.query(&board.filters.cursor)) }
            hx-trigger="board-changed from:body throttle:1s" hx-swap="outerMorph" {
            (tiles(&board.counts, &board.filters))
            (filters(frame, board))
            @if board.leads.items.is_empty() { (nothing(board)) } @else { (rows(board, frame.now)) (paging(board)) }
        }
    }
}

fn tiles(counts: &BoardCounts, filters: &Filters) -> Markup {
    let tile = |number: u64, of: &str, tone: &str, to: Filters| {
        let figure = if number == 0 { "none" } else { tone };
        let here = to == Filters { q: String::new(), cursor: String::new(), ..filters.clone() };
        html! {
            li {
                a.tile href={ "/leads" (to.query("")) } aria-current=[here.then_some("true")] {
                    span class={ "figure " (figure) } { (words::grouped(number)) }
                    span.of { (of) }
                }
            }
        }
    };
    let with = |change: fn(&mut Filters)| {
        let mut filters = Filters::default();
        change(&mut filters);
        filters
    };
    html! {
        ul.tiles.sheet aria-label="At a glance" {
            (tile(counts.breached, "breached", "bad", with(|f| f.clock = "breached".into())))
            (tile(counts.queued, "without an owner", "bad", with(|f| f.owner = "none".into())))
            (tile(counts.warned, "warned", "warn", with(|f| f.clock = "warned".into())))
            (tile(counts.due_soon, "due within the hour", "", with(|f| f.clock = "running".into())))
            (tile(counts.at_risk, "at risk", "", with(|f| f.risk = "yes".into())))
            (tile(counts.open, "open in all", "", Filters::default()))
        }
    }
}

/// The filters; what is being typed there survives the live rows around it.
fn filters(frame: &Frame, board: &Board) -> Markup {
    let filters = &board.filters;
    let option = |value: &str, words: &str, chosen: &str| {
        html! { option value=(value) selected[value == chosen] { (words) } }
    };
    let stage = if filters.stage == "open" { "" } else { filters.stage.as_str() };
    html! {
        form.filters method="get" action="/leads" role="search" data-filters hx-morph-skip {
            div.field.search {
                label for="q" { "Name, address, company or phone" }
                input type="search" id="q" name="q" value=(filters.q) maxlength="200";
            }
            details.more open[filters.narrows()] {
                summary { "Filters" }
                div.field {
                    label for="owner" { "Owner" }
                    select id="owner" name="owner" {
                        (option("", "Anyone", &filters.owner))
                        (option("me", &format!("{} (me)", frame.me.name), &filters.owner))
                        (option("none", "Nobody (queue)", &filters.owner))
                        @for (id, name) in board.names.sorted() {
                            @if id != frame.me.id { (option(&id.to_string(), name, &filters.owner)) }
                        }
                    }
                }
                div.field {
                    label for="stage" { "Stage" }
                    select id="stage" name="stage" {
                        (option("", "Open", stage))
                        @for known in Stage::ALL { (option(known.word(), &words::capital(known.word()), stage)) }
                        (option("all", "All", stage))
                    }
                }
                div.field {
                    label for="tier" { "Tier" }
                    select id="tier" name="tier" {
                        (option("", "Any", &filters.tier))
                        @for known in [Tier::Standard, Tier::HighValue, Tier::Strategic] {
                            (option(known.word(), &words::capital(known.word()), &filters.tier))
                        }
                    }
                }
                div.field {
                    label for="clock" { "Clock" }
                    select id="clock" name="clock" {
                        (option("", "Any", &filters.clock))
                        (option("running", "Running", &filters.clock))
                        (option("warned", "Warned", &filters.clock))
                        (option("breached", "Breached", &filters.clock))
                    }
                }
            }
            @if filters.risk == "yes" { input type="hidden" name="risk" value="yes"; }
            div.actions {
                button.button type="submit" { "Show" }
                @if filters.filters_anything() { a.button.plain href="/leads" { "Clear" } }
            }
        }
    }
}

fn rows(board: &Board, now: Timestamp) -> Markup {
    html! {
        div.sheet {
            div.rows-head aria-hidden="true" {
                span { "Lead" } span { "Last about" } span { "Stage" } span { "Owner" } span { "Clock" }
            }
            ol.rows aria-label="Leads, the most pressing first" {
                @for row in &board.leads.items { (lead(row, &board.names, now)) }
            }
        }
    }
}

fn lead(row: &LeadRow, names: &Names, now: Timestamp) -> Markup {
    let company = row.account.as_deref().unwrap_or(&row.person.company);
    html! {
        li id={ "lead-" (row.id) } {
            a href={ "/leads/" (row.id) } data-step {
                span.who {
                    span.name { strong { (row.person.display()) } (marks::tier(row.tier)) }
                    span.account { (company) }
                }
                span.about {
                    span.subject { (row.subject) }
                    span.signs {
                        @if row.pending > 0 { span.sign.filled { (words::count(u64::from(row.pending), "proposal", "proposals")) } }
                        @for sign in row.risk.iter().filter(|sign| *sign != "breach") { (marks::risk(sign)) }
                    }
                }
                span.stage { (row.stage.word()) }
                @match row.owner {
                    Some(owner) => span.owner { span.aside-voice { "owner " } (names.name(owner)) },
                    None => span.owner.none { "no owner" },
                }
                (clock(row.clock.as_ref(), row, now))
            }
        }
    }
}

fn clock(cell: Option<&ClockCell>, row: &LeadRow, now: Timestamp) -> Markup {
    let Some(cell) = cell else {
        return html! { span.clock { span { (words::when(now, row.touched_at)) } } };
    };
    html! {
        span.clock {
            span class=(marks::urgency(&cell.state)) {
                span.aside-voice { (promise(&cell.promise)) " " }
                (words::due(now, cell.due))
            }
            (marks::bar(&cell.state, marks::used(cell.started, cell.due, now)))
        }
    }
}

fn promise(word: &str) -> &str {
    match word {
        "first_response" => "first response due",
        "next_response" => "next response due",
        other => other,
    }
}

fn paging(board: &Board) -> Markup {
    html! {
        nav.paging aria-label="Pages of leads" {
            span {
                @if board.filters.cursor.is_empty() { } @else { a href={ "/leads" (board.filters.query("")) } { "‹ Back to the first" } }
            }
            @if let Some(next) = &board.leads.next {
                a.button href={ "/leads" (board.filters.query(next)) } rel="next" { "The next " (ROWS) }
            }
        }
    }
}

fn nothing(board: &Board) -> Markup {
    html! {
        div.empty {
            (marks::open_gate())
            @if board.filters.filters_anything() {
                h2 { "No lead fits this" }
                p { "Take a filter away, or " a href="/leads?stage=all" { "look at all leads" } "." }
            } @else if board.counts.leads == 0 {
                h2 { "No lead yet" }
                p {
                    "Leads come in by web form, API, e-mail or CSV. An admin finds the "
                    a href="/form-snippet" { "snippet for your web form" }
                    " ready to copy; " code { "lockkeeper import FILE.csv" } " brings in what you have."
                }
            } @else {
                h2 { "Every lead is closed" }
                p { a href="/leads?stage=all" { "Look at all of them" } ", won and lost." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_their_address_and_ignore_what_is_unknown() {
        let filters = Filters { q: "Brandt & Söhne".into(), clock: "breached".into(), ..Filters::default() };
        assert_eq!(filters.query("abc=="), "?q=Brandt+%26+S%C3%B6hne&clock=breached&cursor=abc%3D%3D");
        let me = MemberId(uuid::Uuid::nil());
        let odd = Filters {
            clock: "sideways".into(),
            stage: "nowhere".into(),
            owner: "x".into(),
            ..Filters::default()
        };
        assert_eq!(odd.question(me), LeadFilter { limit: ROWS, ..LeadFilter::default() });
        assert!(Filters::default().question(me).open, "closed leads stay out until asked for");
    }
}
