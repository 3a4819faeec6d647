//! The arguments of `server` and `client`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::duration;
use crate::format::Format;

/// Which end it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Server,
    Client,
}

/// What is typed after `server` or `client`.
#[derive(Debug, Args)]
pub(crate) struct EndArgs {
    /// Where, then the pattern: push, pull, pub, sub, req, rep or pair
    ///
    /// An endpoint is a port (`12345`; a server's 0 is any free port), `host:12345`, one in full
    /// (`tcp://host:12345`, `ipc:///tmp/file`), or `@NAME`: discovered by a client, announced by a server.
    #[arg(value_name = "ENDPOINT... PATTERN", num_args = 1.., required = true)]
    words: Vec<String>,
    /// The command of --exec
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    #[command(flatten)]
    traffic: TrafficArgs,
}

/// The same, with the end that it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traffic<'a> {
    pub(crate) role: Role,
    /// Endpoints and the pattern.
    pub(crate) words: &'a [String],
    pub(crate) command: &'a [String],
    pub(crate) options: &'a TrafficArgs,
}

impl EndArgs {
    pub(crate) fn server(&self) -> Traffic<'_> {
        self.of(Role::Server)
    }

    pub(crate) fn client(&self) -> Traffic<'_> {
        self.of(Role::Client)
    }

    fn of(&self, role: Role) -> Traffic<'_> {
        Traffic {
            role,
            words: &self.words,
            command: &self.command,
            options: &self.traffic,
        }
    }
}

/// All options of messages.
#[derive(Debug, Args)]
pub(crate) struct TrafficArgs {
    /// Send this (repeatable) instead of the lines of stdin
    #[arg(
        allow_hyphen_values = true,
        short,
        long,
        value_name = "TEXT",
        alias = "data",
        help_heading = "Sent"
    )]
    pub(crate) message: Vec<String>,
    /// Send this file: whole, or as --in, -0 or -D say
    #[arg(short, long, help_heading = "Sent", conflicts_with = "message")]
    pub(crate) file: Option<PathBuf>,
    /// Send stdin whole, as one message
    #[arg(short, long, help_heading = "Sent", conflicts_with_all = ["message", "file"])]
    pub(crate) stdin: bool,
    /// Messages end with a zero byte, not a newline
    #[arg(short = '0', long, help_heading = "Sent", conflicts_with = "delimiter")]
    pub(crate) null: bool,
    /// Messages end with this, not a newline (\n, \t, \0, \xHH are known)
    #[arg(
        allow_hyphen_values = true,
        short = 'D',
        long,
        value_name = "STR",
        help_heading = "Sent"
    )]
    pub(crate) delimiter: Option<String>,
    /// So many inputs are one message, of as many frames
    #[arg(short = 'n', long, value_name = "N", alias = "numParts", help_heading = "Sent", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) parts: Option<u32>,
    /// Frames are separated by this (printed: a space by default)
    #[arg(
        allow_hyphen_values = true,
        short = 'K',
        long,
        value_name = "STR",
        help_heading = "Sent"
    )]
    pub(crate) part_delimiter: Option<String>,
    /// How the input is written (raw: blocks of 64 KiB)
    #[arg(
        long = "in",
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Formats"
    )]
    pub(crate) input: Format,
    /// How messages are printed; json and frames can be read again without loss
    #[arg(
        long = "out",
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Formats"
    )]
    pub(crate) output: Format,
    /// Print so: %a all frames, %1 to %9 one, %p those after the first, %t the first, %n how many, %l bytes,
    /// %c number of the message, %T time, %U Unix time, %P peer, %%, \n, \t, \0, \xHH
    #[arg(
        short = 'F',
        long,
        value_name = "TEXT",
        help_heading = "Formats",
        conflicts_with = "output"
    )]
    pub(crate) format: Option<String>,
    /// Subscribe to this (repeatable; default: to all); publish under this
    #[arg(short, long, alias = "topics", help_heading = "Topics")]
    pub(crate) topic: Vec<String>,
    /// Put the topic before each message, as a frame of its own
    #[arg(short, long, alias = "embedTopic", help_heading = "Topics")]
    pub(crate) embed_topic: bool,
    /// End after so many messages
    #[arg(short, long, value_name = "N", help_heading = "Limits")]
    pub(crate) count: Option<u64>,
    /// End with code 124 when no message was moved for this long (`5s`, `200ms`; a number is seconds)
    #[arg(short = 'W', long, value_name = "DUR", value_parser = duration, help_heading = "Limits")]
    pub(crate) timeout: Option<Duration>,
    /// End after this long in all: with code 124 if something was still to be done
    #[arg(long = "for", value_name = "DUR", value_parser = duration, help_heading = "Limits")]
    pub(crate) total: Option<Duration>,
    /// Send so many messages a second at most
    #[arg(long, value_name = "N", value_parser = rate, help_heading = "Pace")]
    pub(crate) rate: Option<f64>,
    /// Send all of -m or -f so many times
    #[arg(long, value_name = "N", help_heading = "Pace", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: Option<u64>,
    /// Pause between two messages
    #[arg(short, long, value_name = "DUR", value_parser = duration, help_heading = "Pace", conflicts_with = "rate")]
    pub(crate) interval: Option<Duration>,
    /// Send only when there are so many peers, or subscriptions (0: at once)
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Pace")]
    pub(crate) wait_for: usize,
    /// Reply with the request
    #[arg(long, help_heading = "Handling", conflicts_with_all = ["exec", "shell"])]
    pub(crate) echo: bool,
    /// Run the command after `--` for each message, which is its stdin
    #[arg(
        long,
        help_heading = "Handling",
        conflicts_with = "shell",
        requires = "command"
    )]
    pub(crate) exec: bool,
    /// Run this by `sh -c` for each message, which is its stdin
    #[arg(long, value_name = "CMD", help_heading = "Handling")]
    pub(crate) shell: Option<String>,
    /// Run so many commands at once
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Handling", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) jobs: u32,
    /// Go on receiving until nothing came for this long after the end of the input
    #[arg(long, value_name = "DUR", value_parser = duration, help_heading = "Handling")]
    pub(crate) after_eof: Option<Duration>,
    /// The own key of CURVE, as `zeroless keygen` makes it
    #[arg(long, value_name = "FILE", help_heading = "Security")]
    pub(crate) key: Option<PathBuf>,
    /// The public key of the server
    #[arg(long, value_name = "FILE", help_heading = "Security")]
    pub(crate) server_key: Option<PathBuf>,
    /// Let in the client with this public key, or those of this folder (repeatable)
    #[arg(long, value_name = "PATH", help_heading = "Security")]
    pub(crate) allow: Vec<PathBuf>,
    /// The user's name, with --password-file
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Security",
        requires = "password_file"
    )]
    pub(crate) user: Option<String>,
    /// The file with the user's password
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Security",
        requires = "user"
    )]
    pub(crate) password_file: Option<PathBuf>,
    /// The host of ports that are given alone
    #[arg(long, hide = true)]
    pub(crate) ip: Option<String>,
    #[arg(long, hide = true, value_name = "ENDPOINT")]
    pub(crate) bind: Vec<String>,
    #[arg(long, hide = true, value_name = "ENDPOINT")]
    pub(crate) connect: Vec<String>,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("a rate is a number above zero".to_owned()),
    }
}
