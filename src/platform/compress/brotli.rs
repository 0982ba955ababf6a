//! Brotli.

use brotli::{
    BrotliDecompressStream, BrotliResult, BrotliState,
    enc::{
        StandardAlloc,
        encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct},
    },
};

use super::{CompressError, Flush, Step};

/// What the reference compresses answers with.
const QUALITY: u32 = 5;

/// The window, as a power of two: 512 KiB, so that many bodies can be compressed at once.
const WINDOW_BITS: u32 = 19;

pub(super) struct Encoder(BrotliEncoderStateStruct<StandardAlloc>);

impl Encoder {
    pub fn new(level: Option<u32>) -> Self {
        let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
        let quality = level.unwrap_or(QUALITY);
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, quality);
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, WINDOW_BITS);
        Self(state)
    }

    pub fn step(
        &mut self,
        input: &[u8],
        flush: Flush,
        output: &mut Vec<u8>,
        most: usize,
    ) -> Result<Step, CompressError> {
        let operation = match flush {
            Flush::None => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
            Flush::Sync => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
            Flush::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
        };
        let start = output.len();
        output.resize(start + most, 0);
        let (mut left, mut consumed) = (input.len(), 0);
        let (mut room, mut written) = (most, 0);
        let worked = self.0.is_finished()
            || self.0.compress_stream(
                operation,
                &mut left,
                input,
                &mut consumed,
                &mut room,
                &mut output[start..],
                &mut written,
                &mut None,
                &mut |_, _, _, _| (),
            );
        output.truncate(start + written);
        if !worked {
            return Err(CompressError::Compression);
        }
        Ok(Step {
            consumed,
            more: self.0.has_more_output(),
            ended: self.0.is_finished(),
        })
    }
}

type Alloc = StandardAlloc;

pub(super) struct Decoder {
    state: BrotliState<Alloc, Alloc, Alloc>,
    total: usize,
    ended: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        let alloc = Alloc::default;
        Self {
            state: BrotliState::new(alloc(), alloc(), alloc()),
            total: 0,
            ended: false,
        }
    }
}

impl Decoder {
    pub fn step(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
        most: usize,
    ) -> Result<Step, CompressError> {
        if self.ended {
            return Ok(Step {
                consumed: 0,
                more: false,
                ended: true,
            });
        }
        let start = output.len();
        output.resize(start + most, 0);
        let (mut left, mut consumed) = (input.len(), 0);
        let (mut room, mut written) = (most, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut consumed,
            input,
            &mut room,
            &mut written,
            &mut output[start..],
            &mut self.total,
            &mut self.state,
        );
        output.truncate(start + written);
        let more = match result {
            BrotliResult::ResultFailure => return Err(CompressError::Corrupt(None)),
            BrotliResult::ResultSuccess => false,
            BrotliResult::NeedsMoreInput => false,
            BrotliResult::NeedsMoreOutput => true,
        };
        self.ended = matches!(result, BrotliResult::ResultSuccess);
        Ok(Step {
            consumed,
            more,
            ended: self.ended,
        })
    }
}
