//! A program that depends on what depends on zeroless.

fn main() {
    println!("{}", middle::report().expect("a message goes through"));
}
