//! The arguments of the commands of a network of nodes.

use std::time::Duration;

use clap::Args;

use super::values::duration;

/// The node by which a command takes part in the network.
#[derive(Debug, Args)]
pub(crate) struct NodeArgs {
    /// Its name (default: the user's)
    #[arg(long, value_name = "NAME", help_heading = "Network")]
    pub(crate) name: Option<String>,
    /// The interface, by its name or an address of it
    #[arg(long, value_name = "INTERFACE", help_heading = "Network")]
    pub(crate) interface: Option<String>,
    /// The UDP port of beacons
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 5670,
        help_heading = "Network"
    )]
    pub(crate) beacon_port: u16,
    /// Find nodes by gossip with the one that is bound there, in the place of beacons (repeatable)
    #[arg(long, value_name = "ENDPOINT", help_heading = "Network")]
    pub(crate) gossip: Vec<String>,
    /// Bind this for the gossip of others, in the place of beacons
    #[arg(long, value_name = "ENDPOINT", help_heading = "Network")]
    pub(crate) gossip_bind: Option<String>,
    /// Tell others this (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = header, help_heading = "Network")]
    pub(crate) header: Vec<(String, String)>,
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a header is KEY=VALUE".to_owned()),
    }
}

/// The arguments of `peers`.
#[derive(Debug, Args)]
pub(crate) struct PeersArgs {
    /// List them once, when they have had time to be found
    #[arg(long, conflicts_with = "follow")]
    pub(crate) once: bool,
    /// Print what happens, an event a line, until Ctrl-C
    #[arg(long)]
    pub(crate) follow: bool,
    /// Print JSON: a list, or an object for each event
    #[arg(long)]
    pub(crate) json: bool,
    /// How long peers are waited for before they are listed
    #[arg(long, value_name = "DUR", value_parser = duration, default_value = "2s")]
    pub(crate) wait: Duration,
    /// End when there are so many peers; with --follow after so many events
    #[arg(short, long, value_name = "N")]
    pub(crate) count: Option<usize>,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The group
    pub(crate) group: String,
    /// Show one at a time: Enter shows the next
    #[arg(long)]
    pub(crate) prompt: bool,
    /// Print an object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// End after so many messages
    #[arg(short, long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// End with code 124 when nothing came for this long
    #[arg(short = 'W', long, value_name = "DUR", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// What is said to others.
#[derive(Debug, Args)]
pub(crate) struct SayArgs {
    /// The messages, one after the other (repeatable)
    #[arg(
        short,
        long,
        value_name = "TEXT",
        required = true,
        allow_hyphen_values = true
    )]
    pub(crate) message: Vec<String>,
    /// Say all of it so many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,
    /// Pause between two messages
    #[arg(short, long, value_name = "DUR", value_parser = duration, default_value = "0s")]
    pub(crate) interval: Duration,
    /// How long those who are to hear it are waited for; code 124 if they do not come
    #[arg(short = 'W', long, value_name = "DUR", value_parser = duration, default_value = "10s")]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// The arguments of `shout`.
#[derive(Debug, Args)]
pub(crate) struct ShoutArgs {
    /// The group
    pub(crate) group: String,
    /// Shout only when there are so many in the group
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) wait_for: usize,
    #[command(flatten)]
    pub(crate) say: SayArgs,
}

/// The arguments of `whisper`.
#[derive(Debug, Args)]
pub(crate) struct WhisperArgs {
    /// The peer's name or id
    pub(crate) peer: String,
    #[command(flatten)]
    pub(crate) say: SayArgs,
}

/// The arguments of `chat`.
#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// The group (pyre's chat is in CHAT)
    #[arg(default_value = "CHAT")]
    pub(crate) group: String,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// The arguments of `announce`.
#[derive(Debug, Args)]
pub(crate) struct AnnounceArgs {
    /// The name by which it is found, as in `zeroless client @NAME …`
    pub(crate) service: String,
    /// The port, or the endpoint, at which a program of this machine serves
    pub(crate) endpoint: String,
    /// The program's pattern: push, pull, pub, sub, req, rep, pair, router or dealer
    #[arg(default_value = "rep")]
    pub(crate) pattern: String,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}
