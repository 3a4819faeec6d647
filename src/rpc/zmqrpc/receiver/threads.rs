//! The threads of a receiver: some that take requests in turn, and one for each publisher.

use std::time::Duration;

use log::{debug, error, info};

use crate::background::caught;
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::pattern::{Replier, Subscriber};
use crate::rpc::stop::Stop;
use crate::rpc::zmqrpc::request::{is_heartbeat, one_frame};
use crate::rpc::zmqrpc::{Reply, status};

/// The work of a receiver: messages of one frame that are not heartbeats.
pub(in crate::rpc::zmqrpc) trait Handler: Send + Sync + 'static {
    fn handle(&self, message: &Message) -> Handled;
}

/// A message that was handled.
pub(in crate::rpc::zmqrpc) struct Handled {
    pub(in crate::rpc::zmqrpc) reply: Reply,
    /// Whether the receiver is to stop once it has replied.
    pub(in crate::rpc::zmqrpc) is_last: bool,
}

impl From<Reply> for Handled {
    fn from(reply: Reply) -> Handled {
        Handled {
            reply,
            is_last: false,
        }
    }
}

/// A user's function.
pub(super) struct Function<F>(pub(super) F);

impl<F: Fn(&Message) -> Reply + Send + Sync + 'static> Handler for Function<F> {
    fn handle(&self, message: &Message) -> Handled {
        (self.0)(message).into()
    }
}

fn handle(message: &Message, handler: &impl Handler) -> Handled {
    if is_heartbeat(message.frames()) {
        return Reply::ok().into();
    }
    if let Err(malformed) = one_frame(message.frames()) {
        debug!("zmqrpc: a message was refused: {}", malformed.reason());
        return malformed.reply().into();
    }
    caught(|| handler.handle(message)).unwrap_or_else(|words| {
        error!("zmqrpc: a message's handler panicked: {words}");
        Reply::new(status::SERVICE_FAILED, "the handler panicked").into()
    })
}

/// Replies to requests until it is stopped.
pub(super) fn serve_replies(replier: &Replier, handler: &impl Handler, stop: &Stop) {
    loop {
        let request = match replier.recv() {
            Ok(request) => request,
            Err(Error::Stopped) => return,
            Err(failure) => return stop.fail(failure),
        };
        let (message, reply) = request.split();
        let handled = handle(&message, handler);
        if let Err(unsent) = reply(&handled.reply.to_bytes()) {
            error!("zmqrpc: a reply cannot be sent: {}", unsent.error());
            let text = "the reply is too large to be sent";
            let _ = reply(&Reply::new(status::SERVICE_FAILED, text).to_bytes());
        }
        if handled.is_last {
            return drop(stop.stop());
        }
    }
}

/// A publisher that is subscribed to.
pub(super) struct Subscription {
    client: Client,
    endpoint: Endpoint,
    subscriber: Subscriber,
    silence: Option<Duration>,
}

impl Subscription {
    pub(super) fn open(
        client: Client,
        endpoint: &Endpoint,
        silence: Option<Duration>,
    ) -> Result<Subscription> {
        client.connect(endpoint.clone())?;
        Ok(Subscription {
            subscriber: client.subscribe("")?,
            client,
            endpoint: endpoint.clone(),
            silence,
        })
    }

    pub(super) fn subscriber(&self) -> &Subscriber {
        &self.subscriber
    }

    fn recv(&self) -> Result<Message> {
        match self.silence {
            Some(silence) => self.subscriber.recv_timeout(silence),
            None => self.subscriber.recv(),
        }
    }

    /// Connects anew. Its subscription is of the socket, which goes on.
    fn reconnect(&self) -> Result<()> {
        match self.client.disconnect(self.endpoint.clone()) {
            // It could not be connected to the last time.
            Ok(_) | Err(Error::NotConnected { .. }) => {}
            Err(failure) => return Err(failure),
        }
        self.client.connect(self.endpoint.clone()).map(drop)
    }
}

/// Handles the messages of a publisher until it is stopped.
pub(super) fn serve_subscription(subscription: &Subscription, handler: &impl Handler, stop: &Stop) {
    loop {
        match subscription.recv() {
            Ok(message) => {
                if handle(&message, handler).is_last {
                    return drop(stop.stop());
                }
            }
            Err(Error::Stopped) => return,
            Err(error) if error.is_timeout() => {
                let endpoint = &subscription.endpoint;
                info!("zmqrpc: {endpoint} was silent for long; it is connected to anew");
                if let Err(error) = subscription.reconnect() {
                    info!("zmqrpc: {endpoint} cannot be connected to: {error}");
                }
            }
            Err(failure) => return stop.fail(failure),
        }
    }
}
