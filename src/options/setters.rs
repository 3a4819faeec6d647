//! Setting options, one at a time: the same way on [`Options`], and on all types that open handles.

use super::Options;

/// Gives a type that has `set` one method for each of these options.
macro_rules! setters {
    ($type:ty, $doc:expr; $($option:ident($value:ident: $of:ty) => $set:expr;)*) => {
        #[doc = $doc]
        impl $type {
            $(
                #[doc = concat!("Sets [`Options::", stringify!($option), "`](crate::Options#structfield.", stringify!($option), ").")]
                #[must_use]
                pub fn $option(self, $value: $of) -> Self {
                    self.set(|options| options.$option = $set)
                }
            )*
        }
    };
}

/// Gives a type the options of both ends of a connection.
macro_rules! common_setters {
    ($type:ty, $doc:expr) => {
        crate::options::setters! {
            $type, $doc;
            send_queue(messages: u32) => messages;
            receive_queue(messages: u32) => messages;
            linger(time: impl crate::IntoSetting<std::time::Duration>) => time.into_setting();
            max_frame(bytes: u64) => bytes;
            send_timeout(time: impl crate::IntoSetting<std::time::Duration>) => time.into_setting();
            request_timeout(time: impl crate::IntoSetting<std::time::Duration>) => time.into_setting();
            request_retries(retries: u32) => retries;
            wait_for_slow(on: bool) => on;
            handshake_timeout(time: std::time::Duration) => time;
            heartbeat(heartbeat: crate::Heartbeat) => heartbeat;
            keep_alive(probes: impl crate::IntoSetting<crate::KeepAlive>) => probes.into_setting();
            batch(batch: crate::Batch) => batch;
            spin(time: std::time::Duration) => time;
            peer_info(on: bool) => on;
            identity(identity: impl Into<crate::PeerId>) => Some(identity.into());
        }
    };
}

/// Gives a type the options that only the end which connects has.
macro_rules! client_setters {
    ($type:ty, $doc:expr) => {
        crate::options::setters! {
            $type, $doc;
            plain_envelope(on: bool) => on;
            immediate(on: impl crate::IntoSetting<bool>) => on.into_setting();
            wait_for_name(on: bool) => on;
            connect_timeout(time: std::time::Duration) => time;
            reconnect_min(pause: std::time::Duration) => pause;
            reconnect_max(pause: std::time::Duration) => pause;
        }
    };
}

/// Gives a type that opens handles the security of its end.
macro_rules! security_setter {
    ($type:ty, $security:ident, $doc:literal) => {
        crate::options::setters! {
            $type, $doc;
            security(security: crate::security::$security) => Some(security.into());
        }
    };
}

/// Gives a type that opens handles the setters of all options at once; its arguments are the
/// type, and an expression in the example that makes one.
macro_rules! all_options {
    ($type:ty, $make:literal) => {
        #[doc = concat!("All options at once.\n\n```\nuse zeroless::{Client, Options, Server};\n\nlet same = Options::default().max_frame(1 << 20);\nlet it = ", $make, "?.options(same);\n# Ok::<(), zeroless::Error>(())\n```")]
        impl $type {
            /// Sets all [options](crate::Options), for the handles made from now on; those that were set
            /// before are forgotten.
            #[must_use]
            pub fn options(self, options: crate::Options) -> Self {
                self.set(|all| *all = options)
            }
        }
    };
}

/// The head of the setters of a type that opens handles, with an example.
macro_rules! setters_doc {
    ($make:literal) => {
        concat!("How the handles made from now on behave; see [`Options`](crate::Options) for each.\n\nAn option that a pattern does not use is an error when the pattern is chosen.\n\n```\nuse std::time::Duration;\nuse zeroless::{Client, Server};\n\nlet push = ", $make, "?\n    .linger(Duration::from_secs(5))\n    .send_queue(10)\n    .push()?;\n# Ok::<(), zeroless::Error>(())\n```")
    };
}

pub(crate) use {
    all_options, client_setters, common_setters, security_setter, setters, setters_doc,
};

impl Options {
    fn set(mut self, change: impl FnOnce(&mut Options)) -> Options {
        change(&mut self);
        self
    }
}

common_setters!(
    Options,
    "Setters, one a field, to write options in one expression.

A [`Server`](crate::Server), a [`Client`](crate::Client) and a discovery have the same.

```
use std::time::Duration;
let options = zeroless::Options::default()
    .receive_queue(10)
    .send_timeout(Duration::from_secs(1))
    .request_retries(3);
assert_eq!(options.receive_queue, 10);
```"
);

client_setters!(Options, "Setters of the options that only clients have.");

setters! {
    Options, "The security of either end.";
    security(security: impl Into<crate::security::Security>) => Some(security.into());
}
