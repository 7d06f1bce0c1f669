//! Bodies as they arrive: bounded, and whole or an error.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use object_store::{GetOptions, GetResult, GetResultPayload};

use super::Backend;
use crate::remote::RemoteError;

/// What arrived of a range, so that a broken body is asked for from where it broke off.
#[derive(Debug)]
struct Arrived {
    chunks: Vec<Bytes>,
    rest: Range<u64>,
}

impl Arrived {
    fn add(&mut self, chunk: Bytes) {
        self.rest.start += chunk.len() as u64;
        self.chunks.push(chunk);
    }

    fn left(&self) -> usize {
        (self.rest.end - self.rest.start) as usize
    }

    fn whole(mut self) -> Bytes {
        if self.chunks.len() == 1 {
            return self.chunks.swap_remove(0);
        }
        let mut whole = BytesMut::with_capacity(self.chunks.iter().map(Bytes::len).sum());
        self.chunks.iter().for_each(|chunk| whole.extend_from_slice(chunk));
        whole.freeze()
    }
}

impl Backend {
    /// Returns a whole object, or nothing where there is none; refuses one longer than `limit` bytes.
    pub async fn get(&self, key: &str, limit: u64) -> Result<Option<Bytes>, RemoteError> {
        self.pace.retried(|| self.get_once(key, limit)).await
    }

    async fn get_once(&self, key: &str, limit: u64) -> Result<Option<Bytes>, RemoteError> {
        let Some(answer) = self.answer(key, GetOptions::default()).await? else { return Ok(None) };
        let len = answer.meta.size;
        if len > limit {
            let reason = format!("it has {len} bytes where {limit} are the most");
            return Err(self.damaged(key, reason));
        }
        let mut arrived = Arrived { chunks: Vec::new(), rest: 0..len };
        self.read(key, answer, &mut arrived).await?;
        Ok(Some(arrived.whole()))
    }

    /// Returns a range of an object, all of it.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, RemoteError> {
        let mut arrived = Arrived { chunks: Vec::new(), rest: range };
        let mut failures = 0;
        while !arrived.rest.is_empty() {
            let before = arrived.rest.start;
            let Err(error) = self.get_rest(key, &mut arrived).await else { break };
            // Who makes progress may fail as often as it takes.
            failures = if arrived.rest.start > before { 1 } else { failures + 1 };
            if !error.is_passing() || failures >= self.pace.tries {
                return Err(error);
            }
            tokio::time::sleep(self.pace.wait(failures)).await;
        }
        Ok(arrived.whole())
    }

    async fn get_rest(&self, key: &str, arrived: &mut Arrived) -> Result<(), RemoteError> {
        let asked = arrived.rest.clone();
        let options = GetOptions::default().with_range(Some(asked.clone()));
        let answer = self.answer(key, options).await?.ok_or_else(|| self.missing(key))?;
        if answer.meta.size < asked.end {
            let (len, end) = (answer.meta.size, asked.end);
            return Err(self.damaged(key, format!("it ends at {len}, before {end}")));
        }
        if answer.range.start != asked.start {
            return Err(self.unreachable("it answered with another range"));
        }
        self.read(key, answer, arrived).await
    }

    /// Asks for an object; nothing where there is none.
    pub(super) async fn answer(
        &self,
        key: &str,
        options: GetOptions,
    ) -> Result<Option<GetResult>, RemoteError> {
        let path = self.path(key)?;
        let asked = self.store.get_opts(&path, options);
        match self.in_time(self.pace.stall, "read", key, asked).await {
            Err(RemoteError::Missing { .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Reads a body to the end of what is missing; what came before it broke off is kept.
    async fn read(
        &self,
        key: &str,
        answer: GetResult,
        arrived: &mut Arrived,
    ) -> Result<(), RemoteError> {
        if matches!(answer.payload, GetResultPayload::File(..)) {
            // The stream of a file comes in small pieces; whole, it is no longer than what was asked.
            let patience = self.pace.allowance(arrived.left());
            arrived.add(self.in_time(patience, "read", key, answer.bytes()).await?);
        } else {
            let mut body = answer.into_stream();
            while let Some(chunk) = self.next_chunk(key, &mut body).await? {
                if chunk.len() > arrived.left() {
                    return Err(self.unreachable("it sent more than it was asked for"));
                }
                arrived.add(chunk);
            }
        }
        if arrived.rest.is_empty() {
            return Ok(());
        }
        Err(self.unreachable("the connection ended too early"))
    }

    async fn next_chunk(
        &self,
        key: &str,
        body: &mut (impl futures_util::Stream<Item = object_store::Result<Bytes>> + Unpin),
    ) -> Result<Option<Bytes>, RemoteError> {
        let next = async { body.next().await.transpose() };
        self.in_time(self.pace.stall, "read", key, next).await
    }
}
