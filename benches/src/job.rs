//! The task of a contender, in this process or in one of its own.

use std::path::Path;
use std::process::Command;

/// The first argument of a process that does a job; the contender's name and the job follow.
pub const FLAG: &str = "--child";

/// Declares the job with its defaults and setters, and how it is written as arguments and read
/// again.
macro_rules! job {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $default:expr,)*) => {
        #[derive(Debug, Clone)]
        pub struct Job {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for Job {
            fn default() -> Job {
                Job { $($field: $default,)* }
            }
        }

        /// Setters, one a field.
        #[allow(dead_code, reason = "not each of them is needed")]
        impl Job {
            $(
                pub fn $field(mut self, $field: $type) -> Job {
                    self.$field = $field;
                    self
                }
            )*
        }

        impl Job {
            pub fn to_arguments(&self) -> Vec<String> {
                vec![$(format!("{}={}", stringify!($field), self.$field)),*]
            }

            pub fn from_arguments(arguments: &[String]) -> Job {
                let mut job = Job::default();
                for argument in arguments {
                    let (name, value) = argument.split_once('=').expect("name=value");
                    match name {
                        $(stringify!($field) => job.$field = value.parse().expect(name),)*
                        _ => panic!("no field {name}"),
                    }
                }
                job
            }
        }
    };
}

job! {
    /// Push, pull, request or reply; both ends of a pair of these; or a role of a node: see `child`.
    role: String = "push".to_owned(),
    /// Bound by pull and reply, connected to by push and request.
    endpoint: String = "tcp://127.0.0.1:0".to_owned(),
    /// How many bytes a frame has.
    size: usize = 32,
    frames: usize = 1,
    /// How long to measure.
    seconds: f64 = 0.0,
    /// How many messages to do instead; 0 for as long as it is measured.
    count: u64 = 0,
    /// Microseconds from one message to the next; 0 for flat out.
    pace: u64 = 0,
    /// Of requests, measure the median of their times, and not their rate.
    median: bool = false,
    /// Receive only when all has come that is to come.
    filled: bool = false,
    /// Begin only when told.
    told: bool = false,
    /// How many requests are under way at a time.
    in_flight: usize = 1,
    /// The queues' length; 0 for the default. For zeroless and the bare loop.
    queue: u32 = 0,
    /// For zeroless: push, publish or pair. For nodes: shout or whisper.
    pattern: String = "push".to_owned(),
    /// For zeroless and the bare loop: the batch size in bytes; 0 for the default.
    batch: u32 = 0,
    /// For zeroless: how long to wait awake, in microseconds; negative for the default.
    spin: i64 = -1,
    /// How the two ends are secured: none, plain or curve.
    security: String = "none".to_owned(),
    /// For zeroless: messages tell their peers.
    peer_info: bool = false,
    /// For zeroless.
    io_threads: usize = 1,
    /// Where a node of ZRE is: the address of an interface.
    interface: String = "127.0.0.1".to_owned(),
    /// The UDP port of its beacons.
    beacons: u16 = 0,
    /// How many nodes a process has in a mesh.
    nodes: usize = 1,
    /// How many peers each of them is to meet.
    peers: usize = 1,
    /// Of nodes with stations: there is one between the two, and the one that receives does not bind.
    behind: bool = false,
    /// Of how many messages one is kept.
    one_in: usize = 1,
}

impl Job {
    /// A frame's bytes.
    pub fn body(&self) -> Vec<u8> {
        vec![b'x'; self.size]
    }

    /// How many bytes a message has.
    pub fn bytes(&self) -> usize {
        self.size * self.frames
    }

    /// Starts a process that does it with this contender; `program` is a build of this one.
    pub fn command(&self, program: impl AsRef<Path>, contender: &str) -> Command {
        let mut command = Command::new(program.as_ref());
        command.args([FLAG, contender]).args(self.to_arguments());
        command
    }
}
