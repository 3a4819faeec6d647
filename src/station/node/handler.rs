//! Functions that handle messages.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use crate::station::message::Message;

/// A function that handles messages: `|message: &Message|`, or `|value: T, message: &Message|` with the message's value. It
/// is called by several threads at once.
///
/// ```
/// use zeroless::station::{Message, Node};
///
/// let node = Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
/// node.listen("RAW", |message: &Message| println!("{} bytes", message.bytes().len()))?;
/// node.listen("NUMBER", |number: i64, _: &Message| println!("{number}"))?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "this is not a handler of messages",
    label = "a handler is needed here",
    note = "write `|message: &Message| …` or `|value: MyType, message: &Message| …`",
    note = "it returns `()`, or `Result<(), E>` where `E` can be displayed"
)]
pub trait Handler<Form>: Send + Sync + 'static {
    /// Handles a message, or says why it cannot be.
    ///
    /// # Errors
    ///
    /// The reason, which the message's sender learns.
    fn handle(&self, message: &Message) -> Result<(), String>;
}

/// What a handler may return: nothing, or a `Result<(), E>`.
///
/// ```
/// use zeroless::station::HandlerResult;
/// assert_eq!(Err::<(), _>("too far").into_reason(), Err("too far".to_owned()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a result of a handler of messages",
    note = "return `()`, or `Result<(), E>` where `E` can be displayed"
)]
pub trait HandlerResult {
    /// Nothing, or the reason of the failure.
    ///
    /// # Errors
    ///
    /// The reason.
    fn into_reason(self) -> Result<(), String>;
}

impl HandlerResult for () {
    fn into_reason(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> HandlerResult for Result<(), E> {
    fn into_reason(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

impl<R, F> Handler<fn(&Message) -> R> for F
where
    R: HandlerResult,
    F: Fn(&Message) -> R + Send + Sync + 'static,
{
    fn handle(&self, message: &Message) -> Result<(), String> {
        self(message).into_reason()
    }
}

impl<T, R, F> Handler<fn(T, &Message) -> R> for F
where
    T: DeserializeOwned,
    R: HandlerResult,
    F: Fn(T, &Message) -> R + Send + Sync + 'static,
{
    fn handle(&self, message: &Message) -> Result<(), String> {
        let value = message.value().map_err(|error| error.to_string())?;
        self(value, message).into_reason()
    }
}
