//! The flags of a message, and the members that go with it, as headers.

use super::{PeerMessage, StreamBatch};
use crate::codec::python_json::{PythonJson, quote, unquote};

/// The header that has the time of a message as its sender wrote it.
const TIMESTAMP: &str = "timestamp";

/// What a stream says of each of its items; these are members of their own.
const OF_STREAMS: [&str; 3] = ["subject", "pilot", "continuous"];

impl StreamBatch {
    /// A header for each of what it says of its items.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let headers = self.of_items.iter();
        headers
            .map(|(name, value)| (name.clone(), told(value)))
            .collect()
    }
}

impl PeerMessage {
    /// A header for each flag and each member that autopilot itself does not know, and one for the time. A text is told as it
    /// is, all else as its JSON.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let time = Some(&self.timestamp).filter(|time| !time.is_null());
        let time = time.map(|time| (TIMESTAMP.to_owned(), told(time)));
        let flags = self.flags.iter().chain(&self.more);
        let flags = flags.map(|(name, value)| (name.clone(), told(value)));
        time.into_iter().chain(flags).collect()
    }

    /// Takes headers as flags: the value `true` sets a flag, all else is a text.
    pub(crate) fn take_headers(&mut self, headers: &[(String, String)]) {
        for (name, value) in headers {
            let json = match value.as_str() {
                "true" | "false" | "null" => PythonJson::scanned(value),
                text => PythonJson::scanned(&quote(text)),
            };
            if name == TIMESTAMP {
                self.timestamp = json;
                continue;
            }
            let members = match OF_STREAMS.contains(&name.as_str()) {
                true => &mut self.more,
                false => &mut self.flags,
            };
            if members.iter().all(|(known, _)| known != name) {
                members.push((name.clone(), json));
            }
        }
    }
}

fn told(json: &PythonJson) -> String {
    unquote(json.as_str()).unwrap_or_else(|_| json.to_string())
}
