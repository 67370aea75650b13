//! A running house: doors open, workers at work, the record kept, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::{App, StartError};
use crate::channel::email::watch_folder;
use crate::witnesses::{Witness, submit_all};
use crate::worker::Worker;
use crate::{api, channel, health, unsubscribe, web};

/// How many things one process carries out at a time.
const PARALLEL: usize = 32;

/// Which parts run here.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Pages and API.
    pub web: bool,
    /// Workers and the sequencer.
    pub worker: bool,
    /// A folder of `.eml` files to take in.
    pub mail_folder: Option<PathBuf>,
    /// Who cosigns the record's checkpoints.
    pub witnesses: Vec<Witness>,
}

/// Parts that run, to be stopped together.
pub struct House {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
    address: Option<SocketAddr>,
}

impl House {
    /// Opens the doors and sets the workers to work.
    ///
    /// # Errors
    /// When the address is taken or the way out cannot be used.
    pub async fn open(app: &App, listen: &str, parts: Parts) -> Result<House, StartError> {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(app.clone().keep_up(stopped.clone()));
        if parts.worker {
            let worker = Worker::new(
                app.engine().clone(),
                app.store().clone(),
                app.channel()?,
                app.clock().clone(),
                PARALLEL,
            );
            running.spawn(Arc::new(worker).run(stopped.clone()));
            running.spawn(app.sequencer().run(stopped.clone()));
            if !parts.witnesses.is_empty() {
                running.spawn(submit_all(app.clone(), parts.witnesses, stopped.clone()));
            }
            if let Some(folder) = parts.mail_folder {
                running.spawn(watch_folder(app.clone(), folder, stopped.clone()));
            }
        }
        running.spawn(app.keeper().clone().run(stopped.clone()));
        let mut address = None;
        if parts.web {
            let wrong =
                |error: std::io::Error| StartError::Other(format!("cannot listen on {listen}: {error}"));
            let listener = TcpListener::bind(listen).await.map_err(wrong)?;
            address = Some(listener.local_addr().map_err(wrong)?);
            let router = router(app).into_make_service_with_connect_info::<SocketAddr>();
            let mut told = stopped.clone();
            running.spawn(async move {
                let until = async move {
                    let _ = told.wait_for(|stop| *stop).await;
                };
                if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                    tracing::error!(%error, "the doors closed");
                }
            });
        }
        Ok(House { stop, running, address })
    }

    /// Where the doors are.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Tells everything to stop, and waits until what was begun is done. Streams of events would wait for ever, so there is
    /// a limit.
    pub async fn close(mut self) {
        let _ = self.stop.send(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), all).await;
    }
}

/// All doors of one application.
pub fn router(app: &App) -> Router {
    let doors = Router::new()
        .merge(web::routes(app))
        .merge(api::routes())
        .merge(api::stream())
        .merge(channel::form::routes())
        .merge(unsubscribe::routes());
    health::watched(app, doors).with_state(app.clone())
}
