//! Services as headers announce them.

use std::net::SocketAddr;

use super::address::address;

/// The service that one header announces: `X-<name>-<pattern>: tcp://host:port`.
///
/// The case of the key does not matter. Several endpoints are separated by spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceHeader {
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl ServiceHeader {
    /// The key and the value of the header.
    pub(crate) fn encode(&self) -> (String, String) {
        let key = format!("X-{}-{}", self.name, self.pattern);
        let endpoints = self.addresses.iter().map(|it| format!("tcp://{it}"));
        (key, Vec::from_iter(endpoints).join(" "))
    }

    /// `None` for a header of another kind. Endpoints that nobody can connect to are left out.
    pub(crate) fn decode(key: &str, value: &str) -> Option<ServiceHeader> {
        let prefix = key.get(..2)?;
        let (name, pattern) = key[2..].rsplit_once('-')?;
        prefix.eq_ignore_ascii_case("X-").then(|| ServiceHeader {
            name: name.to_owned(),
            pattern: pattern.to_ascii_lowercase(),
            addresses: value.split_whitespace().filter_map(address).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_as_it_was() {
        let header = ServiceHeader {
            name: "more-jobs".to_owned(),
            pattern: "pull".to_owned(),
            addresses: vec!["10.0.0.7:1".parse().unwrap(), "[::1]:2".parse().unwrap()],
        };
        let (key, value) = header.encode();
        assert_eq!(key, "X-more-jobs-pull");
        assert_eq!(value, "tcp://10.0.0.7:1 tcp://[::1]:2");
        assert_eq!(ServiceHeader::decode(&key, &value), Some(header));
    }

    #[test]
    fn other_headers_announce_nothing() {
        for key in [
            "",
            "X",
            "X-jobs",
            "jobs-pull",
            "\u{e9}-jobs-pull",
            "Y-jobs-pull",
        ] {
            assert_eq!(
                ServiceHeader::decode(key, "tcp://10.0.0.7:1"),
                None,
                "{key}"
            );
        }
        let nowhere = "ipc:///tmp/x tcp://name:8 tcp://0.0.0.0:9 tcp://10.0.0.7:0";
        let header = ServiceHeader::decode("x-JOBS-Pull", nowhere).unwrap();
        assert_eq!(
            (header.pattern.as_str(), header.addresses.len()),
            ("pull", 0)
        );
    }
}
