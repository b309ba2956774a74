//! Platforms without a network: answers given beforehand, in order, to whatever is asked. For tests and fuzzing only.

use super::{OutboundError, Reply};
use std::sync::{Arc, Mutex};

/// The answers, and what was asked so far. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<Mutex<Scene>>);

#[derive(Debug, Default)]
struct Scene {
    replies: Vec<Reply>,
    asked: Vec<String>,
}

impl Script {
    /// The last reply stays: whoever goes on asking gets it again. Without any, every connection is cut.
    pub fn new(replies: Vec<Reply>) -> Self {
        Self(Arc::new(Mutex::new(Scene { replies, asked: Vec::new() })))
    }

    /// The address of each request, in order.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().expect("a script's lock is never held over a panic").asked.clone()
    }

    pub(super) fn answer(&self, url: &url::Url) -> Result<Reply, OutboundError> {
        let mut scene = self.0.lock().expect("a script's lock is never held over a panic");
        let last = scene.replies.len().saturating_sub(1);
        let reply = scene.replies.get(scene.asked.len().min(last)).cloned();
        scene.asked.push(url.to_string());
        reply.ok_or(OutboundError::Cut)
    }
}
