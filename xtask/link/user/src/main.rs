//! A program that depends on a crate that depends on zeroless.

fn main() {
    println!("{}", middle::report().expect("a message goes through"));
}
