//! Replies: plain JSON, in one frame.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::status;
use crate::codec::MAX_BODY;
use crate::codec::raw_json::{self, JsonMistake};

/// A reply: a [status code](super::status), a text, and a value, if there is one.
///
/// ```
/// use zeroless::rpc::zmqrpc::{Reply, status};
///
/// let reply = Reply::new(status::SERVICE_FAILED, "out of paper");
/// assert_eq!((reply.code(), reply.text()), (463, "out of paper"));
/// assert!(Reply::ok().is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Reply {
    code: u16,
    text: String,
    value: Option<Box<RawValue>>,
}

/// The largest value of a reply, in bytes: with its status code it fits into the
/// [largest frame](crate::Options::max_frame).
const MAX_VALUE: usize = MAX_BODY - 1024;

/// A reply, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    status_code: u16,
    status_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_message: Option<&'a RawValue>,
}

/// A reply, as it is read.
#[derive(Deserialize)]
struct Read {
    status_code: Option<Value>,
    status_message: Option<Value>,
    response_message: Option<Box<RawValue>>,
}

impl Reply {
    /// A reply with this [status code](super::status) and text, without a value.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Reply, status};
    /// let reply = Reply::new(status::PROXY_FAILED, "Error");
    /// assert!(!reply.is_ok());
    /// ```
    pub fn new(code: u16, text: impl Into<String>) -> Reply {
        Reply {
            code,
            text: text.into(),
            value: None,
        }
    }

    /// The reply that a message was taken: 200, `OK`, without a value.
    ///
    /// ```
    /// let reply = zeroless::rpc::zmqrpc::Reply::ok();
    /// assert_eq!(reply.to_bytes(), br#"{"status_code":200,"status_message":"OK"}"#);
    /// ```
    pub fn ok() -> Reply {
        Reply::new(status::OK, "OK")
    }

    /// The reply of a proxy whose receiver has not replied: [482](super::status::PROXY_FAILED), `Error`.
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::zmqrpc::Reply::proxy_failed().code(), 482);
    /// ```
    pub fn proxy_failed() -> Reply {
        Reply::new(status::PROXY_FAILED, "Error")
    }

    /// The reply of a service: 200, `OK`, with a value. One that is null, as `()` and `None` are, is left out.
    ///
    /// # Errors
    ///
    /// A text that says why JSON does not have the value: a NaN, an integer beyond 64 bits, a key that is not a text.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Reply;
    /// assert_eq!(Reply::with(&[1, 2])?.value::<Vec<i32>>()?, [1, 2]);
    /// assert!(Reply::with(&f64::NAN).is_err());
    /// # Ok::<(), String>(())
    /// ```
    pub fn with(value: &impl Serialize) -> Result<Reply, String> {
        let json = raw_json::write(value)?;
        let size = json.get().len();
        if size > MAX_VALUE {
            return Err(format!(
                "it has {size} bytes as JSON, more than {MAX_VALUE}"
            ));
        }
        let value = (json.get() != "null").then_some(json);
        Ok(Reply {
            value,
            ..Reply::ok()
        })
    }

    /// The status code; see [`status`](super::status).
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::zmqrpc::Reply::ok().code(), 200);
    /// ```
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether it is the reply to something that was done.
    ///
    /// ```
    /// assert!(zeroless::rpc::zmqrpc::Reply::ok().is_ok());
    /// ```
    pub fn is_ok(&self) -> bool {
        self.code == status::OK
    }

    /// The text that goes with the status code.
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::zmqrpc::Reply::ok().text(), "OK");
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value. Where there is none, it is read from a null: `()` and an `Option` can be.
    ///
    /// # Errors
    ///
    /// A text that says why it is not of this type, and where.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Reply;
    /// assert_eq!(Reply::with(&5)?.value::<i64>()?, 5);
    /// assert_eq!(Reply::ok().value::<Option<i64>>()?, None);
    /// # Ok::<(), String>(())
    /// ```
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, String> {
        self.read_value().map_err(|mistake| mistake.to_string())
    }

    pub(super) fn read_value<T: DeserializeOwned>(&self) -> Result<T, JsonMistake> {
        raw_json::read(self.value.as_deref().unwrap_or(RawValue::NULL))
    }

    /// The frame of the reply.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Reply;
    /// let reply = Reply::new(463, "out of paper");
    /// assert_eq!(reply.to_bytes(), br#"{"status_code":463,"status_message":"out of paper"}"#);
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let written = Written {
            status_code: self.code,
            status_message: &self.text,
            response_message: self.value.as_deref(),
        };
        // A number, a text, and JSON: that cannot fail.
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads the frame of a reply.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with it.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Reply;
    /// let reply = Reply::from_bytes(br#"{"status_code": 200, "response_message": 5}"#)?;
    /// assert_eq!(reply.value::<i64>()?, 5);
    /// assert!(Reply::from_bytes(b"not JSON").is_err());
    /// # Ok::<(), String>(())
    /// ```
    pub fn from_bytes(frame: &[u8]) -> Result<Reply, String> {
        Reply::read(&[frame]).map_err(|mistake| mistake.to_string())
    }

    pub(super) fn read<F: AsRef<[u8]>>(frames: &[F]) -> Result<Reply, JsonMistake> {
        let [frame] = frames else {
            let count = frames.len();
            return Err(JsonMistake::new(format!(
                "a reply is one frame, and this has {count}"
            )));
        };
        let json = raw_json::whole(frame.as_ref())?;
        if !json.get().starts_with('{') {
            return Err(JsonMistake::new("a reply is a JSON object"));
        }
        let read: Read = raw_json::read(json)?;
        let code = match read.status_code {
            Some(Value::Number(code)) => whole_number(&code),
            Some(_) => None,
            None => return Err(JsonMistake::new("the reply has no status_code")),
        };
        let code = code.ok_or_else(|| JsonMistake {
            path: "status_code".to_owned(),
            reason: "it is not a number of 0 to 65535".to_owned(),
        })?;
        let text = match read.status_message {
            Some(Value::String(text)) => text,
            None if code == status::OK => String::new(),
            None => format!("Error occurred with code {code}"),
            Some(other) => other.to_string(),
        };
        let value = read.response_message;
        Ok(Reply { code, text, value })
    }
}

/// 200 and 200.0 are the same.
fn whole_number(number: &Number) -> Option<u16> {
    match number.as_u64() {
        Some(number) => number.try_into().ok(),
        None => {
            let number = number.as_f64()?;
            let is_whole = number.fract() == 0.0 && (0.0..=65535.0).contains(&number);
            is_whole.then_some(number as u16)
        }
    }
}
