//! Replies to those that it knows, until it is stopped: by a password, on this machine alone; or, with the
//! feature `curve` and a folder, by their keys, from anywhere.
//!
//!     secure_server [PORT [FOLDER]]

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::path::PathBuf;

use zeroless::Server;
use zeroless::security::{Access, Curve, Keys, Password, Plain};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let port = common::port(12345);
    let server = match std::env::args().nth(2).map(PathBuf::from) {
        None => {
            let access = Access::new().user("ann", Password::new("correct horse")?)?;
            Server::bind_local(port)?.security(Plain::server(access))
        }
        Some(folder) => {
            let path = folder.join("server.key");
            if !path.exists() {
                Keys::generate()?.save(&path)?;
            }
            // A client whose key is copied there is let in when it comes next.
            let clients = folder.join("clients");
            std::fs::create_dir_all(&clients)?;
            let access = Access::new().folder(clients)?;
            Server::bind(port)?.security(Curve::server(&Keys::load(path)?, access))
        }
    };
    let replier = server.reply()?;
    common::stop_on_ctrl_c(replier.stopper()?)?;
    for request in replier {
        println!("{}: {request}", request.user().unwrap_or("nobody"));
        let (message, reply) = request.split();
        reply.send(message)?;
    }
    Ok(())
}
