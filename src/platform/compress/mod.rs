//! Compression and decompression chunk by chunk: gzip, deflate and Brotli.
//!
//! A [`Codec`] takes input and gives output in steps whose output the caller bounds, so that a
//! small input which unpacks to a huge one costs no more memory than its reader allows.

mod brotli;
mod zlib;

use std::str::FromStr;

/// How compressed bytes are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 1952.
    Gzip,
    /// RFC 1950: deflate in zlib's frame.
    Deflate,
    /// RFC 1951: deflate without a frame.
    DeflateRaw,
    /// RFC 7932.
    Brotli,
}

impl FromStr for Format {
    type Err = CompressError;

    fn from_str(name: &str) -> Result<Self, CompressError> {
        match name {
            "gzip" => Ok(Format::Gzip),
            "deflate" => Ok(Format::Deflate),
            "deflate-raw" => Ok(Format::DeflateRaw),
            "brotli" | "br" => Ok(Format::Brotli),
            _ => Err(CompressError::UnknownFormat(name.into())),
        }
    }
}

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompressError {
    /// No format has this name.
    #[error("There is no compression format \"{0}\": use gzip, deflate, deflate-raw or brotli.")]
    UnknownFormat(String),
    /// The input is no compressed data of the codec's format; zlib's word for what is wrong.
    #[error("Decompression failed.")]
    Corrupt(Option<String>),
    /// The compressor refused its input; a fault of the program, not of its data.
    #[error("Compression failed.")]
    Compression,
    /// A level that the format does not have.
    #[error("The compression level {level} is out of range: 0 to {most}.")]
    Level { level: u32, most: u32 },
}

/// What to do with what the codec holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// Give output when there is enough of it.
    None,
    /// Give all output that the input so far makes.
    Sync,
    /// This is the last of the input.
    Finish,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of input that were used.
    pub consumed: usize,
    /// Whether the output ran full, so that another step may give more without more input.
    pub more: bool,
    /// Whether the compressed stream is complete.
    pub ended: bool,
}

/// One direction of one format.
enum Kind {
    Deflate(zlib::Deflater),
    Inflate(zlib::Inflater),
    BrotliIn(Box<brotli::Encoder>),
    BrotliOut(Box<brotli::Decoder>),
}

/// A compressor or decompressor with its state.
pub struct Codec(Kind);

impl Codec {
    /// A compressor. `level` is 0 to 9 (Brotli: 0 to 11), `None` the format's usual one.
    pub fn compressor(format: Format, level: Option<u32>) -> Result<Self, CompressError> {
        let most = if format == Format::Brotli { 11 } else { 9 };
        if let Some(level) = level.filter(|level| *level > most) {
            return Err(CompressError::Level { level, most });
        }
        Ok(Codec(match format {
            Format::Brotli => Kind::BrotliIn(Box::new(brotli::Encoder::new(level))),
            _ => Kind::Deflate(zlib::Deflater::new(format, level)),
        }))
    }

    /// A decompressor.
    pub fn decompressor(format: Format) -> Self {
        Codec(match format {
            Format::Brotli => Kind::BrotliOut(Box::default()),
            _ => Kind::Inflate(zlib::Inflater::new(format)),
        })
    }

    /// Takes `input` and appends at most `most` bytes to `output`. Input that is not consumed has
    /// to be given again.
    pub fn step(
        &mut self,
        input: &[u8],
        flush: Flush,
        output: &mut Vec<u8>,
        most: usize,
    ) -> Result<Step, CompressError> {
        match &mut self.0 {
            Kind::Deflate(codec) => codec.step(input, flush, output, most),
            Kind::Inflate(codec) => codec.step(input, output, most),
            Kind::BrotliIn(codec) => codec.step(input, flush, output, most),
            Kind::BrotliOut(codec) => codec.step(input, output, most),
        }
    }

    /// Host memory that the codec holds at most, bytes, as its format has it.
    pub fn memory(&self) -> usize {
        match self.0 {
            Kind::Deflate(_) => 300 << 10,
            Kind::Inflate(_) => 48 << 10,
            // ring buffer and hash tables of the usual quality
            Kind::BrotliIn(_) => 6 << 20,
            // the largest window that a stream may ask for
            Kind::BrotliOut(_) => 17 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Format; 4] = [
        Format::Gzip,
        Format::Deflate,
        Format::DeflateRaw,
        Format::Brotli,
    ];

    /// Feeds `input` in pieces of `piece` bytes and takes output in steps of `most` bytes.
    fn run(
        mut codec: Codec,
        input: &[u8],
        piece: usize,
        most: usize,
    ) -> Result<(Vec<u8>, bool), CompressError> {
        let (mut all, mut ended) = (Vec::new(), false);
        let mut pieces = input.chunks(piece).peekable();
        loop {
            let mut rest = pieces.next().unwrap_or_default();
            let last = pieces.peek().is_none();
            let flush = if last { Flush::Finish } else { Flush::None };
            loop {
                let before = all.len();
                let step = codec.step(rest, flush, &mut all, most)?;
                assert!(all.len() - before <= most);
                rest = &rest[step.consumed..];
                ended |= step.ended;
                if step.ended || (!step.more && rest.is_empty()) {
                    break;
                }
            }
            if last || ended {
                return Ok((all, ended));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks(
            bytes in prop::collection::vec(0u8..4, 0..5000),
            which in 0usize..4,
            piece in 1usize..900,
            most in 1usize..900,
        ) {
            let format = ALL[which];
            let packed = run(Codec::compressor(format, None).unwrap(), &bytes, piece, most).unwrap();
            prop_assert!(packed.1);
            let back = run(Codec::decompressor(format), &packed.0, piece, most).unwrap();
            prop_assert_eq!(back, (bytes, true));
        }

        #[test]
        fn rubbish_never_panics(bytes in any::<Vec<u8>>(), which in 0usize..4) {
            let _ = run(Codec::decompressor(ALL[which]), &bytes, 7, 100);
        }
    }

    #[test]
    fn what_is_cut_off_never_ends() {
        for format in ALL {
            let packed = run(
                Codec::compressor(format, None).unwrap(),
                &[7; 5000],
                500,
                500,
            )
            .unwrap()
            .0;
            let cut = &packed[..packed.len() - 1];
            assert!(
                !run(Codec::decompressor(format), cut, 500, 500).unwrap().1,
                "{format:?}"
            );
        }
    }

    #[test]
    fn a_bomb_comes_in_bounded_pieces() {
        for format in ALL {
            let bomb = run(
                Codec::compressor(format, None).unwrap(),
                &vec![0; 8 << 20],
                1 << 20,
                1 << 20,
            )
            .unwrap()
            .0;
            let mut codec = Codec::decompressor(format);
            let mut output = Vec::new();
            let step = codec.step(&bomb, Flush::None, &mut output, 1000).unwrap();
            assert!(
                step.more && !step.ended && output.len() == 1000,
                "{format:?}"
            );
        }
    }

    #[test]
    fn levels_out_of_range_are_refused() {
        assert_eq!(
            Codec::compressor(Format::Gzip, Some(10)).err(),
            Some(CompressError::Level { level: 10, most: 9 })
        );
        assert!(Codec::compressor(Format::Brotli, Some(11)).is_ok());
    }
}
