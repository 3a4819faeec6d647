//! The frames to send, after the routing id that a ROUTER needs before them.

/// Who is at the other end of a connection, as it sees itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link<'a> {
    /// A Net_Node, or its stream, that is connected to us as its upstream. It takes what a station takes, too.
    #[cfg(test)]
    Node,
    /// A node of this name that is connected to us as to a Net_Node with a router.
    #[cfg(test)]
    Peer(&'a str),
    /// A Station of this name that is connected to us as its upstream.
    Station(&'a str),
    /// A Station of this name, or a Net_Node with a router, that we are connected to.
    Above(&'a str),
}

impl Link<'_> {
    /// The frames of a message to this recipient, by way of the stations of this path, which are behind the other end.
    pub(crate) fn frames(self, path: &[&str], recipient: &str, json: Vec<u8>) -> Vec<Vec<u8>> {
        let mut frames = Vec::with_capacity(path.len() + 4);
        match self {
            #[cfg(test)]
            Link::Node => {}
            #[cfg(test)]
            Link::Peer(name) => frames.push(name),
            // For itself. With two frames or three it would be handled, and its confirmation lost.
            Link::Station(name) if name == recipient && path.is_empty() => {}
            Link::Station(name) => {
                // A Station's DEALER passes on nothing that does not look as if it came through its ROUTER, which puts a
                // routing id before. An empty one is of nobody: with ours, it would take us for a peer below.
                frames.extend(["", name]);
                path.iter().for_each(|hop| frames.extend([hop, "", hop]));
                frames.push(recipient);
            }
            Link::Above(name) => {
                frames.push(name);
                frames.extend(path);
                // A path ends with the recipient, which is told once more.
                frames.extend((!path.is_empty()).then_some(recipient));
                frames.push(recipient);
            }
        }
        let frames = frames.into_iter().map(|frame| frame.as_bytes().to_vec());
        frames.chain([json]).collect()
    }
}

/// The frames that a Station above of this name sends back. It knows us once we have sent something: before, it passes up
/// what is for us.
pub(crate) fn ping(above: &str) -> Vec<Vec<u8>> {
    vec![above.into(), Vec::new()]
}
