//! The commands of a server, each with its handler and its counters.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::handler::{Handler, Outcome};
use super::result::{WireResult, decode, to_wire};
use super::statistics::{CommandStatistics, Statistics};
use crate::codec::BodyType;
use crate::rpc::envelope::ErrorReply;
use crate::rpc::nearest::nearest;
use crate::rpc::{CallError, Command, Failure};

/// The commands of a server.
#[derive(Debug, Default)]
pub(super) struct Services {
    by_name: BTreeMap<Arc<str>, Arc<Service>>,
    /// The first name that was given twice.
    pub(super) given_twice: Option<Arc<str>>,
}

/// A command of a server.
pub(super) struct Service {
    pub(super) name: Arc<str>,
    pub(super) statistics: Statistics,
    run: Box<dyn Run>,
}

/// The outcome of a call.
#[derive(Debug)]
pub(super) enum Ran {
    Done(WireResult),
    Later,
    /// The body is not the command: nothing ran.
    NotRun(ErrorReply),
}

/// A handler whose command is not known by its type.
trait Run: Send + Sync {
    fn run(&self, body: &[u8], body_type: BodyType, call: &Call) -> Ran;
}

/// The handler of a command.
struct Of<H, C, Form>(H, PhantomData<fn(C) -> Form>);

impl<C: Command, Form: 'static, H: Handler<C, Form>> Run for Of<H, C, Form> {
    fn run(&self, body: &[u8], body_type: BodyType, call: &Call) -> Ran {
        match decode(body, body_type) {
            Ok(command) => match self.0.handle(command, call) {
                Outcome::Now(result) => Ran::Done(to_wire(result, body_type)),
                Outcome::Later => Ran::Later,
            },
            Err(error) => Ran::NotRun(error),
        }
    }
}

/// A function of a command that has a name alone.
struct Function<F, T>(F, PhantomData<fn(T)>);

impl<T, R, F> Run for Function<F, T>
where
    T: DeserializeOwned,
    R: Serialize,
    F: Fn(T) -> Result<R, Failure> + Send + Sync,
{
    fn run(&self, body: &[u8], body_type: BodyType, _call: &Call) -> Ran {
        match decode(body, body_type) {
            Ok(value) => Ran::Done(to_wire((self.0)(value), body_type)),
            Err(error) => Ran::NotRun(error),
        }
    }
}

impl Services {
    pub(super) fn serve<C, Form, H>(&mut self, handler: H)
    where
        C: Command + 'static,
        Form: 'static,
        H: Handler<C, Form>,
    {
        self.add(C::NAME.into(), Box::new(Of(handler, PhantomData)));
    }

    pub(super) fn function<T, R, F>(&mut self, name: Arc<str>, function: F)
    where
        T: DeserializeOwned + 'static,
        R: Serialize,
        F: Fn(T) -> Result<R, Failure> + Send + Sync + 'static,
    {
        self.add(name, Box::new(Function(function, PhantomData)));
    }

    fn add(&mut self, name: Arc<str>, run: Box<dyn Run>) {
        let service = Service {
            name: name.clone(),
            statistics: Statistics::default(),
            run,
        };
        if self
            .by_name
            .insert(name.clone(), Arc::new(service))
            .is_some()
        {
            self.given_twice.get_or_insert(name);
        }
    }

    /// The command of this name, or the error that its caller gets.
    pub(super) fn find(&self, name: &str) -> Result<&Arc<Service>, ErrorReply> {
        self.by_name.get(name).ok_or_else(|| {
            let nearest = nearest(name, self.by_name.keys().map(|it| &**it));
            CallError::NoSuchCommand {
                name: name.into(),
                nearest: nearest.map(Box::from),
            }
        })
    }

    /// What became of the calls of each, by name.
    pub(super) fn statistics(&self) -> Vec<CommandStatistics> {
        let all = self.by_name.values();
        all.map(|it| it.statistics.of(&it.name)).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }
}

impl Service {
    pub(super) fn run(&self, body: &[u8], call: &Call) -> Ran {
        self.run.run(body, call.shared.asked.body_type(), call)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}
