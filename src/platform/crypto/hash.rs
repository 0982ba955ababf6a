//! Digests, whole or in pieces, and HMAC.

use hmac::{Hmac, KeyInit, Mac};
use sha2::digest::{Digest, common::hazmat::SerializableState};

use super::{Error, Result};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// MD5, 16 bytes: for old protocols only.
    Md5,
    /// SHA-1, 20 bytes: for old protocols only.
    Sha1,
    /// SHA-224, 28 bytes.
    Sha224,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
    /// SHA-512/256, 32 bytes.
    Sha512To256,
    /// RIPEMD-160, 20 bytes.
    Ripemd160,
}

/// Evaluates `$body` with `$D` as the type that computes `$hash`.
macro_rules! with_hash {
    ($hash:expr, $D:ident => $body:expr) => {
        match $hash {
            $crate::platform::crypto::hash::Hash::Md5 => {
                type $D = md5::Md5;
                $body
            }
            $crate::platform::crypto::hash::Hash::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            $crate::platform::crypto::hash::Hash::Sha224 => {
                type $D = sha2::Sha224;
                $body
            }
            $crate::platform::crypto::hash::Hash::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            $crate::platform::crypto::hash::Hash::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            $crate::platform::crypto::hash::Hash::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
            $crate::platform::crypto::hash::Hash::Sha512To256 => {
                type $D = sha2::Sha512_256;
                $body
            }
            $crate::platform::crypto::hash::Hash::Ripemd160 => {
                type $D = ripemd::Ripemd160;
                $body
            }
        }
    };
}
pub(crate) use with_hash;

impl Hash {
    /// By its name in Web Crypto, where that has one; `None` for a name that is not known.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "MD5" => Self::Md5,
            "SHA-1" => Self::Sha1,
            "SHA-224" => Self::Sha224,
            "SHA-256" => Self::Sha256,
            "SHA-384" => Self::Sha384,
            "SHA-512" => Self::Sha512,
            "SHA-512/256" => Self::Sha512To256,
            "RIPEMD-160" => Self::Ripemd160,
            _ => return None,
        })
    }

    /// Length of a digest, bytes.
    pub fn size(self) -> usize {
        with_hash!(self, D => <D as Digest>::output_size())
    }

    /// The digest of `data`.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        with_hash!(self, D => D::digest(data).to_vec())
    }

    /// The HMAC of `data`; any length of key will do.
    pub fn hmac(self, key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        with_hash!(self, D => {
            let mut mac = Hmac::<D>::new_from_slice(key).map_err(|_| Error::Invalid("key"))?;
            mac.update(data);
            Ok(mac.finalize().into_bytes().to_vec())
        })
    }

    /// Hashes one more piece. `state` is what the call before returned, empty at first; what is
    /// returned is the state to go on with.
    pub fn update(self, state: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        with_hash!(self, D => {
            let mut hasher = resume::<D>(state)?;
            hasher.update(data);
            Ok(hasher.serialize().to_vec())
        })
    }

    /// The digest of all pieces so far and `data`.
    pub fn finish(self, state: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        with_hash!(self, D => {
            let mut hasher = resume::<D>(state)?;
            hasher.update(data);
            Ok(hasher.finalize().to_vec())
        })
    }
}

fn resume<D: Digest + SerializableState>(state: &[u8]) -> Result<D> {
    if state.is_empty() {
        return Ok(D::new());
    }
    let invalid = Error::Invalid("state of a digest");
    let state = state.try_into().map_err(|_| invalid.clone())?;
    D::deserialize(state).map_err(|_| invalid)
}
