//! Which values options may have.

use std::time::Duration;

use super::{Batch, Heartbeat, KeepAlive, Options};
use crate::error::{Error, Result};
use crate::ffi;
use crate::peer_id::PeerId;

impl Options {
    /// Refuses values that libzmq would refuse later, wrap, or take for something else.
    pub(crate) fn check(&self) -> Result<()> {
        let queue = 1..=i32::MAX as u32;
        let refuse = |option, reason: &str| {
            let reason = reason.to_owned();
            Err(Error::InvalidOption { option, reason })
        };
        if !queue.contains(&self.send_queue) {
            return refuse("send_queue", "choose between 1 and 2147483647 messages");
        }
        if !queue.contains(&self.receive_queue) {
            return refuse("receive_queue", "choose between 1 and 2147483647 messages");
        }
        if !(1000..=i64::MAX as u64).contains(&self.max_frame) {
            return refuse("max_frame", "1000 bytes at least: the handshake needs them");
        }
        if self.reconnect_min.is_zero() || self.reconnect_max < self.reconnect_min {
            return refuse("reconnect_max", "0 < reconnect_min <= reconnect_max");
        }
        if self.handshake_timeout.is_zero() || self.connect_timeout.is_zero() {
            return refuse("handshake_timeout, connect_timeout", "must not be zero");
        }
        // libzmq counts milliseconds in 32 bits.
        let longest = Duration::from_millis(i32::MAX as u64);
        let bounded = [
            ("linger", self.linger.unwrap_or_default()),
            ("handshake_timeout", self.handshake_timeout),
            ("connect_timeout", self.connect_timeout),
            ("reconnect_max", self.reconnect_max),
        ];
        if let Some((option, _)) = bounded.iter().find(|(_, time)| *time > longest) {
            return refuse(option, "24 days at most");
        }
        if self.spin > Duration::from_secs(1) {
            return refuse("spin", "1 s at most");
        }
        if let Heartbeat::Every { interval, timeout } = self.heartbeat
            && (interval.is_zero() || timeout.is_zero() || timeout > Duration::from_secs(6553))
        {
            return refuse("heartbeat", "more than zero, and 6553 s at most");
        }
        if matches!(self.heartbeat, Heartbeat::Every { .. }) && !ffi::has(ffi::SAFE_HEARTBEATS) {
            return refuse(
                "heartbeat",
                "with the libzmq that is linked, any peer could end this process by them; let TCP \
                 look after silent peers (keep_alive), or build with the feature `libzmq` and \
                 without a libzmq of the system",
            );
        }
        if let Some(probes) = self.keep_alive {
            let longest = probes.idle.max(probes.interval);
            if longest > KeepAlive::LONGEST || probes.count > KeepAlive::MOST {
                return refuse("keep_alive", "32767 s and 127 probes at most");
            }
        }
        if self.plain_envelope && self.identity.is_some() {
            return refuse(
                "plain_envelope",
                "choose it or an identity: a ROUTER may not hear a connection that is made anew by the \
                 same name",
            );
        }
        if let Some(Err(reason)) = self.identity.as_ref().map(PeerId::check_own) {
            return refuse("identity", reason);
        }
        if let Some(security) = &self.security {
            security.check()?;
        }
        if let Batch::Bytes(bytes) = self.batch
            && !(1024..=1 << 30).contains(&bytes)
        {
            return refuse("batch", "choose between 1 KiB and 1 GiB");
        }
        Ok(())
    }
}
