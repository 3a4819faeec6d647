//! How many instructions a message costs on the application's thread, libzmq's part included.
//!
//! Counted by valgrind's callgrind, which keeps the threads apart, so libzmq's own thread is
//! left out. Each case runs with two counts of messages; their difference leaves out the
//! cost of starting.

use std::fs;
use std::process::{Command, Stdio};

use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::plan::Plan;
use crate::table::{head, row};

pub const PART: Part = Part {
    name: "instructions",
    title: "Instructions a message on the application's thread",
    run,
};

/// More than all messages that are counted, so that none has to wait.
const LONG: u32 = 1 << 20;

/// Counts one end of a case: how many instructions so many messages take.
type Count = fn(&dyn Contender, u64) -> f64;

/// The cases, with their sending and their receiving ends.
const CASES: [(&str, [Count; 2]); 4] = [
    (
        "inproc, queue filled and then emptied",
        [
            |one, count| alone(one, "fill", count),
            |one, count| alone(one, "empty", count),
        ],
    ),
    (
        "tcp, queue filled and then emptied",
        [
            |one, count| sent(one, count, queued()),
            |one, count| received(one, count, queued()),
        ],
    ),
    (
        "tcp, messages that tell their peers",
        [
            |one, count| sent(one, count, queued()),
            |one, count| received(one, count, queued().peer_info(true)),
        ],
    ),
    (
        "tcp, waits included",
        [
            |one, count| sent(one, count, Job::default()),
            |one, count| received(one, count, Job::default()),
        ],
    ),
];

fn run(plan: &Plan) {
    if !can_count() {
        return;
    }
    println!("Messages of one frame of 32 B.\n");
    head(&["", "zeroless", "bare libzmq", "ratio"]);
    for (what, [send, receive]) in CASES.into_iter().filter(|(what, _)| plan.wants(what)) {
        let [sent, received] = [send, receive].map(|count| both(plan, count));
        let together = [sent[0] + received[0], sent[1] + received[1]];
        let ends = [
            ("sent", sent),
            ("received", received),
            ("together", together),
        ];
        for (end, [ours, bare]) in ends {
            let ratio = format!("{:.2}", ours / bare);
            let [ours, bare] = [ours, bare].map(|count| format!("{count:.0}"));
            row(&[format!("{what}: {end}"), ours, bare, ratio]);
        }
    }
    println!();
}

/// Whether there is a valgrind; says so if not.
pub(super) fn can_count() -> bool {
    let mut valgrind = Command::new("valgrind");
    let status = valgrind.arg("--version").stdout(Stdio::null()).status();
    if status.is_err() {
        println!("Without valgrind: not counted.\n");
    }
    status.is_ok()
}

/// Instructions a message: ours, and the bare loop's.
fn both(plan: &Plan, count: Count) -> [f64; 2] {
    let contenders: [&dyn Contender; 2] = [&Zeroless, &Bare];
    contenders.map(|one| a_message(plan, |messages| count(one, messages)))
}

/// Instructions a message, of a count for so many messages.
pub(super) fn a_message(plan: &Plan, count: impl Fn(u64) -> f64) -> f64 {
    let few = plan.counted / 5;
    let more = count(few + plan.counted) - count(few);
    more / plan.counted as f64
}

/// Both ends in the process that is counted; the counted one in its main thread.
fn alone(contender: &dyn Contender, role: &str, count: u64) -> f64 {
    let job = Job::default()
        .role(role.into())
        .endpoint("inproc://queue".into());
    Counted::start(contender, &job.count(count)).finish()
}

/// A job with queues for all messages.
pub(super) fn queued() -> Job {
    Job::default().queue(LONG)
}

pub(super) fn sent(contender: &dyn Contender, count: u64, job: Job) -> f64 {
    let pull = Peer::start(contender, &job.clone().role("pull".into()));
    let push = job.endpoint(pull.line()).count(count);
    Counted::start(contender, &push).finish()
}

pub(super) fn received(contender: &dyn Contender, count: u64, job: Job) -> f64 {
    let filled = job.queue > 0;
    let pull = job.clone().role("pull".into()).count(count).filled(filled);
    let mut counted = Counted::start(contender, &pull);
    let push = job.endpoint(counted.peer.line());
    let push = push.count(if filled { count } else { 0 });
    let push = Peer::start(contender, &push);
    if filled {
        push.line();
        counted.peer.tell("filled");
    }
    counted.finish()
}

/// A process that runs under callgrind.
struct Counted {
    peer: Peer,
    folder: std::path::PathBuf,
}

impl Counted {
    fn start(contender: &dyn Contender, job: &Job) -> Counted {
        let folder = std::env::temp_dir().join(format!("zeroless-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the counts");
        let output = format!("--callgrind-out-file={}/out", folder.display());
        let valgrind = [
            "valgrind",
            "--tool=callgrind",
            "--separate-threads=yes",
            &output,
        ];
        let peer = Peer::start_under(&valgrind, contender, job);
        Counted { peer, folder }
    }

    /// Waits for its end, and gives the instructions of its main thread.
    fn finish(mut self) -> f64 {
        while self.peer.line() != "done" {}
        self.peer.tell("end");
        self.peer.wait();
        let main = fs::read_to_string(self.folder.join("out-01")).expect("callgrind's file");
        let _ = fs::remove_dir_all(&self.folder);
        let total = main.lines().find_map(|line| line.strip_prefix("totals: "));
        total.expect("a total").trim().parse().expect("a number")
    }
}
