//! A network for nodes to meet in.

use std::net::UdpSocket;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};

use crate::contender::Contender;
use crate::contender::pyre::Pyre;
use crate::contender::zeroless::Zeroless;
use crate::contenders::present;
use crate::job::Job;

const ADDRESS: &str = "10.77.0.1";

/// Commands that make a network that has an interface other than loopback, without which pyre needs
/// settings of its own.
const COMMANDS: [&str; 5] = [
    "link set lo up",
    "link add eth0 type veth peer name eth1",
    "address add 10.77.0.1/24 broadcast + dev eth0",
    "link set eth0 up",
    "link set eth1 up",
];

/// Where nodes beacon: if possible a network of its own, so that none of them is heard by others.
pub struct Network {
    own: bool,
}

impl Network {
    /// Runs this in such a network, and with it all processes that it starts.
    pub fn with(run: impl FnOnce(&Network) + Send) {
        // A namespace that is no longer shared belongs to the thread.
        thread::scope(|scope| scope.spawn(|| run(&Network::open())).join()).expect("it works");
    }

    fn open() -> Network {
        let own = unshare(CloneFlags::CLONE_NEWNET).is_ok();
        for command in COMMANDS.iter().take(if own { COMMANDS.len() } else { 0 }) {
            let done = Command::new("ip").args(command.split(' ')).status();
            assert!(done.is_ok_and(|it| it.success()), "ip {command}");
        }
        Network { own }
    }

    /// zeroless; and pyre, which chooses its interface itself, where nobody else can hear it.
    pub fn contenders(&self) -> Vec<&'static dyn Contender> {
        if !self.own {
            println!("Without pyre: only root can make a network for it.\n");
            return vec![&Zeroless];
        }
        present(&[&Zeroless, &Pyre])
    }

    /// The job that nodes of one mesh have in common: a port for beacons that no others have.
    pub fn job(&self) -> Job {
        let free = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.local_addr());
        let job = Job::default().beacons(free.expect("a port").port());
        match self.own {
            true => job.interface(ADDRESS.to_owned()),
            false => job,
        }
    }
}
