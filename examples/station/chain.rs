//! A chain of three stations: a node behind the last asks one behind the first, and sees who comes and goes.

use std::error::Error;
use std::time::Duration;

use zeroless::station::{Message, Node, Presence};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let site = Node::builder("site").bind(0).start()?;
    let hall = Node::builder("hall")
        .bind(0)
        .upstream(site.port())
        .start()?;
    let rig = Node::builder("rig").bind(0).upstream(hall.port()).start()?;

    let camera = Node::builder("camera").upstream(rig.port()).start()?;
    let stage = Node::builder("stage").upstream(site.port()).start()?;
    stage.listen("MOVE", |(x, y): (f64, f64), request: &Message| {
        match x.hypot(y) {
            ..100.0 => request.reply(&format!("at {x}, {y}")).map(drop),
            _ => {
                request.fail("too far");
                Ok(())
            }
        }
    })?;

    let presence = camera.watch("stage")?;
    camera.wait_for("stage", Duration::from_secs(30))?;
    let reply: String = camera.request("stage", "MOVE", &(3.0, 4.0))?.value()?;
    println!("{reply}");
    if let Err(error) = camera.request("stage", "MOVE", &(300.0, 400.0)) {
        println!("{error}");
    }
    drop(stage);
    for event in presence {
        match event {
            Presence::Appeared(id) => println!("{id} is there"),
            Presence::Gone(id) => {
                println!("{id} is gone");
                break;
            }
            _ => {}
        }
    }
    Ok(())
}
