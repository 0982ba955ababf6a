//! AES: GCM, CBC, CTR, ECB and key wrapping, with keys of 128, 192 and 256 bits.

use ::aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit,
        KeyInit, StreamCipher, block_padding::Pkcs7, common::InnerInit,
    },
};
use aes_kw::AesKw;
use ctr::{Ctr32BE, Ctr128BE};
use ghash::{GHash, universal_hash::UniversalHash};

use super::{Error, Result};

/// Length of a block, bytes.
pub const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// Evaluates `$body` with `$cipher` as the cipher under `$key`.
macro_rules! with_aes {
    ($key:expr, $cipher:ident => $body:expr) => {
        match $key.len() {
            16 => {
                let $cipher = Aes128::new_from_slice($key).map_err(|_| BAD_KEY)?;
                $body
            }
            24 => {
                let $cipher = Aes192::new_from_slice($key).map_err(|_| BAD_KEY)?;
                $body
            }
            32 => {
                let $cipher = Aes256::new_from_slice($key).map_err(|_| BAD_KEY)?;
                $body
            }
            _ => return Err(BAD_KEY),
        }
    };
}

const BAD_KEY: Error = Error::Invalid("length of an AES key");
const BAD_IV: Error = Error::Invalid("length of an initialization vector");
const BAD_DATA: Error = Error::Invalid("ciphertext");

fn block(bytes: &[u8]) -> Result<Block> {
    bytes.try_into().map_err(|_| BAD_IV)
}

fn encrypt_block(key: &[u8], input: Block) -> Result<Block> {
    let mut block = input.into();
    with_aes!(key, cipher => cipher.encrypt_block(&mut block));
    Ok(block.into())
}

/// GCM's first counter block for an IV of any length (NIST SP 800-38D, 7.1).
pub fn gcm_start(key: &[u8], iv: &[u8]) -> Result<Block> {
    let mut start = [0; BLOCK];
    if iv.len() == 12 {
        start[..12].copy_from_slice(iv);
        start[15] = 1;
        return Ok(start);
    }
    let mut hash = GHash::new(&encrypt_block(key, start)?.into());
    hash.update_padded(iv);
    start[8..].copy_from_slice(&bits(iv).to_be_bytes());
    hash.update(&[start.into()]);
    Ok(hash.finalize().into())
}

/// The tag of a ciphertext, whole: 16 bytes.
pub fn gcm_tag(key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<Block> {
    let mut hash = GHash::new(&encrypt_block(key, [0; BLOCK])?.into());
    hash.update_padded(aad);
    hash.update_padded(ciphertext);
    let mut lengths = [0; BLOCK];
    lengths[..8].copy_from_slice(&bits(aad).to_be_bytes());
    lengths[8..].copy_from_slice(&bits(ciphertext).to_be_bytes());
    hash.update(&[lengths.into()]);
    let mask = encrypt_block(key, gcm_start(key, iv)?)?;
    let mut tag: Block = hash.finalize().into();
    tag.iter_mut().zip(mask).for_each(|(t, m)| *t ^= m);
    Ok(tag)
}

fn bits(bytes: &[u8]) -> u64 {
    bytes.len() as u64 * 8
}

/// GCM without the tag: encrypts and decrypts. `position` is where in the message `data` begins,
/// bytes.
pub fn gcm_stream(key: &[u8], iv: &[u8], position: u64, data: &[u8]) -> Result<Vec<u8>> {
    let mut counter = gcm_start(key, iv)?;
    let low = u32::from_be_bytes([counter[12], counter[13], counter[14], counter[15]]);
    // the message begins one block after the start; the counter wraps at 32 bits
    let low = low
        .wrapping_add(1)
        .wrapping_add((position / BLOCK as u64) as u32);
    counter[12..].copy_from_slice(&low.to_be_bytes());
    let skip = (position % BLOCK as u64) as usize;
    let mut out = [&[0; BLOCK][..skip], data].concat();
    with_aes!(key, cipher => {
        Ctr32BE::from_core(ctr::CtrCore::inner_iv_init(cipher, &counter.into())).apply_keystream(&mut out)
    });
    out.drain(..skip);
    Ok(out)
}

/// GCM: the ciphertext with the first `tag_size` bytes of its tag behind it.
pub fn gcm_encrypt(
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    tag_size: usize,
    data: &[u8],
) -> Result<Vec<u8>> {
    let mut out = gcm_stream(key, iv, 0, data)?;
    let tag = gcm_tag(key, iv, aad, &out)?;
    out.extend_from_slice(&tag[..tag_size.min(BLOCK)]);
    Ok(out)
}

/// GCM: what [`gcm_encrypt`] was given, or an error when the tag does not fit.
pub fn gcm_decrypt(
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    tag_size: usize,
    data: &[u8],
) -> Result<Vec<u8>> {
    let at = data.len().checked_sub(tag_size).ok_or(BAD_DATA)?;
    let (ciphertext, given) = data.split_at(at);
    let tag = gcm_tag(key, iv, aad, ciphertext)?;
    if tag_size == 0 || tag_size > BLOCK || !same(&tag[..tag_size], given) {
        return Err(BAD_DATA);
    }
    gcm_stream(key, iv, 0, ciphertext)
}

/// Compares in a time that depends on the lengths alone.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

/// CTR whose counter is the lowest `counter_bits` (1 to 128) of the block and wraps around within
/// them. An error when a counter would be used twice.
pub fn ctr(key: &[u8], counter: &[u8], counter_bits: u32, data: &[u8]) -> Result<Vec<u8>> {
    let first = u128::from_be_bytes(block(counter)?);
    if !(1..=128).contains(&counter_bits) {
        return Err(Error::Invalid("length of a counter"));
    }
    let mask = u128::MAX >> (128 - counter_bits);
    let blocks = data.len().div_ceil(BLOCK) as u128;
    // one less, since 2^128 does not fit
    if blocks > 0 && blocks - 1 > mask {
        return Err(Error::Invalid("counter that repeats"));
    }
    let before_wrap = (mask - (first & mask)).saturating_add(1);
    let at = if before_wrap >= blocks {
        data.len()
    } else {
        before_wrap as usize * BLOCK
    };
    let mut out = data.to_vec();
    let (head, tail) = out.split_at_mut(at);
    for (part, counter) in [(head, first), (tail, first & !mask)] {
        with_aes!(key, cipher => {
            Ctr128BE::from_core(ctr::CtrCore::inner_iv_init(cipher, &counter.to_be_bytes().into())).apply_keystream(part)
        });
    }
    Ok(out)
}

/// CBC. With `padding` the input may have any length (PKCS #7), else it must be whole blocks.
pub fn cbc_encrypt(key: &[u8], iv: &[u8], padding: bool, data: &[u8]) -> Result<Vec<u8>> {
    let iv = block(iv)?.into();
    let mut out = data.to_vec();
    let size = data.len();
    out.resize((size / BLOCK + 1) * BLOCK, 0);
    with_aes!(key, cipher => {
        let mode = cbc::Encryptor::inner_iv_init(cipher, &iv);
        if padding {
            mode.encrypt_padded::<Pkcs7>(&mut out, size).map_err(|_| BAD_DATA)?;
        } else {
            let mut mode = mode;
            out.truncate(size);
            for block in blocks(&mut out)? {
                mode.encrypt_block(block.into());
            }
        }
    });
    Ok(out)
}

/// CBC, backwards. An error when the padding is wrong or the blocks are not whole.
pub fn cbc_decrypt(key: &[u8], iv: &[u8], padding: bool, data: &[u8]) -> Result<Vec<u8>> {
    let iv = block(iv)?.into();
    let mut out = data.to_vec();
    with_aes!(key, cipher => {
        let mut mode = cbc::Decryptor::inner_iv_init(cipher, &iv);
        if padding {
            let size = mode.decrypt_padded::<Pkcs7>(&mut out).map_err(|_| BAD_DATA)?.len();
            out.truncate(size);
        } else {
            for block in blocks(&mut out)? {
                mode.decrypt_block(block.into());
            }
        }
    });
    Ok(out)
}

/// ECB of whole blocks, without padding.
pub fn ecb(key: &[u8], encrypt: bool, data: &[u8]) -> Result<Vec<u8>> {
    let mut out = data.to_vec();
    with_aes!(key, cipher => {
        for block in blocks(&mut out)? {
            if encrypt {
                cipher.encrypt_block(block.into());
            } else {
                cipher.decrypt_block(block.into());
            }
        }
    });
    Ok(out)
}

fn blocks(data: &mut [u8]) -> Result<impl Iterator<Item = &mut Block>> {
    let (blocks, rest) = data.as_chunks_mut::<BLOCK>();
    if rest.is_empty() {
        Ok(blocks.iter_mut())
    } else {
        Err(BAD_DATA)
    }
}

/// Wraps a key as RFC 3394 says: 8 bytes longer than `data`, which is at least two times 8 bytes.
pub fn wrap(key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    let mut out = vec![0; data.len() + 8];
    with_aes!(key, cipher => AesKw::inner_init(cipher).wrap_key(data, &mut out).map_err(|_| BAD_DATA)?);
    Ok(out)
}

/// What [`wrap`] was given, or an error when it was not wrapped with this key.
pub fn unwrap(key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    let mut out = vec![0; data.len().checked_sub(8).ok_or(BAD_DATA)?];
    with_aes!(key, cipher => AesKw::inner_init(cipher).unwrap_key(data, &mut out).map_err(|_| BAD_DATA)?);
    Ok(out)
}
