//! A library for programs in other languages.

/// Prints the report.
#[unsafe(no_mangle)]
pub extern "C" fn print_report() {
    println!("{}", middle::report().expect("a message goes through"));
}
