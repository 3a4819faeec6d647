//! All contenders.

use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::batched::BareBatched;
use crate::contender::calls::Calls;
use crate::contender::dealer::{BareDealer, BareEnvelope};
use crate::contender::omq::{Omq, OmqMany};
use crate::contender::proxy::{Proxy, ProxyBatched};
use crate::contender::pyre::Pyre;
use crate::contender::python::Python;
use crate::contender::python_calls::{Pyzmqrpc3, Zerorpc};
use crate::contender::pyzmq::Pyzmq;
use crate::contender::station::Station;
use crate::contender::tarpc::{TarpcOneThread, TarpcThreads};
use crate::contender::tcp::Tcp;
use crate::contender::usual::{RecvMsg, RecvMultipart};
use crate::contender::zeroless::Zeroless;
use crate::contender::zmqrs::ZmqRs;

const ALL: [&dyn Contender; 22] = [
    &Zeroless,
    &Bare,
    &BareBatched,
    &BareDealer,
    &BareEnvelope,
    &RecvMultipart,
    &RecvMsg,
    &Omq,
    &OmqMany,
    &ZmqRs,
    &Tcp,
    &Proxy,
    &ProxyBatched,
    &Python,
    &Pyzmq,
    &Pyre,
    &Calls,
    &Station,
    &TarpcOneThread,
    &TarpcThreads,
    &Pyzmqrpc3,
    &Zerorpc,
];

pub fn by_name(name: &str) -> &'static dyn Contender {
    let mut all = ALL.into_iter();
    all.find(|contender| contender.name() == name)
        .expect("a contender's name")
}

/// Those of them that can be run here; says so of the others.
pub fn present(contenders: &[&'static dyn Contender]) -> Vec<&'static dyn Contender> {
    let (present, absent): (Vec<&'static dyn Contender>, Vec<_>) =
        contenders.iter().partition(|one| one.is_there());
    for contender in absent {
        println!("Without {}: see benches/README.md.\n", contender.name());
    }
    present
}
