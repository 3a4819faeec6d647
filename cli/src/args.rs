//! What is typed, as it is typed; what it means is in the files that use it.

mod network;
mod services;
mod traffic;
mod values;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use network::{
    AnnounceArgs, ChatArgs, NodeArgs, PeersArgs, SayArgs, ShoutArgs, WatchArgs, WhisperArgs,
};
pub(crate) use services::{
    CallArgs, RelayArgs, Relayed, ServicesArgs, StationCommand, StationNodeArgs,
};
pub(crate) use traffic::{EndArgs, Role, Traffic, TrafficArgs};

/// Sends, receives, asks and answers messages of ZeroMQ.
///
/// Exit codes: 0 done (also when the reader of its output has closed the pipe), 1 failed, 2 wrong usage,
/// 124 out of time. On Ctrl-C and TERM it cleans up, and dies of the signal.
#[derive(Debug, Parser)]
#[command(name = "zeroless", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) noise: Noise,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bind a port, and send or receive in a pattern
    #[command(override_usage = "zeroless server [OPTIONS] <PORT> <PATTERN> [-- <COMMAND>...]")]
    Server(EndArgs),
    /// Connect to endpoints, and send or receive in a pattern
    #[command(
        override_usage = "zeroless client [OPTIONS] <ENDPOINT>... <PATTERN> [-- <COMMAND>...]"
    )]
    Client(EndArgs),
    /// Show the nodes of the network (ZRE: zyre, pyre and ours)
    Peers(PeersArgs),
    /// Print what is shouted in a group
    Watch(WatchArgs),
    /// Say something to a group
    Shout(ShoutArgs),
    /// Say something to one peer
    Whisper(WhisperArgs),
    /// Talk in a group: lines of stdin are shouted
    Chat(ChatArgs),
    /// Tell the network of a server, so that `zeroless client @NAME` finds it
    Announce(AnnounceArgs),
    /// Pass messages on, from one end to another
    Relay(RelayArgs),
    /// Call a command of a server, with a value in JSON
    Call(CallArgs),
    /// List the commands of a server
    Services(ServicesArgs),
    /// Run a station, send to its nodes, or listen as one
    #[command(subcommand)]
    Station(StationCommand),
    /// Say what works here, and what to do about what does not
    Doctor(NodeArgs),
    /// Make a key of CURVE: NAME.key, which is given to others, and NAME.key_secret, which is not
    Keygen(KeygenArgs),
    /// Print a script that completes commands and options
    Completions {
        /// The shell that it is for
        shell: Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// How much is said on stderr.
#[derive(Debug, Args)]
pub(crate) struct Noise {
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell what happens; twice: in detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Whether messages on stderr have colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The arguments of `keygen`.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// The files' name, with or without `.key`
    pub(crate) name: String,
}
