//! The deflate family.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{CompressError, Flush, Format, Step};

/// zlib's largest window, 32 KiB, as a power of two.
const WINDOW_BITS: u8 = 15;

pub(super) struct Deflater {
    inner: Compress,
    ended: bool,
}

impl Deflater {
    pub fn new(format: Format, level: Option<u32>) -> Self {
        let level = level.map_or_else(Compression::default, Compression::new);
        let inner = match format {
            Format::Gzip => Compress::new_gzip(level, WINDOW_BITS),
            _ => Compress::new(level, format == Format::Deflate),
        };
        Self {
            inner,
            ended: false,
        }
    }

    pub fn step(
        &mut self,
        input: &[u8],
        flush: Flush,
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
        let flush = match flush {
            Flush::None => FlushCompress::None,
            Flush::Sync => FlushCompress::Sync,
            Flush::Finish => FlushCompress::Finish,
        };
        let before = self.inner.total_in();
        let mut piece = Vec::with_capacity(most);
        let status = self
            .inner
            .compress_vec(input, &mut piece, flush)
            .map_err(|_| CompressError::Compression)?;
        output.extend_from_slice(&piece);
        self.ended = status == Status::StreamEnd;
        Ok(Step {
            consumed: (self.inner.total_in() - before) as usize,
            more: piece.len() == piece.capacity() && !self.ended,
            ended: self.ended,
        })
    }
}

pub(super) struct Inflater {
    inner: Decompress,
    ended: bool,
}

impl Inflater {
    pub fn new(format: Format) -> Self {
        let inner = match format {
            Format::Gzip => Decompress::new_gzip(WINDOW_BITS),
            _ => Decompress::new(format == Format::Deflate),
        };
        Self {
            inner,
            ended: false,
        }
    }

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
        let before = self.inner.total_in();
        let mut piece = Vec::with_capacity(most);
        let status = self
            .inner
            .decompress_vec(input, &mut piece, FlushDecompress::None)
            .map_err(|error| CompressError::Corrupt(error.message().map(str::to_string)))?;
        output.extend_from_slice(&piece);
        self.ended = status == Status::StreamEnd;
        Ok(Step {
            consumed: (self.inner.total_in() - before) as usize,
            more: piece.len() == piece.capacity() && !self.ended,
            ended: self.ended,
        })
    }
}
