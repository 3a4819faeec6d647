//! The bodies of the fuzz targets: each takes any bytes at all, and checks the facts that must hold.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::certificate::Certificate;
use super::{
    Access, AccessRequest, Password, PeerAddress, Verdict, ZapCode, ZapCredentials, ZapRequest, z85,
};
use crate::error::Result;

/// Does something, and tells how many bytes were allocated meanwhile, at the peak.
pub type Allocated = fn(&mut dyn FnMut()) -> usize;

/// The bytes that an entry of metadata costs beside its text: its handles, in a list that grows by doubling.
const HANDLES: usize = 2 * size_of::<(String, String)>();

/// A text that somebody gives for a key.
pub fn z85(text: &[u8]) {
    let mut bytes = [0; z85::BYTES];
    if z85::decode(text, &mut bytes).is_ok() {
        let mut again = [0; z85::CHARACTERS];
        z85::encode(&bytes, &mut again);
        assert_eq!(again, text);
    }
    // And the other way, from any bytes.
    if let Some((bytes, _)) = text.split_first_chunk() {
        let (mut text, mut again) = ([0; z85::CHARACTERS], [0; z85::BYTES]);
        z85::encode(bytes, &mut text);
        assert_eq!(z85::decode(&text, &mut again), Ok(()));
        assert_eq!(again, *bytes);
    }
}

/// A file that somebody gives for a certificate.
pub fn certificate(file: &[u8], allocated: Allocated) {
    let mut parsed = None;
    let bytes = allocated(&mut || parsed = Certificate::parse(file).ok());
    let entries = file.split(|byte| *byte == b'\n').count();
    let most = 2 * file.len() + HANDLES * entries + 1024;
    assert!(bytes <= most, "{bytes} bytes for {}", file.len());
    let Some(certificate) = parsed else {
        return;
    };
    let public = Certificate {
        secret: None,
        ..certificate.clone()
    };
    assert_eq!(
        Certificate::parse(public.public_text().as_bytes()),
        Ok(public)
    );
    if let Some(text) = certificate.secret_text() {
        assert_eq!(Certificate::parse(text.as_bytes()), Ok(certificate));
    }
}

/// The frames of a request to let a client in: of each its length, in a byte, and its bytes.
pub fn zap(script: &[u8], allocated: Allocated) {
    let mut rest = script;
    let mut frames = Vec::new();
    while let Some((length, more)) = rest.split_first() {
        let (frame, after) = more.split_at(usize::from(*length).min(more.len()));
        frames.push(frame);
        rest = after;
    }
    let mut read = None;
    let bytes = allocated(&mut || read = Some(ZapRequest::read(&frames)));
    assert_eq!(bytes, 0, "a request is not copied");
    let request = match read.expect("it was read") {
        Ok(request) => request,
        Err(fault) => {
            assert_eq!(
                fault.id,
                frames.get(1).copied(),
                "all with an id are replied to"
            );
            assert_ne!(fault.code, ZapCode::Success);
            return;
        }
    };
    assert_eq!(
        [b"1.0", request.id, request.domain, request.address],
        frames[..4]
    );
    let from = PeerAddress::read(request.address);
    let (proof, is_known) = match request.credentials {
        ZapCredentials::Plain { user, password } => {
            let Ok(name) = str::from_utf8(user) else {
                return;
            };
            let is_known = (user, password) == (b"ann", b"secret");
            (AccessRequest::plain(from, name, password), is_known)
        }
        ZapCredentials::Curve { key } => {
            (AccessRequest::curve(from, (*key).into()), *key == [7; 32])
        }
        ZapCredentials::Null => return,
    };
    if proof.user().is_none_or(|user| !user.contains("secret")) {
        assert!(!format!("{proof:?} {proof}").contains("secret"));
    }
    let may = from.ip().is_some_and(|ip| match ip {
        IpAddr::V4(ip) => ip.octets()[0] == 10 && ip.octets() != [10, 0, 0, 8],
        IpAddr::V6(_) => false,
    });
    let (access, now) = (access(), Instant::now());
    match access.judge(&Arc::new(proof), now) {
        Verdict::Admitted { user, admission } => {
            assert!(may && is_known && user == "ann", "{user} is let in");
            assert!(!access.is_revoked(&user, admission));
        }
        Verdict::Denied(_) => assert!(!(may && is_known), "it is not let in"),
        Verdict::Later | Verdict::Ask(_) => panic!("nobody has guessed, and there is no closure"),
    }
}

/// One user, who has a password and a key, from one network but for one address.
fn access() -> Access {
    let rules = || -> Result<Access> {
        let access = Access::new().user("ann", Password::new("secret")?)?;
        access.key("ann", [7; 32].into())?.allow("10.0.0.0/8")?;
        access.deny("10.0.0.8")
    };
    rules().expect("these are rules")
}
