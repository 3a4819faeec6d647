//! A process that was started to be measured.

use std::process::exit;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::contender::Contender;
use crate::contenders;
use crate::job::Job;
use crate::meter::Meter;
use crate::process::used;

/// Does a job with a contender: these are the arguments.
pub fn run(arguments: &[String]) -> ! {
    let contender = contenders::by_name(&arguments[0]);
    let job = Job::from_arguments(&arguments[1..]);
    let words = listen();
    let mut ready = |endpoint: &str| {
        println!("{endpoint}");
        if job.told || job.filled {
            let _ = words.recv();
        }
        if job.filled {
            wait_until_idle();
        }
    };
    match &job.role[..] {
        "push" => contender.push(&job, &mut sending(&job)),
        "pull" => contender.pull(&job, &mut ready, &mut receiving(&job)),
        "request" => contender.request(&job, &mut receiving(&job)),
        "reply" => contender.reply(&job, &mut ready),
        "relay" => contender.relay(&job, &mut ready),
        "both" => both(contender, &job),
        "fill" => turns(contender, &job, true),
        "empty" => turns(contender, &job, false),
        "meet" => contender.meet(&job),
        "hear" => contender.hear(&job, &mut ready, &mut receiving(&job)),
        "shout" => contender.shout(&job, &mut sending(&job)),
        "mesh" => contender.mesh(&job, &mut ready),
        "flood" => contender.flood(&job, &mut ready),
        "keep" => contender.keep(&job, &mut ready),
        other => panic!("no role {other}"),
    }
    println!("done");
    // Queued messages have to be sent still.
    let _ = words.recv();
    exit(0);
}

fn sending(job: &Job) -> Meter {
    match (job.count, job.pace) {
        (0, 0) => Meter::endless(),
        (0, pace) => Meter::pace(pace),
        (count, _) => Meter::count(count),
    }
}

fn receiving(job: &Job) -> Meter {
    match (job.count, job.seconds > 0.0) {
        (0, true) if job.median => Meter::median(job, |rate| println!("{rate}")),
        (0, true) => Meter::rate(job, |rate| println!("{rate}")),
        _ => sending(job),
    }
}

/// Push in one thread and pull in another, in one process.
fn both(contender: &'static dyn Contender, job: &Job) {
    let mut start = |endpoint: &str| {
        let job = job.clone().endpoint(endpoint.into());
        thread::spawn(move || contender.push(&job, &mut Meter::endless()));
    };
    contender.pull(job, &mut start, &mut receiving(job));
}

/// The same, but turn by turn: the queue is filled, and only then emptied. One of the two is
/// done by the main thread.
fn turns(contender: &'static dyn Contender, job: &Job, fill: bool) {
    let (mut filler, mut emptier) = Meter::turns(job, |fill, empty| println!("{fill}\n{empty}"));
    if fill {
        let (sender, bound) = channel();
        let pull = job.clone();
        thread::spawn(move || {
            let mut ready = |endpoint: &str| drop(sender.send(endpoint.to_owned()));
            contender.pull(&pull, &mut ready, &mut emptier);
        });
        let endpoint = bound.recv().expect("an endpoint");
        contender.push(&job.clone().endpoint(endpoint), &mut filler);
    } else {
        let mut filler = Some(filler);
        let mut start = |endpoint: &str| {
            let job = job.clone().endpoint(endpoint.into());
            let mut filler = filler.take().expect("one start");
            thread::spawn(move || contender.push(&job, &mut filler));
        };
        contender.pull(job, &mut start, &mut emptier);
    }
}

/// Listens to the process that started this one, and ends this one with it.
fn listen() -> Receiver<String> {
    let (sender, words) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match line.split_once(' ') {
                Some(("cpu", seconds)) => cpu(seconds.parse().expect("seconds")),
                _ => drop(sender.send(line)),
            }
        }
        exit(0);
    });
    words
}

/// Tells how many percent of a core this process uses in the time that comes.
fn cpu(seconds: f64) {
    let before = used();
    thread::sleep(Duration::from_secs_f64(seconds));
    println!("{}", (used() - before).as_secs_f64() * 100.0 / seconds);
}

/// Waits until libzmq's thread has moved all that there is to be moved.
fn wait_until_idle() {
    loop {
        let before = used();
        thread::sleep(Duration::from_millis(200));
        if used() - before < Duration::from_millis(2) {
            return;
        }
    }
}
