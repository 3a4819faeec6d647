//! A message of autopilot's: one JSON object.

use super::{Address, MessageId, Unreadable};
use crate::codec::python_json::{PythonJson, quote};

/// The keys that have a meaning for all. Whatever another key says is between handlers; for us KILL is one of these.
pub(crate) mod key {
    /// The value is the id of a message that was received; whether it was handled is not told.
    pub(crate) const CONFIRM: &str = "CONFIRM";
    /// A station of autopilot's ends itself, whoever asks.
    pub(crate) const KILL: &str = "KILL";
    /// The value has many messages in it.
    pub(crate) const STREAM: &str = "STREAM";
}

/// The flags of a message. That a flag is there counts, not its value.
pub(crate) mod flag {
    /// It is not to be confirmed.
    pub(crate) const NOREPEAT: &str = "NOREPEAT";
    /// Its value is not to be logged. A Net_Node stalls for good on a [`STREAM`](super::key::STREAM) without this.
    pub(crate) const MINPRINT: &str = "MINPRINT";
}

/// A message that autopilot sends or reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerMessage {
    pub(crate) id: MessageId,
    pub(crate) to: Address,
    pub(crate) sender: Address,
    pub(crate) key: String,
    /// As it came: it is read when somebody wants it.
    pub(crate) value: PythonJson,
    /// When it was made: `2026-11-26T11:02:49.658508`, of a clock without a zone. Others send numbers; null if it is not
    /// told.
    pub(crate) timestamp: PythonJson,
    pub(crate) changed: bool,
    /// Each name once.
    pub(crate) flags: Vec<(String, PythonJson)>,
    /// Arrays in the value, if there are any, are packed.
    pub(crate) blosc: bool,
    /// It is never counted down, and so no help against loops. Null if it is not told.
    pub(crate) ttl: PythonJson,
    /// Members of other names, each once, such as the `subject` of a stream's only item.
    pub(crate) more: Vec<(String, PythonJson)>,
}

impl PeerMessage {
    /// As a Net_Node makes it, to be confirmed.
    pub(crate) fn new(
        id: MessageId,
        to: impl Into<Address>,
        sender: &str,
        key: &str,
        value: PythonJson,
        timestamp: &str,
    ) -> PeerMessage {
        PeerMessage {
            id,
            to: to.into(),
            sender: sender.into(),
            key: key.to_owned(),
            value,
            timestamp: PythonJson::scanned(&quote(timestamp)),
            changed: false,
            flags: Vec::new(),
            blosc: false,
            ttl: PythonJson::scanned("2"),
            more: Vec::new(),
        }
    }

    /// The same, not to be confirmed: what `send` makes if it is not told to repeat.
    pub(crate) fn unconfirmed(mut self) -> PeerMessage {
        self.set_flag(flag::NOREPEAT);
        self
    }

    pub(crate) fn set_flag(&mut self, flag: &str) {
        if !self.has_flag(flag) {
            let set = (flag.to_owned(), PythonJson::scanned("true"));
            self.flags.push(set);
        }
    }

    pub(crate) fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|(name, _)| name == flag)
    }

    /// Whether its sender waits for a confirmation.
    pub(crate) fn is_to_be_confirmed(&self) -> bool {
        self.key != key::CONFIRM && !self.has_flag(flag::NOREPEAT)
    }

    /// The confirmation that it was received, by this node, if one is to be sent. It goes along the sender's
    /// [path](Address::path).
    pub(crate) fn confirmation(
        &self,
        id: MessageId,
        us: &str,
        timestamp: &str,
    ) -> Option<PeerMessage> {
        let value = PythonJson::scanned(&self.id.json());
        let to = self.sender.name();
        let confirmation = PeerMessage::new(id, to, us, key::CONFIRM, value, timestamp);
        self.is_to_be_confirmed()
            .then(|| confirmation.unconfirmed())
    }

    /// The message that this confirms, if it is a confirmation.
    pub(crate) fn confirms(&self) -> Option<Result<MessageId, Unreadable>> {
        let is_one = self.key == key::CONFIRM;
        is_one.then(|| MessageId::read("value", self.value.as_str()))
    }

    /// Its JSON, as Python writes it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let object = |members: &[(String, PythonJson)]| -> String {
            let members = members.iter();
            let members = members.map(|(name, value)| format!("{}: {value}", quote(name)));
            members.collect::<Vec<_>>().join(", ")
        };
        let mut json = format!(
            "{{\"id\": {}, \"to\": {}, \"sender\": {}, \"key\": {}, \"value\": {}",
            self.id.json(),
            self.to.json(),
            self.sender.json(),
            quote(&self.key),
            self.value
        );
        if !self.timestamp.is_null() {
            json += &format!(", \"timestamp\": {}", self.timestamp);
        }
        json += &format!(
            ", \"changed\": {}, \"flags\": {{{}}}, \"blosc\": {}",
            self.changed,
            object(&self.flags),
            self.blosc
        );
        if !self.ttl.is_null() {
            json += &format!(", \"ttl\": {}", self.ttl);
        }
        if !self.more.is_empty() {
            json += ", ";
            json += &object(&self.more);
        }
        json.push('}');
        json.into_bytes()
    }
}
