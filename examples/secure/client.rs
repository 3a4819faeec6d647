//! Proves who it is, asks the server three times, and prints its replies; by a password, or with a folder by keys.
//!
//!     secure_client [PORT [FOLDER]]

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::path::PathBuf;

use zeroless::Client;
use zeroless::security::{Curve, Keys, Password, Plain, PublicKey};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let security = match std::env::args().nth(2).map(PathBuf::from) {
        None => Plain::user("ann", Password::new("correct horse")?),
        Some(folder) => {
            // Here both ends have the same folder; elsewhere the two files with public keys are exchanged.
            let path = folder.join("clients").join("ann.key");
            if !path.exists() {
                Keys::generate()?.save(&path)?;
            }
            Curve::client(
                &Keys::load(path)?,
                PublicKey::load(folder.join("server.key"))?,
            )
        }
    };
    let client = Client::connect(common::port(12345))?.security(security);
    let requester = client.request()?;
    for message in ["Msg1", "Msg2", "Msg3"] {
        let reply = requester.request(message)?;
        println!("{reply}");
    }
    Ok(())
}
