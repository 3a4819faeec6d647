//! A message: one frame or several, sent and received as one.

mod compare;
mod convert;
mod frame;
mod frames;
mod iter;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Index, IndexMut};
use std::slice;
use std::sync::Arc;

use smallvec::SmallVec;

pub use frame::Frame;
pub use frames::{DynFrames, Frames};
pub use iter::IntoFrames;

use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::peer::Peer;

/// A message of frames; all of them arrive, or none.
///
/// It is made of any value that can be [sent](Frames), or frame by frame. A message of up to three frames
/// costs no allocation of ours.
///
/// # Examples
///
/// ```
/// use zeroless::{Frame, Message};
///
/// let mut message = Message::new();
/// message.push("id");
/// message.push(b"payload");
/// assert_eq!(message, Message::from(("id", b"payload")));
/// assert_eq!(message, ["id", "payload"]);
/// assert_eq!(message[0], "id");
///
/// let [id, body]: [Frame; 2] = message.try_into()?;
/// assert_eq!((id.as_str()?, &body[..]), ("id", &b"payload"[..]));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Message {
    frames: SmallVec<[Frame; INLINE]>,
    origin: Option<Arc<Origin>>,
}

/// How many frames are kept in the message itself. With one, and a `Vec` for more, a message of one
/// frame would be received in 0.9 of the time, and one of three in 1.08.
const INLINE: usize = 3;

impl Message {
    /// A message without frames, to push some to. One that is sent without any is refused
    /// ([`Error::EmptyMessage`]); one that is received has a frame at least.
    ///
    /// ```
    /// let mut message = zeroless::Message::new();
    /// assert_eq!(message.frame_count(), 0);
    /// message.push("hello");
    /// assert_eq!(message, "hello");
    /// ```
    #[inline]
    pub fn new() -> Message {
        Message::default()
    }

    #[inline]
    pub(crate) fn single(frame: Frame) -> Message {
        let mut message = Message::new();
        message.frames.push(frame);
        message
    }

    /// Puts a frame at the end.
    ///
    /// ```
    /// let mut message = zeroless::Message::from("id");
    /// message.push(vec![1, 2, 3]);
    /// assert_eq!(message.frame_count(), 2);
    /// ```
    #[inline]
    pub fn push(&mut self, frame: impl Into<Frame>) {
        self.frames.push(frame.into());
    }

    /// Takes the second frame off, if it is the last one.
    #[cfg(feature = "rpc")]
    pub(crate) fn pop_second(&mut self) -> Option<Frame> {
        match self.frame_count() {
            2 => self.frames.pop(),
            _ => None,
        }
    }

    /// The frames.
    ///
    /// ```
    /// let message = zeroless::Message::from(("id", "a", "b"));
    /// if let [id, bodies @ ..] = message.frames() {
    ///     assert_eq!((id, bodies.len()), (&"id".into(), 2));
    /// }
    /// ```
    #[inline]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// How many frames there are.
    ///
    /// ```
    /// assert_eq!(zeroless::Message::from("hello").frame_count(), 1);
    /// ```
    #[inline]
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// How many bytes there are in all frames together.
    ///
    /// ```
    /// assert_eq!(zeroless::Message::from(("id", "hello")).byte_count(), 7);
    /// ```
    pub fn byte_count(&self) -> usize {
        self.iter().map(|frame| frame.len()).sum()
    }

    /// The frame at this place, counted from 0, or `None`.
    ///
    /// ```
    /// let message = zeroless::Message::from(("id", "hello"));
    /// assert_eq!(message.get(1).unwrap(), "hello");
    /// assert!(message.get(2).is_none());
    /// ```
    pub fn get(&self, place: usize) -> Option<&Frame> {
        self.frames.get(place)
    }

    /// The bytes of the first frame: all there is in a message of one.
    ///
    /// ```
    /// assert_eq!(zeroless::Message::from("hello").as_bytes(), b"hello");
    /// ```
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.frames.first().map_or(&[], Frame::as_bytes)
    }

    /// The first frame as text.
    ///
    /// # Errors
    ///
    /// [`Error::NotUtf8`] if it is not text.
    ///
    /// ```
    /// assert_eq!(zeroless::Message::from("hello").as_str(), Ok("hello"));
    /// ```
    pub fn as_str(&self) -> Result<&str> {
        self.frames.first().map_or(Ok(""), Frame::as_str)
    }

    /// The first frame as text, with a replacement character for bytes that are not UTF-8.
    ///
    /// ```
    /// assert_eq!(zeroless::Message::from(b"a\xff").to_string_lossy(), "a\u{fffd}");
    /// ```
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// The peer that it came from: where [`Options::peer_info`](crate::Options::peer_info) is on, and on secured
    /// servers, over tcp and ipc.
    ///
    /// It is `None` over inproc, from a peer that speaks ZMTP 2.0 (libzmq 3), and for a message that was made
    /// here. It is of the message as a whole: the frames that are taken out of one do not know it.
    ///
    /// ```
    /// use zeroless::{Client, Message, Server};
    ///
    /// let server = Server::bind(0)?.peer_info(true);
    /// let pull = server.pull()?;
    /// Client::connect(server.port())?.push()?.send("hello")?;
    /// if let Some(peer) = pull.recv()?.peer() {
    ///     println!("from {peer}"); // from 127.0.0.1:40312 (connection 2)
    /// }
    /// assert!(Message::from("hello").peer().is_none());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn peer(&self) -> Option<&Peer> {
        self.origin.as_ref()?.peer()
    }

    /// The user that its sender was authenticated as, on a server with
    /// [`security`](crate::Options::security).
    ///
    /// It is the user as which [`Access`](crate::security::Access) has let the sender in, and no peer can give
    /// itself another one. It is `None` on a handle that is not secured, on a client, and for a message that was
    /// made here.
    ///
    /// ```
    /// use zeroless::security::{Access, Password, Plain};
    /// use zeroless::{Client, Message, Server};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let server = Server::bind_local(0)?.security(Plain::server(access));
    /// let replier = server.reply()?;
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let requester = Client::connect(server.port())?.security(ann).request()?;
    ///
    /// let pending = requester.start("who am I?")?;
    /// let request = replier.recv()?;
    /// assert_eq!(request.user(), Some("ann"));
    /// # request.reply("ann")?;
    /// # assert_eq!(pending.wait()?.user(), None);
    /// assert_eq!(Message::from("made here").user(), None);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[inline]
    pub fn user(&self) -> Option<&str> {
        self.origin.as_ref()?.user()
    }

    pub(crate) fn set_origin(&mut self, origin: Option<Arc<Origin>>) {
        self.origin = origin;
    }

    pub(crate) fn take_origin(&mut self) -> Option<Arc<Origin>> {
        self.origin.take()
    }

    /// Goes over the frames.
    ///
    /// ```
    /// let message = zeroless::Message::from(("id", "hello"));
    /// assert_eq!(message.iter().map(|frame| frame.len()).max(), Some(5));
    /// ```
    #[inline]
    pub fn iter(&self) -> slice::Iter<'_, Frame> {
        self.frames.iter()
    }

    /// The frames as an array, for destructuring.
    ///
    /// # Errors
    ///
    /// [`Error::FrameCount`] if there are not exactly `N`.
    ///
    /// ```
    /// let [id, body] = zeroless::Message::from(("id", "hello")).parts()?;
    /// assert_eq!((id, body), ("id".into(), "hello".into()));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn parts<const N: usize>(self) -> Result<[Frame; N]> {
        let got = self.frame_count();
        if got != N {
            return Err(Error::FrameCount { expected: N, got });
        }
        let mut frames = self.into_iter();
        Ok(std::array::from_fn(|_| frames.next().unwrap_or_default()))
    }

    /// How many frames and how many bytes there are, to be logged.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.frame_count(), self.byte_count())
    }

    /// The same message again, its large frames without a copy.
    pub(crate) fn share(&mut self) -> Message {
        Message {
            frames: self.frames.iter_mut().map(Frame::share).collect(),
            origin: self.origin.clone(),
        }
    }

    #[inline]
    pub(crate) fn frames_mut(&mut self) -> &mut [Frame] {
        &mut self.frames
    }

    /// Puts an empty frame at the end, to be received into.
    #[inline(always)]
    pub(crate) fn push_empty(&mut self) -> &mut Frame {
        let place = self.frames.len();
        self.frames.push(Frame::new());
        &mut self.frames[place]
    }

    /// Gives up all frames.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
    }

    /// Takes all frames out.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Frame> {
        std::mem::take(self).into_iter()
    }
}

/// The frames, each as its own `Display` shows it, with ` | ` between them; no more than 16.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, frame) in self.iter().take(FRAMES_SHOWN).enumerate() {
            if place > 0 {
                f.write_str(" | ")?;
            }
            write!(f, "{frame}")?;
        }
        match self.frame_count() {
            count if count > FRAMES_SHOWN => write!(f, " | … ({count} frames)"),
            _ => Ok(()),
        }
    }
}

/// A list of the frames, no more than 16.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.iter().take(FRAMES_SHOWN));
        match self.frame_count() {
            count if count > FRAMES_SHOWN => list.finish_non_exhaustive(),
            _ => list.finish(),
        }
    }
}

/// How many frames `Display` and `Debug` show of a message.
const FRAMES_SHOWN: usize = 16;

impl Index<usize> for Message {
    type Output = Frame;

    #[track_caller]
    fn index(&self, place: usize) -> &Frame {
        match self.get(place) {
            Some(frame) => frame,
            None => out_of_range(place, self.frame_count()),
        }
    }
}

impl IndexMut<usize> for Message {
    #[track_caller]
    fn index_mut(&mut self, place: usize) -> &mut Frame {
        let count = self.frame_count();
        match self.frames.get_mut(place) {
            Some(frame) => frame,
            None => out_of_range(place, count),
        }
    }
}

#[cold]
#[track_caller]
fn out_of_range(place: usize, count: usize) -> ! {
    panic!("no frame {place} (counted from 0): the message has {count}")
}

/// As its frames.
impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.frames().hash(state);
    }
}
