//! The services of a server, by the names of their commands.

use std::collections::HashMap;
use std::fmt::Display;

use log::{debug, error};
use serde_json::value::RawValue;

use super::receiver::{Handled, Handler};
use super::request::{Incoming, Malformed, one_frame, read_state};
use super::{Reply, status};
use crate::background::caught;
use crate::codec::cut;
use crate::message::{Frame, Message};
use crate::rpc::Command;

/// The command that ends a server; every server of pyzmqrpc3 has it.
const SHUTDOWN: &str = "ShutdownServer";

/// The longest text of a service's error that is sent, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// The commands that a server knows.
#[derive(Default)]
pub(super) struct Services {
    by_name: HashMap<&'static str, Service>,
    /// The first name that was given two services.
    pub(super) given_twice: Option<&'static str>,
    pub(super) is_shutdown_allowed: bool,
}

/// A command's service, or what reads it where there is none.
struct Service {
    is_there: bool,
    call: Call,
}

type Call = Box<dyn Fn(&RawValue) -> Result<Reply, Malformed> + Send + Sync>;

impl Services {
    /// Knows a command, which has no service unless it gets one.
    pub(super) fn know<C: Command>(&mut self) {
        let call: Call = Box::new(|state| {
            read_state::<C>(state)?;
            Ok(no_service(C::NAME))
        });
        self.by_name.entry(C::NAME).or_insert(Service {
            is_there: false,
            call,
        });
    }

    /// Gives a command its service.
    pub(super) fn serve<C, F>(&mut self, name: String, service: F)
    where
        C: Command,
        C::Error: Display,
        F: Fn(C) -> Result<C::Reply, C::Error> + Send + Sync + 'static,
    {
        let call: Call = Box::new(move |state| {
            let command = read_state::<C>(state)?;
            Ok(run::<C>(&name, || service(command)))
        });
        let service = Service {
            is_there: true,
            call,
        };
        let before = self.by_name.insert(C::NAME, service);
        if before.is_some_and(|before| before.is_there) {
            self.given_twice.get_or_insert(C::NAME);
        }
    }

    fn answer(&self, frame: &Frame) -> Result<Handled, Malformed> {
        let (name, state) = match Incoming::read(frame)? {
            Incoming::Command { name, state } => (name, state),
            Incoming::NoCommand(word) => return Ok(no_service(word).into()),
        };
        if let Some(service) = self.by_name.get(&*name) {
            return (service.call)(&state).map(Handled::from);
        }
        match name == SHUTDOWN {
            false => Err(Malformed::unknown(&name)),
            true if self.is_shutdown_allowed => Ok(Handled {
                reply: Reply::ok(),
                is_last: true,
            }),
            true => Ok(no_service(&name).into()),
        }
    }
}

impl Handler for Services {
    fn handle(&self, message: &Message) -> Handled {
        let answer = one_frame(message.frames()).and_then(|frame| self.answer(frame));
        answer.unwrap_or_else(|malformed| {
            debug!("zmqrpc: a request was refused: {}", malformed.reason());
            malformed.reply().into()
        })
    }
}

/// Runs a service; its value, or its error, as a reply.
fn run<C>(name: &str, service: impl FnOnce() -> Result<C::Reply, C::Error>) -> Reply
where
    C: Command,
    C::Error: Display,
{
    let reply = caught(|| match service() {
        Ok(value) => Reply::with(&value),
        Err(error) => Err(error.to_string()),
    });
    let text = match reply {
        Ok(Ok(reply)) => return reply,
        Ok(Err(text)) => text,
        Err(words) => {
            error!("zmqrpc: the service of {} panicked: {words}", C::NAME);
            "the service panicked".to_owned()
        }
    };
    // The blank at the end is pyzmqrpc3's.
    let text = format!(
        "Exception raised when calling service {name}. Exception: {} ",
        cut(&text, MAX_TEXT)
    );
    Reply::new(status::SERVICE_FAILED, text)
}

fn no_service(name: &str) -> Reply {
    let text = format!(r#"No service on the server is registered for command "{name}"."#);
    Reply::new(status::NO_SERVICE, text)
}
