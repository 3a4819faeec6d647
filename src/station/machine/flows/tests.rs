//! Facts of single steps, with frames by hand.

mod receiver;
mod sender;

use std::time::Duration;

use super::frames::Payload;
use crate::station::Life;

/// A message of so many bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes(usize);

impl Payload for Bytes {
    fn size(&self) -> usize {
        self.0
    }
}

const TOKEN: u64 = 7;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn life(byte: u8) -> Life {
    Life::from([byte; 16])
}
