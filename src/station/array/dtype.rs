//! The types of an array's items.

use super::NotAnArray;
use crate::codec::cut;

/// A type of NumPy's, by the texts that NumPy has for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Dtype {
    text: String,
    item_size: usize,
}

/// The names that types have in the machine's byte order, which is always taken for little-endian.
const NAMES: [(&str, &str); 14] = [
    ("bool", "|b1"),
    ("int8", "|i1"),
    ("uint8", "|u1"),
    ("int16", "<i2"),
    ("uint16", "<u2"),
    ("int32", "<i4"),
    ("uint32", "<u4"),
    ("int64", "<i8"),
    ("uint64", "<u8"),
    ("float16", "<f2"),
    ("float32", "<f4"),
    ("float64", "<f8"),
    ("complex64", "<c8"),
    ("complex128", "<c16"),
];

/// The same for types with a unit: `datetime64[D]` is `<M8[D]`.
const NAMES_WITH_UNIT: [(&str, &str); 2] = [("datetime64", "<M8"), ("timedelta64", "<m8")];

/// How long a text is, at most: as long as can be told between our nodes.
const MAX: usize = 255;

impl Dtype {
    /// The type of this text: a name (`int16`, `datetime64[D]`), as `dtype.str` has it (`>f4`, `<U2`), or a list of named
    /// fields (`[('x', '<i4'), ('y', '<f8')]`).
    pub(crate) fn new(text: &str) -> Result<Dtype, NotAnArray> {
        let unknown = || NotAnArray::UnknownDtype(cut(text, MAX));
        if text.len() > MAX {
            return Err(unknown());
        }
        if ["object", "O", "|O"].contains(&text) {
            return Err(NotAnArray::Objects);
        }
        let text = canonical(text);
        let item_size = match text.starts_with('[') {
            true => fields_size(&text)?,
            false => item_size(&text),
        };
        match item_size {
            Some(item_size @ 1..) => Ok(Dtype { text, item_size }),
            _ => Err(unknown()),
        }
    }

    /// As `dtype.str` has it, with the byte order: `<i2`. Named fields are in a list.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// As `str(dtype)` has it: `int16`, `>i2`, `datetime64[D]`.
    pub(crate) fn name(&self) -> String {
        if let Some((name, _)) = NAMES.iter().find(|(_, text)| *text == self.text) {
            return (*name).to_owned();
        }
        let named = NAMES_WITH_UNIT.iter();
        let mut named =
            named.filter_map(|(name, text)| Some((name, self.text.strip_prefix(text)?)));
        match named.next() {
            Some((name, unit)) => format!("{name}{unit}"),
            None => self.text.clone(),
        }
    }

    /// How many bytes an item has: 1 at least.
    pub(crate) fn item_size(&self) -> usize {
        self.item_size
    }

    pub(crate) fn has_fields(&self) -> bool {
        self.text.starts_with('[')
    }
}

fn canonical(text: &str) -> String {
    if let Some((_, text)) = NAMES.iter().find(|(name, _)| *name == text) {
        return (*text).to_owned();
    }
    let named = NAMES_WITH_UNIT.iter();
    let mut named = named.filter_map(|(name, short)| Some((short, text.strip_prefix(name)?)));
    match named.next() {
        Some((short, unit)) => format!("{short}{unit}"),
        None => text.to_owned(),
    }
}

/// The size of an item of a type such as `<i2`, if there is one.
fn item_size(text: &str) -> Option<usize> {
    let order = text.as_bytes().first()?;
    let kind = text.as_bytes().get(1)?;
    let rest = text.get(2..)?;
    let (size, unit) = rest.split_at(rest.find('[').unwrap_or(rest.len()));
    // Nothing but digits: `parse` takes a plus sign, too.
    let is_number = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
    let size: usize = if is_number {
        size.parse().ok()?
    } else {
        return None;
    };
    let has_order = matches!(order, b'<' | b'>');
    let is_known = match (kind, size) {
        (b'b', 1) | (b'i' | b'u', 1) => *order == b'|',
        (b'i' | b'u', 2 | 4 | 8) | (b'f', 2 | 4 | 8) | (b'c', 8 | 16) => has_order,
        (b'M' | b'm', 8) => has_order && is_unit(unit),
        (b'U', _) => has_order,
        (b'S' | b'V', _) => *order == b'|',
        _ => false,
    };
    let is_known = is_known && (unit.is_empty() || matches!(kind, b'M' | b'm'));
    let width = if *kind == b'U' { 4 } else { 1 };
    is_known.then_some(size)?.checked_mul(width)
}

/// Whether it is a unit of time, such as `[D]` or `[25s]`; there may be none.
fn is_unit(unit: &str) -> bool {
    const UNITS: [&str; 13] = [
        "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as",
    ];
    let Some(unit) = unit.strip_prefix('[').and_then(|it| it.strip_suffix(']')) else {
        return unit.is_empty();
    };
    UNITS.contains(&unit.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// The size of an item with named fields, `[('x', '<i4'), ('y', '<f8')]`, if it is one.
fn fields_size(text: &str) -> Result<Option<usize>, NotAnArray> {
    let fields = text.strip_prefix("[(").and_then(|it| it.strip_suffix(")]"));
    let Some(fields) = fields else {
        return Ok(None);
    };
    let mut total = 0_usize;
    for field in fields.split("), (") {
        let field = field
            .strip_prefix('\'')
            .and_then(|it| it.strip_suffix('\''));
        let Some((_, format)) = field.and_then(|field| field.split_once("', '")) else {
            return Ok(None);
        };
        if format == "O" || format == "|O" {
            return Err(NotAnArray::Objects);
        }
        let size = item_size(format).and_then(|size| total.checked_add(size));
        let Some(size) = size else {
            return Ok(None);
        };
        total = size;
    }
    Ok(Some(total))
}
