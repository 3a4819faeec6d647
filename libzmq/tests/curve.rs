//! CURVE, by libsodium.

#![cfg(feature = "curve")]

use std::time::Duration;

use zmq::CurveKeyPair;

/// A server with keys, and a client that takes another's for those.
fn received(
    key_of_server: &[u8],
    server_keys: &CurveKeyPair,
    limit: Duration,
) -> zmq::Result<Vec<u8>> {
    let context = zmq::Context::new();
    let pull = context.socket(zmq::PULL)?;
    pull.set_curve_server(true)?;
    pull.set_curve_secretkey(&server_keys.secret_key)?;
    pull.set_rcvtimeo(limit.as_millis() as i32)?;
    pull.bind("tcp://127.0.0.1:*")?;
    let endpoint = pull.get_last_endpoint()?.unwrap_or_default();

    let client_keys = CurveKeyPair::new()?;
    let push = context.socket(zmq::PUSH)?;
    push.set_linger(0)?;
    push.set_curve_serverkey(key_of_server)?;
    push.set_curve_publickey(&client_keys.public_key)?;
    push.set_curve_secretkey(&client_keys.secret_key)?;
    push.connect(&endpoint)?;
    push.send("secret", 0)?;
    pull.recv_bytes(0)
}

#[test]
fn a_message_comes_with_the_right_key() {
    if !zeroless_libzmq::COMPILED {
        return;
    }
    let keys = CurveKeyPair::new().unwrap();
    let message = received(&keys.public_key, &keys, Duration::from_secs(10));
    assert_eq!(message, Ok(b"secret".to_vec()));
}

#[test]
fn nothing_comes_with_the_wrong_one() {
    if !zeroless_libzmq::COMPILED {
        return;
    }
    let [keys, others] = [(); 2].map(|()| CurveKeyPair::new().unwrap());
    let nothing = received(&others.public_key, &keys, Duration::from_millis(500));
    assert_eq!(nothing, Err(zmq::Error::EAGAIN));
}
