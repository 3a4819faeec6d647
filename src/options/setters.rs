//! Setting options, one at a time.

use std::time::Duration;

use super::{Batch, Heartbeat, KeepAlive, Options};
use crate::peer_id::PeerId;

macro_rules! setters {
    ($($field:ident: $type:ty,)*) => {
        /// Setters, one a field, to write options in one expression.
        ///
        /// ```
        /// use std::time::Duration;
        /// let options = zeroless::Options::default()
        ///     .receive_queue(10)
        ///     .send_timeout(Some(Duration::from_secs(1)))
        ///     .request_retries(3);
        /// assert_eq!(options.receive_queue, 10);
        /// ```
        impl Options {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Options#structfield.", stringify!($field), ").")]
                #[must_use]
                pub fn $field(mut self, $field: $type) -> Options {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

setters! {
    send_queue: u32,
    receive_queue: u32,
    linger: Option<Duration>,
    max_frame: u64,
    send_timeout: Option<Duration>,
    request_timeout: Option<Duration>,
    request_retries: u32,
    plain_envelope: bool,
    immediate: Option<bool>,
    wait_for_slow: bool,
    wait_for_name: bool,
    handshake_timeout: Duration,
    connect_timeout: Duration,
    reconnect_min: Duration,
    reconnect_max: Duration,
    heartbeat: Heartbeat,
    keep_alive: Option<KeepAlive>,
    batch: Batch,
    spin: Duration,
    identity: Option<PeerId>,
}

/// Gives a type that has `options` and `set` the setters that most programs need.
macro_rules! common_setters {
    ($type:ty, $make:literal) => {
        #[doc = concat!("How the handles made from now on behave.\n\n```\nuse std::time::Duration;\nuse zeroless::{Client, Server};\n\nlet it = ", $make, "?\n    .linger(Duration::from_secs(5))\n    .receive_queue(10);\n# Ok::<(), zeroless::Error>(())\n```")]
        impl $type {
            /// Sets all [options](crate::Options) at once.
            #[must_use]
            pub fn options(self, options: crate::Options) -> Self {
                self.set(|all| *all = options)
            }

            /// Sets [`Options::linger`](crate::Options#structfield.linger).
            #[must_use]
            pub fn linger(self, linger: std::time::Duration) -> Self {
                self.set(|options| options.linger = Some(linger))
            }

            /// Sets [`Options::send_queue`](crate::Options#structfield.send_queue).
            #[must_use]
            pub fn send_queue(self, messages: u32) -> Self {
                self.set(|options| options.send_queue = messages)
            }

            /// Sets [`Options::receive_queue`](crate::Options#structfield.receive_queue).
            #[must_use]
            pub fn receive_queue(self, messages: u32) -> Self {
                self.set(|options| options.receive_queue = messages)
            }

            /// Sets [`Options::send_timeout`](crate::Options#structfield.send_timeout).
            #[must_use]
            pub fn send_timeout(self, timeout: std::time::Duration) -> Self {
                self.set(|options| options.send_timeout = Some(timeout))
            }

            /// Sets [`Options::request_timeout`](crate::Options#structfield.request_timeout).
            #[must_use]
            pub fn request_timeout(self, timeout: std::time::Duration) -> Self {
                self.set(|options| options.request_timeout = Some(timeout))
            }

            /// Sets [`Options::request_retries`](crate::Options#structfield.request_retries).
            #[must_use]
            pub fn request_retries(self, retries: u32) -> Self {
                self.set(|options| options.request_retries = retries)
            }

            /// Sets [`Options::identity`](crate::Options#structfield.identity).
            #[must_use]
            pub fn identity(self, identity: impl Into<crate::PeerId>) -> Self {
                let identity = Some(identity.into());
                self.set(|options| options.identity = identity)
            }
        }
    };
}

pub(crate) use common_setters;
