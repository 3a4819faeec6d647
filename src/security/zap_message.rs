//! The messages between libzmq and a handler of ZAP (RFC 27), as frames.

use std::fmt;
use std::ops::Deref;

/// The only version that there is.
const VERSION: &[u8] = b"1.0";

/// A request, as libzmq sends it on behalf of a client. It is not proved by anything: all that the client
/// has sent may be in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZapRequest<'a> {
    /// Sent back with the reply.
    pub(crate) id: &'a [u8],
    pub(crate) domain: &'a [u8],
    pub(crate) address: &'a [u8],
    pub(crate) credentials: ZapCredentials<'a>,
}

/// The mechanism, and what it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZapCredentials<'a> {
    Null,
    Plain { user: &'a [u8], password: &'a [u8] },
    Curve { key: &'a [u8; 32] },
}

/// A request that cannot be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZapFault<'a> {
    /// The request that the reply is to; `None` if no reply can be made.
    pub(crate) id: Option<&'a [u8]>,
    pub(crate) code: ZapCode,
    pub(crate) reason: &'static str,
}

/// The code of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZapCode {
    /// The client may come in.
    Success,
    /// It may try again later: libzmq does not answer, and it does so when its handshake's time is over.
    Temporary,
    /// It may not come in.
    Denied,
    /// The handler cannot tell.
    Internal,
}

/// The frames of a reply: always these six.
pub(crate) type ZapReply<'a> = [&'a [u8]; 6];

impl<'a> ZapRequest<'a> {
    /// Reads the frames that follow the envelope.
    pub(crate) fn read<F: Deref<Target = [u8]>>(
        frames: &'a [F],
    ) -> Result<ZapRequest<'a>, ZapFault<'a>> {
        let fault = |id, code, reason| Err(ZapFault { id, code, reason });
        let [version, id, rest @ ..] = frames else {
            return fault(None, ZapCode::Internal, "it has no version, or no id");
        };
        let (version, id) = (&**version, &**id);
        if version != VERSION {
            return fault(Some(id), ZapCode::Internal, "its version is not 1.0");
        }
        let [domain, address, _identity, mechanism, credentials @ ..] = rest else {
            return fault(Some(id), ZapCode::Internal, "it ends too early");
        };
        let credentials = match (&**mechanism, credentials) {
            (b"NULL", []) => ZapCredentials::Null,
            (b"PLAIN", [user, password]) => ZapCredentials::Plain { user, password },
            (b"CURVE", [key]) => match (**key).try_into() {
                Ok(key) => ZapCredentials::Curve { key },
                Err(_) => return fault(Some(id), ZapCode::Denied, "its key has not 32 bytes"),
            },
            (b"NULL" | b"PLAIN" | b"CURVE", _) => {
                return fault(Some(id), ZapCode::Denied, "its credentials are malformed");
            }
            _ => return fault(Some(id), ZapCode::Denied, "its mechanism is not known"),
        };
        Ok(ZapRequest {
            id,
            domain,
            address,
            credentials,
        })
    }
}

impl ZapCode {
    /// The reply to a request. User and metadata are for success alone.
    pub(crate) fn reply<'a>(self, id: &'a [u8], user: &'a str, metadata: &'a [u8]) -> ZapReply<'a> {
        let (code, text): (&[u8], &[u8]) = match self {
            ZapCode::Success => (b"200", b"OK"),
            ZapCode::Temporary => (b"300", b"try again later"),
            ZapCode::Denied => (b"400", b"denied"),
            ZapCode::Internal => (b"500", b"internal error"),
        };
        let is_success = self == ZapCode::Success;
        let (user, metadata) = match is_success {
            true => (user.as_bytes(), metadata),
            false => (&b""[..], &b""[..]),
        };
        [VERSION, id, code, text, user, metadata]
    }
}

/// A property for a reply's metadata: its name, of 1 to 255 bytes, and its value.
pub(crate) fn property(name: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(name.len()).unwrap_or(u8::MAX)];
    bytes.extend(name.as_bytes().iter().take(255));
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(value.iter().take(length as usize));
    bytes
}

/// Without the credentials.
impl fmt::Debug for ZapRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZapRequest")
            .field("id", &self.id)
            .field("domain", &self.domain)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(frames: &'a [&'a [u8]]) -> Result<ZapRequest<'a>, ZapFault<'a>> {
        ZapRequest::read(frames)
    }

    #[test]
    fn the_requests_of_libzmq_are_read() {
        let key = [7; 32];
        let with = |mechanism: &'static [u8], credentials: &[&'static [u8]]| {
            let mut frames: Vec<&[u8]> = vec![b"1.0", b"1", b"jobs", b"10.0.0.7", b"", mechanism];
            frames.extend(credentials);
            frames
        };
        let request = |credentials| ZapRequest {
            id: b"1",
            domain: b"jobs",
            address: b"10.0.0.7",
            credentials,
        };
        let plain = ZapCredentials::Plain {
            user: b"ann",
            password: b"",
        };
        assert_eq!(read(&with(b"PLAIN", &[b"ann", b""])), Ok(request(plain)));
        assert_eq!(read(&with(b"NULL", &[])), Ok(request(ZapCredentials::Null)));
        let curve = ZapCredentials::Curve { key: &key };
        assert_eq!(read(&with(b"CURVE", &[&[7; 32]])), Ok(request(curve)));
    }

    #[test]
    fn what_is_not_a_request_is_told_why_if_it_has_an_id() {
        let key = [7; 31];
        type Case<'a> = (&'a [&'a [u8]], Option<&'a [u8]>, &'a str);
        let frames: [Case<'_>; 9] = [
            (&[], None, "no version"),
            (&[b"1.0"], None, "no version"),
            (&[b"1.1", b"7"], Some(b"7"), "version"),
            (&[b"1.0", b"7"], Some(b"7"), "too early"),
            (&[b"1.0", b"7", b"", b"", b""], Some(b"7"), "too early"),
            (
                &[b"1.0", b"7", b"", b"", b"", b"GSSAPI", b"x"],
                Some(b"7"),
                "mechanism",
            ),
            (
                &[b"1.0", b"7", b"", b"", b"", b"PLAIN", b"x"],
                Some(b"7"),
                "malformed",
            ),
            (
                &[b"1.0", b"7", b"", b"", b"", b"NULL", b"x"],
                Some(b"7"),
                "malformed",
            ),
            (
                &[b"1.0", b"7", b"", b"", b"", b"CURVE", &key],
                Some(b"7"),
                "32 bytes",
            ),
        ];
        for (frames, id, reason) in frames {
            let fault = read(frames).unwrap_err();
            assert_eq!(fault.id, id, "{frames:?}");
            assert!(fault.reason.contains(reason), "{fault:?}");
            assert_ne!(fault.code, ZapCode::Success);
        }
    }

    #[test]
    fn a_reply_has_a_user_only_if_it_lets_one_in() {
        let metadata = property("A", b"1");
        assert_eq!(metadata, b"\x01A\0\0\0\x011");
        let reply = ZapCode::Success.reply(b"7", "ann", &metadata);
        assert_eq!(reply, [&b"1.0"[..], b"7", b"200", b"OK", b"ann", &metadata]);
        for (code, text) in [
            (ZapCode::Temporary, b"300"),
            (ZapCode::Denied, b"400"),
            (ZapCode::Internal, b"500"),
        ] {
            let [version, id, code, _, user, metadata] = code.reply(b"7", "ann", &metadata);
            assert_eq!((version, id, code), (&b"1.0"[..], &b"7"[..], &text[..]));
            assert!(user.is_empty() && metadata.is_empty());
        }
    }
}
