//! The cost of something from its beginning on, as the process that does it tells.

use std::fs;

use crate::process::{now, raise_files, resident};

/// When something began.
pub struct Costs {
    began: u64,
}

impl Costs {
    /// Begins as soon as all are ready.
    pub fn begin(ready: &mut dyn FnMut(&str)) -> Costs {
        raise_files();
        ready("ready");
        Costs { began: now() }
    }

    pub fn tell(self) {
        println!("{}\n{}", self.began, now());
        let count = |folder| fs::read_dir(folder).expect("a Linux").count();
        println!("{}", resident());
        println!("{}", count("/proc/self/fd"));
        println!("{}", count("/proc/self/task"));
    }
}
