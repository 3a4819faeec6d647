//! How much a receiver is ready to take of one flow.

use crate::station::wire::Credit;

const FIRST: Credit = Credit {
    messages: 8,
    bytes: 64 << 10,
};
const MIN: Credit = Credit {
    messages: 1,
    bytes: 4 << 10,
};
pub(super) const MAX: Credit = Credit {
    messages: 1024,
    bytes: 4 << 20,
};

/// The credit of a flow. It doubles each time when so many were handled, and halves when the pool is short.
#[derive(Debug)]
pub(super) struct Window {
    credit: Credit,
    /// How many messages were handled since it has changed.
    handled: u16,
}

impl Default for Window {
    fn default() -> Window {
        Window {
            credit: FIRST,
            handled: 0,
        }
    }
}

impl Window {
    pub(super) fn credit(&self) -> Credit {
        self.credit
    }

    /// Whether there is credit for one more, of this size, of a flow that holds so many.
    pub(super) fn admits(&self, held: usize, held_bytes: usize, size: usize) -> bool {
        held < self.credit.messages.into()
            && held_bytes.saturating_add(size) <= self.credit.bytes as usize
    }

    pub(super) fn one_handled(&mut self, is_short: bool) {
        self.handled += 1;
        if self.handled >= self.credit.messages {
            match is_short {
                true => self.halve(),
                false => self.double(),
            }
        }
    }

    fn double(&mut self) {
        self.handled = 0;
        self.credit = Credit {
            messages: (self.credit.messages * 2).min(MAX.messages),
            bytes: (self.credit.bytes * 2).min(MAX.bytes),
        };
    }

    pub(super) fn halve(&mut self) {
        self.handled = 0;
        self.credit = Credit {
            messages: (self.credit.messages / 2).max(MIN.messages),
            bytes: (self.credit.bytes / 2).max(MIN.bytes),
        };
    }
}
