//! A small HTTP client over one kept-alive connection: for the demo and for measuring.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A connection to a server, with a token to show if there is one.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    token: Option<String>,
}

/// What went wrong between the client and the server.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection.
    #[error("cannot reach the server: {0}")]
    Io(#[from] std::io::Error),
    /// The protocol.
    #[error("the connection to the server broke: {0}")]
    Http(#[from] hyper::Error),
    /// The request could not be made.
    #[error("the request cannot be made: {0}")]
    Request(#[from] hyper::http::Error),
    /// The answer is no JSON.
    #[error("the answer cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// A server's answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value, ClientError> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Client {
    /// Connects to `127.0.0.1:7420` or the like.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(address: &str, token: Option<&str>) -> Result<Client, ClientError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Client { sender, host: address.to_owned(), token: token.map(str::to_owned) })
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: impl Into<Bytes>,
    ) -> Result<Reply, ClientError> {
        let mut request =
            Request::builder().method(method).uri(path).header(HOST, &self.host).header(CONTENT_TYPE, kind);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body.into()))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Reply { status, body })
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Reply, ClientError> {
        self.send(Method::POST, path, "application/json", body.to_string()).await
    }

    /// Posts a web form.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn post_form(&mut self, path: &str, fields: &[(String, String)]) -> Result<Reply, ClientError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, "application/x-www-form-urlencoded", body).await
    }

    /// Gets JSON.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn get(&mut self, path: &str) -> Result<Reply, ClientError> {
        self.send(Method::GET, path, "application/json", Bytes::new()).await
    }
}
