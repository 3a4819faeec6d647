//! Opening a socket with its options.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use log::debug;

use super::peers::Peers;
use super::profile::heartbeat;
use super::receive_state::ReceiveState;
use super::secured::{access, secure};
use super::{AdaptiveSpin, Inner, Readiness, SharedSocket, Socket, SocketSpec, Waiters, system};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ffi::{self, IntOption, RawMessage};
use crate::fork::ForkMutex;
use crate::monitor::{ConnectionStatus, ConnectionTracker, MonitoredSocket, Names};
use crate::options::{Options, milliseconds};
use crate::throttle::Throttle;

impl Socket {
    /// A socket as it is specified, without endpoints.
    pub(crate) fn open(spec: &SocketSpec, options: &Options) -> Result<Socket> {
        options.check()?;
        let context = Context::current()?;
        let mut socket = context.socket(spec.socket_type.zmq())?;
        configure(&mut socket, spec, options)
            .map_err(|error| Error::system("setting socket options", error))?;
        let zap_domain = secure(&context, &mut socket, spec.name, options)?;
        for (option, value) in &spec.raw_options {
            ffi::set_int(&mut socket, *option, *value)
                .map_err(|errno| system("setting socket options", errno))?;
        }
        let linger = spec.profile.linger(options).set(&mut socket);
        linger.map_err(|errno| system("setting the linger time", errno))?;
        let fd = socket.get_fd();
        let fd = fd.map_err(|error| Error::system("making a socket", error))?;
        let names = Names {
            own: spec.name,
            partner: spec.partner,
        };
        let abandons = !ffi::keeps_refused();
        let tracker = ConnectionTracker::new(names, options, abandons);
        let status = Arc::new(ConnectionStatus::new(spec.name, tracker));
        let skipped = Arc::new(AtomicU64::new(0));
        let peers = Peers::new(options.peer_info, access(spec, options), &skipped);
        let tells_origins = peers.is_some();
        let mut monitoring = Ok(());
        let shared = Arc::new_cyclic(|shared: &Weak<SharedSocket>| {
            if spec.profile.is_monitored {
                let monitored: Weak<dyn MonitoredSocket> = shared.clone();
                monitoring = context.with_monitor_thread(|thread| {
                    thread.add(context.zmq(), &socket, status.clone(), monitored)
                });
            }
            SharedSocket {
                inner: ForkMutex::new(Inner {
                    socket: Some(socket),
                    scratch: RawMessage::new(),
                    receive_state: ReceiveState::new(peers),
                    frame_limit: spec.profile.frame_limit(options),
                    waiters: Waiters::default(),
                    spin: AdaptiveSpin::default(),
                    bound: Vec::new(),
                    connected: Vec::new(),
                }),
                fd,
                spec: spec.clone(),
                options: options.clone(),
                stopped: Arc::new(AtomicBool::new(false)),
                stop_signal: OnceLock::new(),
                status,
                readiness: Readiness::default(),
                failure: ForkMutex::new(None),
                skipped,
                tells_origins,
                skip_throttle: Throttle::new(),
                sent: AtomicBool::new(false),
                inproc: AtomicBool::new(false),
                readable_warned: AtomicBool::new(false),
                _zap_domain: zap_domain,
                on_pump: OnceLock::new(),
            }
        });
        monitoring?;
        Ok(Socket {
            shared,
            context,
            handle_count: Arc::default(),
        })
    }
}

fn configure(socket: &mut zmq::Socket, spec: &SocketSpec, options: &Options) -> zmq::Result<()> {
    let profile = &spec.profile;
    if !spec.identity.is_empty() {
        socket.set_identity(&spec.identity)?;
    }
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    socket.set_sndhwm(profile.send_queue(options).map_or(0, count))?;
    socket.set_rcvhwm(count(options.receive_queue))?;
    socket.set_maxmsgsize(i64::try_from(options.max_frame).unwrap_or(i64::MAX))?;
    socket.set_handshake_ivl(milliseconds(options.handshake_timeout))?;
    socket.set_connect_timeout(milliseconds(options.connect_timeout))?;
    socket.set_reconnect_ivl(milliseconds(options.reconnect_min))?;
    socket.set_reconnect_ivl_max(milliseconds(options.reconnect_max))?;
    socket.set_immediate(profile.is_immediate(options, 0))?;
    if let Some((interval, timeout)) = heartbeat(options) {
        socket.set_heartbeat_ivl(milliseconds(interval))?;
        socket.set_heartbeat_timeout(milliseconds(timeout))?;
        // The peer then ends a silent connection too, though it may not send heartbeats itself.
        socket.set_heartbeat_ttl(milliseconds(timeout))?;
    }
    if let Some(probes) = profile.keep_alive(options) {
        let seconds = |time: Duration| i32::try_from(time.as_secs().max(1)).unwrap_or(i32::MAX);
        socket.set_tcp_keepalive(1)?;
        socket.set_tcp_keepalive_idle(seconds(probes.idle))?;
        socket.set_tcp_keepalive_intvl(seconds(probes.interval))?;
        socket.set_tcp_keepalive_cnt(i32::from(probes.count.max(1)))?;
    }
    if let Some(time) = profile.stall_timeout(options) {
        let _ = ffi::set_int(socket, IntOption::TcpMaxRt, milliseconds(time));
    }
    if let Some(batch) = profile.batch(options) {
        for option in [IntOption::InBatchSize, IntOption::OutBatchSize] {
            if let Err(errno) = ffi::set_int(socket, option, batch) {
                debug!(
                    "libzmq has no {option:?} (error {errno}): messages from 1 KiB up are slower"
                );
            }
        }
    }
    Ok(())
}
