//! What the two ends of a link tell each other: who is reached by it, and that it works.

use super::Malformed;
use super::reader::Reader;
use super::writer::Writer;
use crate::station::Life;

/// What one end of a link tells the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkMessage {
    /// A node or a station wants to be reached under a name.
    Register(Registration),
    Registered(Admitted),
    /// Names that are reached by this link, or that are not any more. To a parent, of those below; to a watcher, of those
    /// that it watches.
    Advert(Vec<Row>),
    /// The name is reached by another link: an older row of it is to be dropped.
    Withdraw(Claim),
    /// Are you there?
    Ping,
    /// Yes.
    Pong {
        /// The station's.
        life: Life,
        /// Whether it knows who is at this link.
        is_registered: bool,
        /// The lives of the stations above it, the nearest first.
        ancestors: Vec<Life>,
    },
    /// Tell me the names with this prefix, whole and then each change; or no longer.
    Watch {
        prefix: String,
        is_on: bool,
    },
}

/// A name, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) name: String,
    pub(crate) life: Life,
    /// How often it has moved: the owner, then each station on the way up.
    pub(crate) moves: Vec<u32>,
}

/// A claim that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) claim: Claim,
    /// Whether it had the name before.
    pub(crate) is_held: bool,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) name: String,
    /// Of who has claimed it.
    pub(crate) life: Life,
    pub(crate) outcome: Outcome,
    /// The station's own.
    pub(crate) station: Life,
    /// The lives of the stations above it, the nearest first.
    pub(crate) ancestors: Vec<Life>,
}

/// Whether a name is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    /// Another has it.
    Duplicate,
    /// The station is below the one that registers.
    Loop,
}

/// A name in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) claim: Claim,
    pub(crate) state: RowState,
}

/// How it is with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    /// It is not reached by this link any more.
    Gone,
    /// It is, and is not confirmed.
    Claimed,
    Confirmed,
}

/// The choice with this number.
fn choose<T: Copy>(
    choices: &[T],
    field: &'static str,
    reader: &mut Reader<'_>,
) -> Result<T, Malformed> {
    let number = reader.u8(field)?;
    let value = number.into();
    let choice = choices.get(usize::from(number));
    choice.copied().ok_or(Malformed::Value { field, value })
}

impl Outcome {
    const ALL: [Outcome; 3] = [Outcome::Ok, Outcome::Duplicate, Outcome::Loop];
}

impl RowState {
    const ALL: [RowState; 3] = [RowState::Gone, RowState::Claimed, RowState::Confirmed];
}

impl LinkMessage {
    pub(super) fn kind(&self) -> u8 {
        match self {
            LinkMessage::Register(_) => 16,
            LinkMessage::Registered(_) => 17,
            LinkMessage::Advert(_) => 18,
            LinkMessage::Withdraw(_) => 19,
            LinkMessage::Ping => 20,
            LinkMessage::Pong { .. } => 21,
            LinkMessage::Watch { .. } => 22,
        }
    }

    /// What follows the four bytes that all have.
    pub(super) fn encode(&self, writer: &mut Writer) {
        match self {
            LinkMessage::Register(registration) => {
                registration.claim.encode(writer);
                writer.u8(registration.is_held.into());
            }
            LinkMessage::Registered(admitted) => {
                writer.text("name", &admitted.name);
                writer.life(admitted.life);
                writer.u8(admitted.outcome as u8);
                writer.life(admitted.station);
                encode_ancestors(&admitted.ancestors, writer);
            }
            LinkMessage::Advert(rows) => {
                writer.count32("number of rows", rows.len());
                for row in rows {
                    row.claim.encode(writer);
                    writer.u8(row.state as u8);
                }
            }
            LinkMessage::Withdraw(claim) => claim.encode(writer),
            LinkMessage::Ping => {}
            LinkMessage::Pong {
                life,
                is_registered,
                ancestors,
            } => {
                writer.life(*life);
                writer.u8((*is_registered).into());
                encode_ancestors(ancestors, writer);
            }
            LinkMessage::Watch { prefix, is_on } => {
                writer.text("prefix", prefix);
                writer.u8((*is_on).into());
            }
        }
    }

    pub(super) fn decode(kind: u8, reader: &mut Reader<'_>) -> Result<LinkMessage, Malformed> {
        Ok(match kind {
            16 => LinkMessage::Register(Registration {
                claim: Claim::decode(reader)?,
                is_held: reader.flag("held")?,
            }),
            17 => LinkMessage::Registered(Admitted {
                name: reader.text("name")?,
                life: reader.life("life")?,
                outcome: choose(&Outcome::ALL, "outcome", reader)?,
                station: reader.life("station's life")?,
                ancestors: decode_ancestors(reader)?,
            }),
            18 => {
                let count = reader.u32("number of rows")?;
                LinkMessage::Advert(reader.list(count, Row::decode)?)
            }
            19 => LinkMessage::Withdraw(Claim::decode(reader)?),
            20 => LinkMessage::Ping,
            21 => LinkMessage::Pong {
                life: reader.life("station's life")?,
                is_registered: reader.flag("registered")?,
                ancestors: decode_ancestors(reader)?,
            },
            22 => LinkMessage::Watch {
                prefix: reader.text("prefix")?,
                is_on: reader.flag("watch")?,
            },
            _ => return Err(Malformed::Kind(kind)),
        })
    }
}

fn encode_ancestors(ancestors: &[Life], writer: &mut Writer) {
    writer.count8("number of ancestors", ancestors.len());
    ancestors.iter().for_each(|life| writer.life(*life));
}

fn decode_ancestors(reader: &mut Reader<'_>) -> Result<Vec<Life>, Malformed> {
    let count = reader.u8("number of ancestors")?;
    reader.list(count.into(), |reader| reader.life("ancestors"))
}

impl Claim {
    fn encode(&self, writer: &mut Writer) {
        writer.text("name", &self.name);
        writer.life(self.life);
        writer.count8("number of moves", self.moves.len());
        self.moves.iter().for_each(|moves| writer.u32(*moves));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Claim, Malformed> {
        let name = reader.text("name")?;
        let life = reader.life("life")?;
        let count = reader.u8("number of moves")?;
        let moves = reader.list(count.into(), |reader| reader.u32("moves"))?;
        Ok(Claim { name, life, moves })
    }
}

impl Row {
    fn decode(reader: &mut Reader<'_>) -> Result<Row, Malformed> {
        Ok(Row {
            claim: Claim::decode(reader)?,
            state: choose(&RowState::ALL, "state of a row", reader)?,
        })
    }
}
