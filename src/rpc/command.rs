//! Commands: types that are calls, each with its name, its reply and its error.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type that is a call: its fields are the arguments.
///
/// [`command!`](crate::rpc::command!) implements it.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, Command};
///
/// #[derive(Serialize, Deserialize)]
/// struct Add {
///     a: i64,
///     b: i64,
/// }
/// rpc::command!(Add -> i64);
///
/// assert_eq!(Add::NAME, "Add");
/// assert!(!Add::IDEMPOTENT);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "a command is needed here",
    note = "make it one, beside the type: `zeroless::rpc::command!({Self} -> Reply);`, where `Reply` is the type \
            of its reply"
)]
pub trait Command: Serialize + DeserializeOwned {
    /// The name by which servers know it: of 1 to 255 bytes.
    const NAME: &'static str;

    /// Whether running it twice does no more than running it once. Only then does a client repeat it by itself.
    const IDEMPOTENT: bool = false;

    /// What it is replied to with.
    type Reply: Serialize + DeserializeOwned;

    /// The error of its service: [`Failure`](super::Failure), unless the macro names another. For `?` it needs `Debug` and
    /// `Display`.
    type Error: Serialize + DeserializeOwned;
}

/// The longest name, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// Whether a command may be called so.
#[doc(hidden)]
pub const fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME
}

/// Makes a type a [`Command`](crate::rpc::Command).
///
/// | | name | error |
/// |---|---|---|
/// | `command!(Add -> i64);` | `Add` | [`Failure`](crate::rpc::Failure) |
/// | `command!(Add = "math.add" -> i64);` | `math.add` | [`Failure`](crate::rpc::Failure) |
/// | `command!(Add -> i64, Overflow);` | `Add` | `Overflow`, a type with serde |
/// | `command!(idempotent Get = "kv.get" -> Option<String>);` | `kv.get` | [`Failure`](crate::rpc::Failure) |
///
/// An error's type is any with serde. If it has `Debug` and `Display` as well, its [`CallError`](crate::rpc::CallError) is an error
/// of std's, which `?` passes on.
///
/// `idempotent`, in front of any of them, says that running it twice does no more than running it once. Only such
/// commands are repeated by a client when it does not know whether they have run.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, Command};
///
/// #[derive(Serialize, Deserialize)]
/// struct Get(String);
/// rpc::command!(idempotent Get = "kv.get" -> Option<String>);
///
/// #[derive(Serialize, Deserialize)]
/// struct Divide { a: i64, by: i64 }
/// #[derive(Serialize, Deserialize, Debug)]
/// enum MathError { DividedByZero }
/// rpc::command!(Divide -> i64, MathError);
///
/// impl std::fmt::Display for MathError {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("nothing is divided by 0")
///     }
/// }
/// fn half(client: &rpc::Client) -> Result<i64, Box<dyn std::error::Error>> {
///     Ok(client.call(&Divide { a: 1, by: 2 })?)
/// }
///
/// assert_eq!(Get::NAME, "kv.get");
/// assert!(Get::IDEMPOTENT);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __rpc_command {
    (idempotent $name:ident $($rest:tt)+) => {
        $crate::__rpc_command! { @ true $name $($rest)+ }
    };
    ($name:ident $($rest:tt)+) => {
        $crate::__rpc_command! { @ false $name $($rest)+ }
    };
    (@ $idempotent:literal $name:ident -> $reply:ty $(, $error:ty)? $(,)?) => {
        $crate::__rpc_command! {
            @ $idempotent $name = ::core::stringify!($name) => $reply $(, $error)?
        }
    };
    (@ $idempotent:literal $name:ident = $text:literal -> $reply:ty $(, $error:ty)? $(,)?) => {
        $crate::__rpc_command! { @ $idempotent $name = $text => $reply $(, $error)? }
    };
    (@ $idempotent:literal $name:ident = $text:expr => $reply:ty) => {
        $crate::__rpc_command! { @ $idempotent $name = $text => $reply, $crate::rpc::Failure }
    };
    (@ $idempotent:literal $name:ident = $text:expr => $reply:ty, $error:ty) => {
        impl $crate::rpc::Command for $name {
            const NAME: &'static str = {
                const NAME: &str = $text;
                ::core::assert!(
                    $crate::rpc::is_name(NAME),
                    "the name of a command has 1 to 255 bytes",
                );
                NAME
            };
            const IDEMPOTENT: bool = $idempotent;
            type Reply = $reply;
            type Error = $error;
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "write `command!(Add -> i64);`, `command!(Add = \"math.add\" -> i64);`, with the type of \
             an error after it `command!(Add -> i64, Overflow);`, or with `idempotent` before it \
             `command!(idempotent Add -> i64);`"
        );
    };
}
