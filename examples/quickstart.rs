//! The main things in one process: work handed out, a question answered, news published.
//!
//! Each part would work just as well between machines. The workers are found by name; with
//! an address, write `Client::connect(("host", port))`.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zeroless::{Client, Server, zre};

const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> zeroless::Result<()> {
    env_logger::init();
    work()?;
    questions()?;
    news()
}

/// Push and pull: each message goes to one worker, in turn. Nobody needs an address: the workers
/// announce themselves, and are found.
fn work() -> zeroless::Result<()> {
    println!("Three workers share six jobs:");
    let service = format!("quickstart-{}", std::process::id());
    let (done, results) = mpsc::channel();
    let mut workers = Vec::new();
    for name in ["Ann", "Bob", "Cho"] {
        let server = Server::bind(0)?; // any free port
        let pull = server.pull()?;
        let announcement = zre::announce(&service, &server)?; // until it is dropped
        workers.push((pull.clone(), announcement));
        let done = done.clone();
        thread::spawn(move || {
            for job in pull {
                let _ = done.send(format!("{name} does {job}"));
            }
        });
    }

    let push = zre::discover(&service)?.push()?;
    push.wait_connected(workers.len(), PATIENCE)?;
    for number in 1..=6 {
        push.send(format!("job {number}"))?;
    }
    for result in results.iter().take(6) {
        println!("  {result}");
    }
    workers.iter().for_each(|(pull, _)| pull.stop()); // ends their loops
    Ok(())
}

/// Request and reply: every question finds its answer.
fn questions() -> zeroless::Result<()> {
    println!("A server adds numbers:");
    let server = Server::bind_local(0)?;
    let replier = server.reply()?;
    let stopper = replier.clone();
    thread::spawn(move || {
        replier.serve(|message| {
            let numbers = message.iter().map(|n| n.to_string().parse().unwrap_or(0));
            let sum: i64 = numbers.sum();
            sum.to_string()
        })
    });

    let requester = Client::connect(server.port())?.request()?;
    println!("  1 + 2 = {}", requester.request(("1", "2"))?);
    println!("  3 + 4 + 5 = {}", requester.request(("3", "4", "5"))?);
    stopper.stop();
    Ok(())
}

/// Publish and subscribe: a message goes to all subscribers of its topic.
fn news() -> zeroless::Result<()> {
    println!("A subscriber hears of the weather, and of nothing else:");
    let server = Server::bind_local(0)?;
    let publisher = server.publish()?;
    let subscriber = Client::connect(server.port())?.subscribe("weather")?;

    publisher.wait_for_subscribers(1, PATIENCE)?;
    publisher.send(("sports", "Porto win"))?;
    publisher.send(("weather", "sunny"))?;
    let [topic, text] = subscriber.recv()?.parts()?;
    println!("  {topic}: {text}");
    Ok(())
}
