//! What a routed frame says: of a flow, or whether somebody is there.

use std::mem::take;

use super::Malformed;
use super::data::Data;
use super::fields::Fields;
use super::reader::Reader;
use super::writer::Writer;
use crate::station::Life;

/// What a routed frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// The sender asks for a token.
    Open(Open),
    Opened(Opened),
    /// A message; its body is the frames that follow.
    Data(Data),
    Ack(Ack),
    /// The receiver does not know this token.
    Reset {
        token: u64,
        life: Life,
    },
    /// The receiver's table of flows is full: the sender may try again after so many milliseconds.
    Busy {
        opening: u32,
        retry_after: u32,
    },
    /// The sender has ended the flow, whose next message would have been this.
    End {
        token: u64,
        next: u64,
    },
    /// A station could not send on a message, or an OPEN (whose token is 0).
    Refuse {
        token: u64,
        seq: u64,
        why: Refusal,
    },
    /// Is the holder of the name `to` still there, in this life?
    Probe {
        life: Life,
    },
    /// It is.
    Alive {
        life: Life,
    },
}

/// A sender begins, or begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    /// The sender's.
    pub(crate) life: Life,
    /// The number of this beginning, the same in each repeat.
    pub(crate) opening: u32,
    /// The first message that has not ended.
    pub(crate) base: u64,
    /// How long the sender may go on trying after it was last heard, in milliseconds.
    pub(crate) keep_for: u32,
}

/// The receiver has the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The number in the OPEN that this answers.
    pub(crate) opening: u32,
    pub(crate) token: u64,
    /// The receiver's.
    pub(crate) life: Life,
    /// The first message that is not handled.
    pub(crate) handled: u64,
    /// The first message that is not accepted. Not below `handled`.
    pub(crate) accepted: u64,
    pub(crate) credit: Credit,
}

/// How far the receiver has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) token: u64,
    /// The receiver's.
    pub(crate) life: Life,
    pub(crate) handled: u64,
    pub(crate) accepted: u64,
    pub(crate) credit: Credit,
    /// Of the messages below `handled`, those that failed.
    pub(crate) failed: Vec<Failed>,
}

/// What the receiver is ready to take, from the first message on that is not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credit {
    pub(crate) messages: u16,
    pub(crate) bytes: u32,
}

/// A message that was not handled well, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) seq: u64,
    pub(crate) fault: Fault,
    /// In words.
    pub(crate) text: String,
}

/// What became of a message that was not handled well. The last three are of stations that speak for a program of
/// autopilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its handler failed.
    Error,
    Panic,
    /// The program has confirmed that it has it, and tells no more.
    Received,
    /// It was not reached.
    NotSent,
    /// It was sent, and not confirmed in time.
    Unknown,
}

impl Fault {
    /// All, in the order of their numbers.
    pub(super) const ALL: [Fault; 5] = [
        Fault::Error,
        Fault::Panic,
        Fault::Received,
        Fault::NotSent,
        Fault::Unknown,
    ];
}

/// Why a station does not send on what it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody has this name.
    NoRoute,
    /// The link to it was lost a moment ago.
    Settling,
    /// The link to it has no room.
    Congested,
    TooBig,
    /// It has been sent on too often.
    Ttl,
    /// It has been here before.
    Loop,
}

impl Content {
    /// Whether it is for the sender of a flow.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Content::Opened(_)
            | Content::Ack(_)
            | Content::Reset { .. }
            | Content::Busy { .. }
            | Content::Refuse { .. } => true,
            Content::Open(_)
            | Content::Data(_)
            | Content::End { .. }
            | Content::Probe { .. }
            | Content::Alive { .. } => false,
        }
    }
}

impl Refusal {
    /// All, in the order of their numbers.
    pub(super) const ALL: [Refusal; 6] = [
        Refusal::NoRoute,
        Refusal::Settling,
        Refusal::Congested,
        Refusal::TooBig,
        Refusal::Ttl,
        Refusal::Loop,
    ];
}

impl Credit {
    fn encode(self, writer: &mut Writer) {
        writer.u16(self.messages);
        writer.u32(self.bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Credit, Malformed> {
        Ok(Credit {
            messages: reader.u16("credit")?,
            bytes: reader.u32("credit")?,
        })
    }
}

impl Content {
    pub(super) fn is_known(kind: u8) -> bool {
        (1..=10).contains(&kind)
    }

    pub(super) fn kind(&self) -> u8 {
        match self {
            Content::Open(_) => 1,
            Content::Opened(_) => 2,
            Content::Data(_) => 3,
            Content::Ack(_) => 4,
            Content::Reset { .. } => 5,
            Content::Busy { .. } => 6,
            Content::End { .. } => 7,
            Content::Refuse { .. } => 8,
            Content::Probe { .. } => 9,
            Content::Alive { .. } => 10,
        }
    }

    /// What it has of the common fields.
    pub(super) fn fields(&self) -> Fields {
        let (token, seq, base) = match self {
            Content::Data(data) => return data.fields(),
            Content::Open(open) => (0, open.base, open.base),
            Content::Opened(it) => (it.token, it.accepted, it.handled),
            Content::Ack(ack) => (ack.token, ack.accepted, ack.handled),
            Content::Reset { token, .. } => (*token, 0, 0),
            Content::End { token, next } => (*token, *next, *next),
            Content::Refuse { token, seq, .. } => (*token, *seq, *seq),
            Content::Busy { .. } | Content::Probe { .. } | Content::Alive { .. } => (0, 0, 0),
        };
        Fields {
            token,
            seq,
            back: seq.saturating_sub(base),
            ..Fields::default()
        }
    }

    /// What it has beside them.
    pub(super) fn encode_rest(&self, writer: &mut Writer) {
        match self {
            Content::Data(_) | Content::End { .. } => {}
            Content::Open(open) => {
                writer.life(open.life);
                writer.u32(open.opening);
                writer.u32(open.keep_for);
            }
            Content::Opened(opened) => {
                writer.life(opened.life);
                writer.u32(opened.opening);
                opened.credit.encode(writer);
            }
            Content::Ack(ack) => {
                writer.life(ack.life);
                ack.credit.encode(writer);
                writer.count8("number of failures", ack.failed.len());
                for failed in &ack.failed {
                    let back = ack.handled.saturating_sub(failed.seq);
                    writer.difference("distance to a failure", back);
                    writer.u8(failed.fault as u8);
                    writer.long_text("failure", &failed.text);
                }
            }
            Content::Busy {
                opening,
                retry_after,
            } => {
                writer.u32(*opening);
                writer.u32(*retry_after);
            }
            Content::Refuse { why, .. } => writer.u8(*why as u8),
            Content::Reset { life, .. } | Content::Probe { life } | Content::Alive { life } => {
                writer.life(*life);
            }
        }
    }

    pub(super) fn decode(
        kind: u8,
        fields: &mut Fields,
        reader: &mut Reader<'_>,
    ) -> Result<Content, Malformed> {
        Ok(match kind {
            1 => Content::Open(Open {
                base: take(&mut fields.seq),
                life: reader.life("life")?,
                opening: reader.u32("number of the opening")?,
                keep_for: reader.u32("time to keep")?,
            }),
            2 => {
                let (accepted, handled) = fields.take_seq_and_base()?;
                Content::Opened(Opened {
                    token: take(&mut fields.token),
                    accepted,
                    handled,
                    life: reader.life("life")?,
                    opening: reader.u32("number of the opening")?,
                    credit: Credit::decode(reader)?,
                })
            }
            3 => Content::Data(Data::take_from(fields)?),
            4 => Content::Ack(Ack::decode(fields, reader)?),
            5 => Content::Reset {
                token: take(&mut fields.token),
                life: reader.life("life")?,
            },
            6 => Content::Busy {
                opening: reader.u32("number of the opening")?,
                retry_after: reader.u32("time to wait")?,
            },
            7 => Content::End {
                token: take(&mut fields.token),
                next: take(&mut fields.seq),
            },
            8 => Content::Refuse {
                token: take(&mut fields.token),
                seq: take(&mut fields.seq),
                why: Refusal::decode(reader)?,
            },
            9 => Content::Probe {
                life: reader.life("life")?,
            },
            10 => Content::Alive {
                life: reader.life("life")?,
            },
            _ => return Err(Malformed::Kind(kind)),
        })
    }
}

impl Ack {
    fn decode(fields: &mut Fields, reader: &mut Reader<'_>) -> Result<Ack, Malformed> {
        let (accepted, handled) = fields.take_seq_and_base()?;
        let life = reader.life("life")?;
        let credit = Credit::decode(reader)?;
        let count = reader.u8("number of failures")?;
        let failed = reader.list(count.into(), |reader| Failed::decode(handled, reader))?;
        Ok(Ack {
            token: take(&mut fields.token),
            life,
            handled,
            accepted,
            credit,
            failed,
        })
    }
}

impl Failed {
    fn decode(handled: u64, reader: &mut Reader<'_>) -> Result<Failed, Malformed> {
        let field = "distance to a failure";
        let back = u64::from(reader.u32(field)?);
        let seq = handled.checked_sub(back).filter(|_| back > 0);
        let seq = seq.ok_or(Malformed::Value { field, value: back })?;
        let number = reader.u8("fault")?;
        let fault = Fault::ALL.get(usize::from(number)).copied();
        let fault = fault.ok_or(Malformed::Value {
            field: "fault",
            value: number.into(),
        })?;
        let text = reader.long_text("failure")?;
        Ok(Failed { seq, fault, text })
    }
}

impl Refusal {
    fn decode(reader: &mut Reader<'_>) -> Result<Refusal, Malformed> {
        let number = reader.u8("reason")?;
        let why = Refusal::ALL.get(usize::from(number));
        why.copied().ok_or(Malformed::Value {
            field: "reason",
            value: number.into(),
        })
    }
}
