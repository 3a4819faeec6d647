//! The arguments of the commands for calls, relays and stations.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::values::duration;

/// The arguments of `call`.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// A port, `host:12345`, or `@NAME`
    pub(crate) endpoint: String,
    /// The command's name
    pub(crate) command: String,
    /// Its value, in JSON; `-` reads it from stdin
    #[arg(default_value = "null", allow_hyphen_values = true)]
    pub(crate) value: String,
    /// How long the call may take; code 124 if there is no reply
    #[arg(short = 'W', long, value_name = "DUR", value_parser = duration, default_value = "30s")]
    pub(crate) timeout: Duration,
}

/// The arguments of `services`.
#[derive(Debug, Args)]
pub(crate) struct ServicesArgs {
    /// A port, `host:12345`, or `@NAME`
    pub(crate) endpoint: String,
    /// Print an object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// How long the server may take; code 124 if there is no reply
    #[arg(short = 'W', long, value_name = "DUR", value_parser = duration, default_value = "5s")]
    pub(crate) timeout: Duration,
}

/// The arguments of `relay`.
#[derive(Debug, Args)]
pub(crate) struct RelayArgs {
    /// Where messages come from: a port, which is bound, or an endpoint, which is connected to (`bind:` and
    /// `connect:` before it say otherwise)
    pub(crate) from: String,
    /// Where they go to, in the same way
    pub(crate) to: String,
    /// What is passed on
    #[arg(short, long, value_name = "PATTERN", default_value = "req")]
    pub(crate) pattern: Relayed,
    /// Tell the counters so often
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub(crate) every: Option<Duration>,
}

/// What a relay passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Relayed {
    /// Requests, and the replies to them
    Req,
    /// What is pushed
    Push,
    /// What is published
    Pub,
}

/// The commands of `station`.
#[derive(Debug, Subcommand)]
pub(crate) enum StationCommand {
    /// Run a station, by which nodes reach each other
    Run {
        /// Its id
        id: String,
        /// The port or the endpoint that it binds
        #[arg(long, value_name = "ENDPOINT", default_value = "0")]
        bind: String,
        /// The station that it belongs to
        #[arg(long, value_name = "ENDPOINT")]
        upstream: Option<String>,
    },
    /// Send a value to a node, and wait until it is handled
    Send {
        /// The node's id
        to: String,
        /// The message's key
        key: String,
        /// The value, in JSON
        #[arg(default_value = "null", allow_hyphen_values = true)]
        value: String,
        /// Wait for a reply, and print it
        #[arg(long)]
        request: bool,
        #[command(flatten)]
        node: StationNodeArgs,
        /// How long it may take; code 124 if it takes longer
        #[arg(short = 'W', long, value_name = "DUR", value_parser = duration, default_value = "10s")]
        timeout: Duration,
    },
    /// Print what is sent to a node, an object of JSON a line
    Listen {
        #[command(flatten)]
        node: StationNodeArgs,
        /// End after so many messages
        #[arg(short, long, value_name = "N")]
        count: Option<u64>,
    },
}

/// A node of a station.
#[derive(Debug, Args)]
pub(crate) struct StationNodeArgs {
    /// Its id (default: one that nobody else has)
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The station's port or endpoint
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) upstream: String,
}
