//! One connection: statements prepared once, sent one after the other without waiting in between.

use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Notification, Row, Statement};

use super::address::Address;
use super::fault::{Fault, lost};

/// How long an answer may take before the connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// Statements kept prepared; when there are more, all are forgotten.
const STATEMENTS: usize = 512;

/// A value for a statement.
pub(super) type Given<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// A statement with its values.
pub(super) struct Step<'a> {
    sql: Cow<'static, str>,
    values: Vec<Given<'a>>,
}

impl<'a> Step<'a> {
    /// A statement with its values, `$1` first.
    pub fn new(sql: impl Into<Cow<'static, str>>, values: Vec<Given<'a>>) -> Step<'a> {
        Step { sql: sql.into(), values }
    }

    /// A statement without values.
    pub fn plain(sql: &'static str) -> Step<'a> {
        Step { sql: Cow::Borrowed(sql), values: Vec::new() }
    }
}

/// Boxes values for a [`Step`].
macro_rules! given {
    ($($value:expr),* $(,)?) => { vec![$(Box::new($value) as $crate::postgres::link::Given<'_>),*] };
}
pub(super) use given;

/// An open connection. Dropped, it is closed at once, and the server undoes what was not committed on it.
pub(super) struct Link {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
    driver: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Link {
    /// Connects. What is notified on the connection goes to `heard`.
    pub async fn open(
        address: &Address,
        heard: Option<mpsc::UnboundedSender<Notification>>,
    ) -> Result<Link, Fault> {
        let (client, driver) = match &address.tls {
            None => {
                let (client, connection) = address.config.connect(NoTls).await?;
                (client, tokio::spawn(drive(connection, heard)))
            }
            Some(tls) => {
                let (client, connection) = address.config.connect(tls.clone()).await?;
                (client, tokio::spawn(drive(connection, heard)))
            }
        };
        Ok(Link { client, statements: Mutex::default(), driver })
    }

    /// Whether it is known to be of no more use.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs several statements, given as one text, without values.
    pub async fn script(&self, sql: &str) -> Result<(), Fault> {
        within(self.client.batch_execute(sql)).await
    }

    /// Runs one statement.
    pub async fn one(&self, step: &Step<'_>) -> Result<Vec<Row>, Fault> {
        let mut rows = self.flight(std::slice::from_ref(step)).await?;
        Ok(rows.pop().unwrap_or_default())
    }

    /// Sends statements in this order without waiting for answers in between, and answers with the rows of each. The
    /// first that fails ends it; those after it in a transaction have failed with it.
    pub async fn flight(&self, steps: &[Step<'_>]) -> Result<Vec<Vec<Row>>, Fault> {
        let mut statements = Vec::with_capacity(steps.len());
        for step in steps {
            statements.push(self.statement(&step.sql).await?);
        }
        let values: Vec<Vec<&(dyn ToSql + Sync)>> =
            steps.iter().map(|step| step.values.iter().map(|value| &**value as _).collect()).collect();
        // Each call sends its statement when it is first looked at, so that the order of looking is that of sending.
        let mut calls: Vec<_> = statements
            .iter()
            .zip(&values)
            .map(|(statement, values)| (Box::pin(self.client.query(statement, values)), None))
            .collect();
        let all = poll_fn(|context| {
            let mut open = false;
            for (call, rows) in &mut calls {
                if rows.is_none() {
                    match Pin::new(call).poll(context) {
                        Poll::Ready(Ok(found)) => *rows = Some(found),
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Pending => open = true,
                    }
                }
            }
            if open { Poll::Pending } else { Poll::Ready(Ok(())) }
        });
        within(all).await?;
        Ok(calls.into_iter().map(|(_, rows)| rows.unwrap_or_default()).collect())
    }

    async fn statement(&self, sql: &str) -> Result<Statement, Fault> {
        let known = || self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = known().get(sql) {
            return Ok(statement.clone());
        }
        let statement = within(self.client.prepare(sql)).await?;
        let mut known = known();
        if known.len() >= STATEMENTS {
            known.clear();
        }
        known.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

async fn within<T>(call: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Fault> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(lost(format!("no answer within {} seconds", PATIENCE.as_secs()))),
    }
}

/// Moves bytes until the connection ends.
async fn drive<S, T>(mut connection: Connection<S, T>, heard: Option<mpsc::UnboundedSender<Notification>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(notification))) => {
                if let Some(heard) = &heard {
                    // Whoever listened may have gone; then nobody misses it.
                    let _ = heard.send(notification);
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(error = super::fault::words(&error), "a connection to the database ended");
                return;
            }
            None => return,
        }
    }
}
