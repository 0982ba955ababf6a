//! Keys from passwords (PBKDF2, scrypt) and from other keys (HKDF).

use hkdf::Hkdf;

use super::{
    Error, Result,
    hash::{Hash, with_hash},
};

/// Rounds of PBKDF2, over all blocks of the output: some second of work.
const MAX_PBKDF2_ROUNDS: u64 = 2_000_000;
/// scrypt's N times r times p: some second of work.
const MAX_SCRYPT_WORK: u64 = 1 << 21;
/// The longest key that is derived, bytes.
const MAX_SIZE: usize = 1 << 20;

fn output(size: usize) -> Result<Vec<u8>> {
    if size > MAX_SIZE {
        return Err(Error::Limit(format!(
            "a derived key has at most {MAX_SIZE} bytes"
        )));
    }
    Ok(vec![0; size])
}

/// PBKDF2 with HMAC: `size` bytes.
pub fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    size: usize,
) -> Result<Vec<u8>> {
    let mut out = output(size)?;
    let blocks = size.div_ceil(hash.size()) as u64;
    if blocks * u64::from(rounds) > MAX_PBKDF2_ROUNDS {
        return Err(Error::Limit(format!(
            "PBKDF2 may take at most {MAX_PBKDF2_ROUNDS} rounds in all; {rounds} for each of {blocks} blocks are too many"
        )));
    }
    with_hash!(hash, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, rounds, &mut out));
    Ok(out)
}

/// HKDF: `size` bytes, at most 255 digests long.
pub fn hkdf(hash: Hash, key: &[u8], salt: &[u8], info: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut out = output(size)?;
    with_hash!(hash, D => Hkdf::<D>::new(Some(salt), key)
        .expand(info, &mut out)
        .map_err(|_| Error::Invalid("length of a derived key"))?);
    Ok(out)
}

/// scrypt with cost 2^`log_n`, block size `r` and parallelization `p`: `size` bytes.
pub fn scrypt(
    password: &[u8],
    salt: &[u8],
    (log_n, r, p): (u8, u32, u32),
    size: usize,
) -> Result<Vec<u8>> {
    let mut out = output(size)?;
    let work = (1u64.checked_shl(log_n.into()).unwrap_or(u64::MAX))
        .saturating_mul(u64::from(r))
        .saturating_mul(u64::from(p));
    if work > MAX_SCRYPT_WORK {
        return Err(Error::Limit(format!(
            "scrypt's N * r * p may be at most {MAX_SCRYPT_WORK}, not {work}"
        )));
    }
    let invalid = Error::Invalid("parameters of scrypt");
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| invalid.clone())?;
    if !out.is_empty() {
        scrypt::scrypt(password, salt, &params, &mut out).map_err(|_| invalid)?;
    }
    Ok(out)
}
