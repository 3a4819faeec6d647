//! The location of a node, as the value of a tuple of gossip tells it.

use crate::security::PublicKey;

/// Where a node is said to be, and with CURVE its key: `tcp://host:port`, or `tcp://host:port|key` in Z85, as zyre
/// writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    pub(crate) endpoint: String,
    pub(crate) key: Option<PublicKey>,
}

impl Location {
    pub(crate) fn encode(&self) -> String {
        match &self.key {
            Some(key) => format!("{}|{key}", self.endpoint),
            None => self.endpoint.clone(),
        }
    }

    /// `None` if the text after `|` is not a key: nobody can connect there.
    pub(crate) fn decode(value: &str) -> Option<Location> {
        let (endpoint, key) = match value.split_once('|') {
            Some((endpoint, key)) => (endpoint, Some(key.parse().ok()?)),
            None => (value, None),
        };
        Some(Location {
            endpoint: endpoint.to_owned(),
            key,
        })
    }

    /// The host in the value of a tuple, whatever follows it.
    pub(crate) fn host_in(value: &str) -> &str {
        // A key in Z85 may have colons.
        let endpoint = value
            .split_once('|')
            .map_or(value, |(endpoint, _)| endpoint);
        endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

    #[test]
    fn a_key_follows_the_endpoint() {
        for (value, key) in [
            ("tcp://10.0.0.7:9000".to_owned(), None),
            (format!("tcp://10.0.0.7:9000|{KEY}"), Some(KEY)),
        ] {
            let location = Location::decode(&value).unwrap();
            assert_eq!(location.endpoint, "tcp://10.0.0.7:9000");
            assert_eq!(location.key.map(|key| key.to_string()).as_deref(), key);
            assert_eq!(location.encode(), value);
            assert_eq!(Location::host_in(&value), "tcp://10.0.0.7");
        }
        for key in ["", "key", &KEY[1..], "|"] {
            let value = format!("tcp://10.0.0.7:9000|{key}");
            assert_eq!(Location::decode(&value), None, "{value}");
            assert_eq!(Location::host_in(&value), "tcp://10.0.0.7");
        }
    }
}
