//! The wire format: how values cross between host and guest.
//!
//! One tag byte, then the value; numbers are little-endian. `assets/engine/wire.c` is the
//! other end. Arguments are values one after the other, so a call is read in order without
//! building a tree ([`Reader`]), and an answer is written the same way ([`Writer`]).

use std::fmt;

const UNDEFINED: u8 = 0;
const NULL: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const INT: u8 = 4;
const DOUBLE: u8 = 5;
const STRING: u8 = 6;
const BYTES: u8 = 7;
const LIST: u8 = 8;
const MAP: u8 = 9;
const ERROR: u8 = 10;
const CLONE: u8 = 11;

/// Nesting that neither side exceeds.
const MAX_DEPTH: usize = 64;

/// A value borrowed from the guest's memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// JavaScript's `undefined`, or "nothing" for other guests.
    Undefined,
    /// An explicit null.
    Null,
    /// A truth value.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text as UTF-8; may hold three-byte surrogates, hence bytes.
    Text(&'a [u8]),
    /// Raw bytes.
    Bytes(&'a [u8]),
    /// Values in order.
    List(Vec<Value<'a>>),
    /// Named values in the guest's order.
    Map(Vec<(&'a str, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The text when this is valid UTF-8 text.
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Value::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Text, with what is not UTF-8 replaced; `None` for other kinds.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Value::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    /// The number when this is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The bytes of raw bytes or text.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) | Value::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        match self {
            Value::Map(entries) => entries.iter().find(|(k, _)| *k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The items of a list; empty for other kinds.
    pub fn items(&self) -> &[Value<'a>] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Whether this is `Undefined` or `Null`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Value::Undefined | Value::Null)
    }
}

/// The bytes do not follow the format: a fault of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed message from the sandbox")]
pub struct Malformed;

/// Reads values in order.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether every value has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value; `Undefined` past the end, as JavaScript has it for missing arguments.
    pub fn value(&mut self) -> Result<Value<'a>, Malformed> {
        if self.rest.is_empty() {
            Ok(Value::Undefined)
        } else {
            self.read(0)
        }
    }

    /// The next value as text.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        self.value()?.as_str().ok_or(Malformed)
    }

    /// The next value as text, with what is not UTF-8 replaced.
    pub fn lossy(&mut self) -> Result<String, Malformed> {
        self.value()?.to_text().ok_or(Malformed)
    }

    /// The next value as a number.
    pub fn number(&mut self) -> Result<f64, Malformed> {
        self.value()?.as_f64().ok_or(Malformed)
    }

    /// The next value as a whole number from 0 to 2^53.
    pub fn index(&mut self) -> Result<u64, Malformed> {
        let n = self.number()?;
        if (0.0..=9_007_199_254_740_992.0).contains(&n) && n.fract() == 0.0 {
            Ok(n as u64)
        } else {
            Err(Malformed)
        }
    }

    /// The next value as bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        self.value()?.as_bytes().ok_or(Malformed)
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    fn count(&mut self) -> Result<usize, Malformed> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let n = self.count()?;
        self.take(n)
    }

    fn read(&mut self, depth: usize) -> Result<Value<'a>, Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed);
        }
        Ok(match self.array::<1>()?[0] {
            UNDEFINED => Value::Undefined,
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => Value::Number(f64::from(i32::from_le_bytes(self.array()?))),
            DOUBLE => Value::Number(f64::from_le_bytes(self.array()?)),
            STRING => Value::Text(self.sized()?),
            BYTES => Value::Bytes(self.sized()?),
            LIST => {
                let n = self.count()?;
                // every value takes a byte at least, so a lying count cannot reserve memory
                let mut items = Vec::with_capacity(n.min(self.rest.len()));
                for _ in 0..n {
                    items.push(self.read(depth + 1)?);
                }
                Value::List(items)
            }
            MAP => {
                let n = self.count()?;
                let mut entries = Vec::with_capacity(n.min(self.rest.len()));
                for _ in 0..n {
                    let key = std::str::from_utf8(self.sized()?).map_err(|_| Malformed)?;
                    entries.push((key, self.read(depth + 1)?));
                }
                Value::Map(entries)
            }
            _ => return Err(Malformed),
        })
    }
}

/// Writes values in order.
#[derive(Clone, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({} bytes)", self.bytes.len())
    }
}

impl Writer {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// The message so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Forgets the message, keeping its memory unless that is large.
    pub fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > 256 * 1024 {
            self.bytes = Vec::new();
        }
    }

    /// Writes "nothing".
    pub fn undefined(&mut self) -> &mut Self {
        self.bytes.push(UNDEFINED);
        self
    }

    /// Writes null.
    pub fn null(&mut self) -> &mut Self {
        self.bytes.push(NULL);
        self
    }

    /// Writes a truth value.
    pub fn bool(&mut self, b: bool) -> &mut Self {
        self.bytes.push(if b { TRUE } else { FALSE });
        self
    }

    /// Writes a number.
    pub fn number(&mut self, n: f64) -> &mut Self {
        let small = n as i32;
        // -0 must stay a double
        if f64::from(small) == n && (small != 0 || n.is_sign_positive()) {
            self.bytes.push(INT);
            self.bytes.extend_from_slice(&small.to_le_bytes());
        } else {
            self.bytes.push(DOUBLE);
            self.bytes.extend_from_slice(&n.to_le_bytes());
        }
        self
    }

    /// Writes a whole number; beyond 2^53 it loses precision, as JavaScript's numbers do.
    pub fn int(&mut self, n: i64) -> &mut Self {
        self.number(n as f64)
    }

    /// Writes text.
    pub fn text(&mut self, s: &str) -> &mut Self {
        self.raw_text(s.as_bytes())
    }

    /// Writes text that may hold three-byte surrogates.
    pub fn raw_text(&mut self, s: &[u8]) -> &mut Self {
        self.bytes.push(STRING);
        self.sized(s)
    }

    /// Writes text, or null.
    pub fn optional_text(&mut self, s: Option<&str>) -> &mut Self {
        match s {
            Some(s) => self.text(s),
            None => self.null(),
        }
    }

    /// Writes raw bytes.
    pub fn bytes(&mut self, b: &[u8]) -> &mut Self {
        self.bytes.push(BYTES);
        self.sized(b)
    }

    /// Writes a value as a structured clone, which the guest reads.
    pub fn clone_of(&mut self, b: &[u8]) -> &mut Self {
        self.bytes.push(CLONE);
        self.sized(b)
    }

    /// Starts a list of exactly `n` values, which follow.
    pub fn list(&mut self, n: usize) -> &mut Self {
        self.bytes.push(LIST);
        self.count(n)
    }

    /// Starts a list whose length is not known yet; finish it with [`Writer::end_list`].
    pub fn begin_list(&mut self) -> OpenList {
        self.list(0);
        OpenList {
            at: self.bytes.len() - 4,
            items: 0,
        }
    }

    /// Sets the length of a list begun with [`Writer::begin_list`].
    pub fn end_list(&mut self, list: OpenList) -> &mut Self {
        self.bytes[list.at..list.at + 4].copy_from_slice(&list.items.to_le_bytes());
        self
    }

    /// Starts a map of exactly `n` entries: [`Writer::key`], then a value, each.
    pub fn map(&mut self, n: usize) -> &mut Self {
        self.bytes.push(MAP);
        self.count(n)
    }

    /// Writes the key of a map's entry.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.sized(key.as_bytes())
    }

    /// Writes an error, which the guest throws: only as a whole answer.
    pub fn error(&mut self, name: &str, message: &str) -> &mut Self {
        self.bytes.clear();
        self.bytes.push(ERROR);
        self.text(name).text(message)
    }

    /// Writes any value.
    pub fn value(&mut self, value: &Value<'_>) -> &mut Self {
        match value {
            Value::Undefined => self.undefined(),
            Value::Null => self.null(),
            Value::Bool(b) => self.bool(*b),
            Value::Number(n) => self.number(*n),
            Value::Text(s) => self.raw_text(s),
            Value::Bytes(b) => self.bytes(b),
            Value::List(items) => {
                self.list(items.len());
                items.iter().fold(self, |w, item| w.value(item))
            }
            Value::Map(entries) => {
                self.map(entries.len());
                entries.iter().fold(self, |w, (k, v)| w.key(k).value(v))
            }
        }
    }

    fn count(&mut self, n: usize) -> &mut Self {
        // a message is bounded by the guest's 32-bit memory, so no count exceeds it
        self.bytes.extend_from_slice(&(n as u32).to_le_bytes());
        self
    }

    fn sized(&mut self, b: &[u8]) -> &mut Self {
        self.count(b.len());
        self.bytes.extend_from_slice(b);
        self
    }
}

/// A list whose length is still open.
#[derive(Debug)]
pub struct OpenList {
    at: usize,
    items: u32,
}

impl OpenList {
    /// Counts one more value.
    pub fn push(&mut self) {
        self.items += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Tree {
        Undefined,
        Null,
        Bool(bool),
        Number(f64),
        Text(String),
        Bytes(Vec<u8>),
        List(Vec<Tree>),
        Map(Vec<(String, Tree)>),
    }

    fn borrow(tree: &Tree) -> Value<'_> {
        match tree {
            Tree::Undefined => Value::Undefined,
            Tree::Null => Value::Null,
            Tree::Bool(b) => Value::Bool(*b),
            Tree::Number(n) => Value::Number(*n),
            Tree::Text(s) => Value::Text(s.as_bytes()),
            Tree::Bytes(b) => Value::Bytes(b),
            Tree::List(items) => Value::List(items.iter().map(borrow).collect()),
            Tree::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(k, v)| (k.as_str(), borrow(v)))
                    .collect(),
            ),
        }
    }

    fn tree() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            Just(Tree::Undefined),
            Just(Tree::Null),
            any::<bool>().prop_map(Tree::Bool),
            prop_oneof![any::<i32>().prop_map(f64::from), -1e300..1e300f64].prop_map(Tree::Number),
            ".*".prop_map(Tree::Text),
            any::<Vec<u8>>().prop_map(Tree::Bytes),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Tree::List),
                prop::collection::vec((".*", inner), 0..8).prop_map(Tree::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tree in tree()) {
            let value = borrow(&tree);
            let mut writer = Writer::new();
            writer.value(&value);
            let mut reader = Reader::new(writer.as_bytes());
            prop_assert_eq!(reader.value(), Ok(value));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn rubbish_is_refused_without_panic(bytes in any::<Vec<u8>>()) {
            let mut reader = Reader::new(&bytes);
            while !reader.is_empty() {
                if reader.value().is_err() {
                    break;
                }
            }
        }
    }

    #[test]
    fn negative_zero_survives() {
        let mut writer = Writer::new();
        writer.number(-0.0);
        let n = Reader::new(writer.as_bytes()).number().unwrap();
        assert!(n == 0.0 && n.is_sign_negative());
    }

    #[test]
    fn an_open_list_gets_its_length() {
        let mut writer = Writer::new();
        let mut list = writer.begin_list();
        for n in 0..3 {
            writer.int(n);
            list.push();
        }
        writer.end_list(list);
        let value = Reader::new(writer.as_bytes()).value().unwrap();
        assert_eq!(value.items().len(), 3);
    }

    #[test]
    fn endless_nesting_is_refused() {
        let bytes: Vec<u8> = [LIST, 1, 0, 0, 0].repeat(1000);
        assert_eq!(Reader::new(&bytes).value(), Err(Malformed));
    }
}
