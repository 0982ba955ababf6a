//! Compression streams of one sandbox, as it knows them: by number.

use std::collections::HashMap;

use super::{Done, Failed};
use crate::{
    object::{live::Live, message::CallError},
    platform::compress::{Codec, CompressError, Flush, Format},
    sandbox::wire::{Reader, Writer},
};

/// Host memory that one sandbox's codecs may hold together, bytes.
const MAX_MEMORY: usize = 96 << 20;
/// Input and output of one step, bytes: steps stay short, so that a deadline can fall between them.
const MAX_INPUT: usize = 256 << 10;
const MAX_OUTPUT: usize = 64 << 10;

/// The codecs of one sandbox.
#[derive(Default)]
pub(in crate::object) struct Codecs {
    all: HashMap<u64, Codec>,
    last: u64,
    /// Why the last step that failed did.
    why: Option<String>,
    memory: usize,
}

impl Codecs {
    fn add(&mut self, codec: Codec) -> Result<u64, CallError> {
        let memory = codec.memory();
        if self.memory + memory > MAX_MEMORY {
            return Err(CallError::of(
                "RangeError",
                format!(
                    "Too many streams are being compressed or decompressed at once: together they may hold {} MiB.",
                    MAX_MEMORY >> 20
                ),
            ));
        }
        self.memory += memory;
        self.last += 1;
        self.all.insert(self.last, codec);
        Ok(self.last)
    }

    fn remove(&mut self, id: u64) {
        if let Some(codec) = self.all.remove(&id) {
            self.memory -= codec.memory();
        }
    }
}

impl From<CompressError> for Failed {
    fn from(error: CompressError) -> Self {
        let class = match error {
            CompressError::Level { .. } => "RangeError",
            _ => "TypeError",
        };
        Failed::Throw(CallError::of(class, error.to_string()))
    }
}

impl Live {
    /// * `compress.open(format, level)`, `compress.openBack(format)`: the number of a new codec
    /// * `compress.step(number, bytes, flush)`: output, count of bytes used, whether another step
    ///   gives more, whether the stream is complete; `flush` is 0 none, 1 sync, 2 finish
    /// * `compress.close(number)`
    /// * `compress.why()`: what was wrong with the data of the last step that failed, in words
    pub(super) fn compress_call(
        &mut self,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match verb {
            "open" => {
                let format: Format = args.text()?.parse()?;
                let level = args.value()?.as_f64().map(|level| level as u32);
                let codec = Codec::compressor(format, level)?;
                answer.int(self.codecs.add(codec)? as i64);
            }
            "openBack" => {
                let codec = Codec::decompressor(args.text()?.parse()?);
                answer.int(self.codecs.add(codec)? as i64);
            }
            "step" => {
                let id = args.index()?;
                let input = args.bytes()?;
                let flush = match args.index()? {
                    0 => Flush::None,
                    1 => Flush::Sync,
                    _ => Flush::Finish,
                };
                self.codec_step(id, input, flush, answer)?;
            }
            "why" => {
                answer.optional_text(self.codecs.why.as_deref());
            }
            _ => self.codecs.remove(args.index()?),
        }
        Ok(())
    }

    fn codec_step(&mut self, id: u64, input: &[u8], flush: Flush, answer: &mut Writer) -> Done {
        let codec = self
            .codecs
            .all
            .get_mut(&id)
            .ok_or_else(|| CallError::of("TypeError", "The stream is closed."))?;
        let (input, flush) = match input.split_at_checked(MAX_INPUT) {
            Some((first, rest)) if !rest.is_empty() => (first, Flush::None),
            _ => (input, flush),
        };
        let mut output = Vec::new();
        match codec.step(input, flush, &mut output, MAX_OUTPUT) {
            Ok(step) => {
                if step.ended {
                    self.codecs.remove(id);
                }
                answer
                    .list(4)
                    .bytes(&output)
                    .int(step.consumed as i64)
                    .bool(step.more)
                    .bool(step.ended);
                Ok(())
            }
            Err(error) => {
                self.codecs.remove(id);
                self.codecs.why = match &error {
                    CompressError::Corrupt(why) => why.clone(),
                    _ => None,
                };
                Err(error.into())
            }
        }
    }
}
