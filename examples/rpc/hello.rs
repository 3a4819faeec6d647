//! Both ends of a call, in one program.

use zeroless::rpc;

#[derive(serde::Serialize, serde::Deserialize)]
struct Hello(String);
rpc::command!(Hello -> String);
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hello = |Hello(name): Hello| Ok(format!("hello, {name}"));
    let server = rpc::Server::bind(0)?.serve(hello).start()?;
    let client = rpc::Client::connect(server.port())?;
    println!("{}", client.call(&Hello("world".to_owned()))?);
    Ok(())
}
