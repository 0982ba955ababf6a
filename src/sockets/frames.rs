//! Between messages and the bytes of the network: RFC 6455, without extensions.

use std::io::Cursor;

use tungstenite::{
    Error,
    error::ProtocolError,
    protocol::frame::{
        FrameHeader,
        coding::{Control, Data, OpCode},
    },
};

use super::pair::Message;

/// The largest message that is taken in, bytes.
pub const MAX_MESSAGE: usize = 32 << 20;
/// The largest payload of a control frame, bytes.
const MAX_CONTROL: u64 = 125;
/// Memory that is reserved at once for a payload that has only been announced, bytes.
const RESERVE: usize = 64 << 10;

/// Which end of a connection this is: a client masks what it sends, and a server insists on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It accepted the connection.
    Server,
    /// It opened the connection.
    Client,
}

/// Something that came over the network.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A whole message, or a close.
    Message(Message),
    /// To be answered with the same bytes.
    Ping(Vec<u8>),
    /// The answer to a ping.
    Pong,
}

/// The other end broke the protocol: what to close with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub code: u16,
    pub text: String,
}

fn violation(text: impl Into<String>) -> Violation {
    Violation {
        code: 1002,
        text: text.into(),
    }
}

/// A frame whose payload has not come in full.
struct Begun {
    header: FrameHeader,
    length: usize,
}

/// Puts messages together from bytes as they come. Holds no memory between messages.
pub(super) struct Assembler {
    role: Role,
    max_message: usize,
    /// Bytes of a frame that is not complete.
    partial: Vec<u8>,
    begun: Option<Box<Begun>>,
    /// A message in several frames: whether it is text, and what has come of it.
    message: Option<(bool, Vec<u8>)>,
}

impl Assembler {
    pub fn new(role: Role, max_message: usize) -> Self {
        Self {
            role,
            max_message,
            partial: Vec::new(),
            begun: None,
            message: None,
        }
    }

    /// Takes in `bytes`, and hands each thing that is complete to `found`.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        found: &mut impl FnMut(Incoming),
    ) -> Result<(), Violation> {
        // whole frames are read where they lie; only a piece of one is kept
        if !self.partial.is_empty() || self.begun.is_some() {
            let mut kept = std::mem::take(&mut self.partial);
            kept.reserve(
                self.missing(kept.len())
                    .clamp(bytes.len(), RESERVE.max(bytes.len())),
            );
            kept.extend_from_slice(bytes);
            let used = self.frames(&kept, found)?;
            kept.drain(..used);
            self.partial = if kept.is_empty() { Vec::new() } else { kept };
            return Ok(());
        }
        let used = self.frames(bytes, found)?;
        bytes = &bytes[used..];
        if !bytes.is_empty() {
            self.partial = bytes.to_vec();
        }
        Ok(())
    }

    /// Bytes that the frame under way still needs.
    fn missing(&self, have: usize) -> usize {
        self.begun
            .as_ref()
            .map_or(0, |begun| begun.length.saturating_sub(have))
    }

    /// Reads as many whole frames as there are; answers with the bytes that were used.
    fn frames(
        &mut self,
        bytes: &[u8],
        found: &mut impl FnMut(Incoming),
    ) -> Result<usize, Violation> {
        let mut used = 0;
        loop {
            let begun = match self.begun.take() {
                Some(begun) => begun,
                None => {
                    let mut cursor = Cursor::new(&bytes[used..]);
                    let parsed = FrameHeader::parse(&mut cursor).map_err(|error| match error {
                        Error::Protocol(ProtocolError::InvalidOpcode(code)) => {
                            violation(format!("Unknown opcode {code}"))
                        }
                        other => violation(other.to_string()),
                    })?;
                    let Some((header, length)) = parsed else {
                        return Ok(used);
                    };
                    used += cursor.position() as usize;
                    let length = self.check(&header, length)?;
                    Box::new(Begun { header, length })
                }
            };
            let Some(payload) = bytes[used..].get(..begun.length) else {
                self.begun = Some(begun);
                return Ok(used);
            };
            used += begun.length;
            self.frame(&begun.header, payload, found)?;
        }
    }

    fn check(&self, header: &FrameHeader, length: u64) -> Result<usize, Violation> {
        if header.rsv1 {
            return Err(violation(
                "Received a WebSocket frame whose compression bit was set, but the compression extension was not negotiated for this connection.",
            ));
        }
        if header.rsv2 || header.rsv3 {
            return Err(violation("Received a frame whose reserved bits were set"));
        }
        if self.role == Role::Server && header.mask.is_none() {
            return Err(violation("Received an unmasked frame from a client"));
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final => {
                return Err(violation("Received fragmented control frame"));
            }
            OpCode::Control(_) if length > MAX_CONTROL => {
                return Err(violation("Received a control frame of more than 125 bytes"));
            }
            OpCode::Data(Data::Continue) if self.message.is_none() => {
                return Err(violation("Unexpected continuation frame"));
            }
            OpCode::Data(Data::Text | Data::Binary) if self.message.is_some() => {
                return Err(violation("Missing continuation frame"));
            }
            _ => {}
        }
        let before = self.message.as_ref().map_or(0, |(_, bytes)| bytes.len());
        let limit = self.max_message.saturating_sub(before);
        match usize::try_from(length) {
            Ok(length) if length <= limit => Ok(length),
            _ => Err(Violation {
                code: 1009,
                text: format!(
                    "Message is too large: {} > {}",
                    before as u64 + length,
                    self.max_message
                ),
            }),
        }
    }

    fn frame(
        &mut self,
        header: &FrameHeader,
        payload: &[u8],
        found: &mut impl FnMut(Incoming),
    ) -> Result<(), Violation> {
        let mut bytes = payload.to_vec();
        if let Some(mask) = header.mask {
            apply_mask(&mut bytes, mask);
        }
        match header.opcode {
            OpCode::Control(Control::Ping) => found(Incoming::Ping(bytes)),
            OpCode::Control(Control::Close) => found(Incoming::Message(close(&bytes)?)),
            OpCode::Control(_) => found(Incoming::Pong),
            OpCode::Data(kind) => {
                let (text, whole) = match self.message.take() {
                    None => (kind == Data::Text, bytes),
                    Some((text, mut before)) => {
                        before.extend_from_slice(&bytes);
                        (text, before)
                    }
                };
                if header.is_final {
                    found(Incoming::Message(message(text, whole)?));
                } else {
                    self.message = Some((text, whole));
                }
            }
        }
        Ok(())
    }
}

fn not_utf8(what: &str) -> Violation {
    Violation {
        code: 1007,
        text: format!("Received {what} that is not UTF-8"),
    }
}

fn message(text: bool, bytes: Vec<u8>) -> Result<Message, Violation> {
    if !text {
        return Ok(Message::Binary(bytes.into()));
    }
    if std::str::from_utf8(&bytes).is_err() {
        return Err(not_utf8("a text message"));
    }
    Ok(Message::Text(bytes.into()))
}

fn close(payload: &[u8]) -> Result<Message, Violation> {
    let (code, reason) = match payload {
        [] => (1005, &[][..]),
        [_] => return Err(violation("Received a close frame of one byte")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) || payload.is_empty();
    if !allowed {
        return Err(violation(format!("Received the invalid close code {code}")));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| not_utf8("a close reason"))?;
    Ok(Message::Close {
        code,
        reason: reason.into(),
    })
}

/// Exclusive or with the mask, eight bytes at a time.
fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Appends a frame that carries `payload`.
fn write(out: &mut Vec<u8>, role: Role, opcode: OpCode, payload: &[u8]) {
    let mask = (role == Role::Client).then(|| {
        let mut mask = [0; 4];
        // masks only keep intermediaries from taking payloads for requests: without randomness
        // the connection works as well
        let _ = getrandom::fill(&mut mask);
        mask
    });
    let header = FrameHeader {
        opcode,
        mask,
        ..FrameHeader::default()
    };
    let length = payload.len() as u64;
    out.reserve(header.len(length) + payload.len());
    // a vector takes everything
    let _ = header.format(length, out);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(mask) = mask {
        apply_mask(&mut out[start..], mask);
    }
}

/// Appends a message; answers false for those that have no frame.
pub(super) fn write_message(out: &mut Vec<u8>, role: Role, message: &Message) -> bool {
    match message {
        Message::Text(bytes) => write(out, role, OpCode::Data(Data::Text), bytes),
        Message::Binary(bytes) => write(out, role, OpCode::Data(Data::Binary), bytes),
        Message::Close { code, reason } => write_close(out, role, *code, reason),
        Message::Lost | Message::Failed(_) => return false,
    }
    true
}

/// Appends a close frame; without code and reason for 1005.
pub(super) fn write_close(out: &mut Vec<u8>, role: Role, code: u16, reason: &str) {
    let mut payload = Vec::new();
    if code != 1005 {
        payload.extend_from_slice(&code.to_be_bytes());
        let end = reason.floor_char_boundary(123);
        payload.extend_from_slice(&reason.as_bytes()[..end]);
    }
    write(out, role, OpCode::Control(Control::Close), &payload);
}

/// Appends a ping without payload.
pub(super) fn write_ping(out: &mut Vec<u8>, role: Role) {
    write(out, role, OpCode::Control(Control::Ping), &[]);
}

/// Appends the answer to a ping.
pub(super) fn write_pong(out: &mut Vec<u8>, role: Role, payload: &[u8]) {
    write(out, role, OpCode::Control(Control::Pong), payload);
}
