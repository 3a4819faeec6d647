//! Handlers: functions, and types, that run a command.

use std::fmt;

use super::call::Call;
use crate::rpc::Command;

/// Runs a command: a function `|command|` or `|command, call: &Call|`, or a type of yours.
///
/// A function returns `Ok(reply)` or `Err(error)`, of the command's own types, or [`Later`]. Its argument has its type, by
/// which the command is known: `|add: Add| Ok(add.a + add.b)`. It is called by several threads at once.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, Call, Handler, Outcome};
///
/// #[derive(Serialize, Deserialize)]
/// struct Add { a: i64, b: i64 }
/// rpc::command!(Add -> i64);
///
/// struct Adder { offset: i64 }
/// impl Handler<Add> for Adder {
///     fn handle(&self, add: Add, _call: &Call) -> Outcome<Add> {
///         Outcome::Now(Ok(add.a + add.b + self.offset))
///     }
/// }
///
/// let server = rpc::Server::bind(0)?.serve(Adder { offset: 10 }).start()?;
/// let client = rpc::Client::connect(server.port())?;
/// assert_eq!(client.call(&Add { a: 1, b: 2 })?, 13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "this is not a handler of a command",
    label = "a handler is needed here",
    note = "write `|command: MyCommand| Ok(reply)` or `|command: MyCommand, call: &Call| Ok(reply)`",
    note = "a type is made a command beside it: `zeroless::rpc::command!(MyCommand -> Reply);`",
    note = "return `Result<Reply, Error>` of the types that `command!(MyCommand -> Reply, Error)` names (without the \
            latter, `rpc::Failure`), or `rpc::Later`"
)]
pub trait Handler<C: Command, Form = ()>: Send + Sync + 'static {
    /// Runs the command.
    fn handle(&self, command: C, call: &Call) -> Outcome<C>;
}

/// The outcome of a handler.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use zeroless::rpc::{self, Outcome};
/// # #[derive(Serialize, Deserialize)]
/// # struct Add { a: i64, b: i64 }
/// # rpc::command!(Add -> i64);
/// let outcome: Outcome<Add> = Outcome::Now(Ok(3));
/// ```
pub enum Outcome<C: Command> {
    /// It is replied to with this.
    Now(Result<C::Reply, C::Error>),
    /// An [`Answer`](super::Answer) has been made, which replies to it.
    Later,
}

/// Says, as the result of a handler, that an [`Answer`](super::Answer) replies to the call: see [`Call::later`].
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, Call, Later};
///
/// #[derive(Serialize, Deserialize)]
/// struct Add { a: i64, b: i64 }
/// rpc::command!(Add -> i64);
///
/// let add = |add: Add, call: &Call| {
///     let answer = call.later::<Add>();
///     std::thread::spawn(move || answer.send(Ok(add.a + add.b)));
///     Later
/// };
/// let server = rpc::Server::bind(0)?.serve(add).start()?;
/// let client = rpc::Client::connect(server.port())?;
/// assert_eq!(client.call(&Add { a: 1, b: 2 })?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later;

/// A result of a handler of this command: `Ok(reply)`, `Err(error)`, or [`Later`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a result of a handler of `{C}`",
    label = "this handler returns `{Self}`",
    note = "return `Ok(reply)`, `Err(error)` with the types that `command!({C} -> Reply, Error)` names, or `rpc::Later`"
)]
pub trait IntoOutcome<C: Command> {
    /// The outcome.
    fn into_outcome(self) -> Outcome<C>;
}

impl<C: Command> IntoOutcome<C> for Result<C::Reply, C::Error> {
    fn into_outcome(self) -> Outcome<C> {
        Outcome::Now(self)
    }
}

impl<C: Command> IntoOutcome<C> for Later {
    fn into_outcome(self) -> Outcome<C> {
        Outcome::Later
    }
}

impl<C: Command> fmt::Debug for Outcome<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Now(Ok(_)) => "Now(Ok)",
            Outcome::Now(Err(_)) => "Now(Err)",
            Outcome::Later => "Later",
        })
    }
}

impl<C, R, F> Handler<C, fn(C) -> R> for F
where
    C: Command,
    R: IntoOutcome<C>,
    F: Fn(C) -> R + Send + Sync + 'static,
{
    fn handle(&self, command: C, _call: &Call) -> Outcome<C> {
        self(command).into_outcome()
    }
}

impl<C, R, F> Handler<C, fn(C, &Call) -> R> for F
where
    C: Command,
    R: IntoOutcome<C>,
    F: Fn(C, &Call) -> R + Send + Sync + 'static,
{
    fn handle(&self, command: C, call: &Call) -> Outcome<C> {
        self(command, call).into_outcome()
    }
}
