//! Prints which libzmq is linked, and what it can do.

fn main() -> zeroless::Result<()> {
    println!("{:#?}", zeroless::capabilities()?);
    Ok(())
}
