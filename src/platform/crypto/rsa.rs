//! RSA: making keys, encryption (OAEP and PKCS #1 v1.5).

use ::rsa::{BoxedUint, Oaep, Pkcs1v15Encrypt, PrivateKey};
use getrandom::SysRng;

use super::{
    Error, Result,
    hash::{Hash, with_hash},
    key::{MAX_RSA_BITS, MIN_RSA_BITS, Private, Public},
};

/// How a message is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding<'a> {
    /// OAEP with MGF1 of the same hash.
    Oaep {
        /// Of the label and of the mask.
        hash: Hash,
        /// What must be the same on both sides; may be empty.
        label: &'a [u8],
    },
    /// PKCS #1 v1.5: for old protocols only.
    Pkcs1,
}

const MISMATCH: Error = Error::Invalid("kind of key for this encryption");

/// A new key with a modulus of `bits` bits, which takes seconds beyond 2048.
pub fn generate(bits: usize, exponent: u32) -> Result<Private> {
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(Error::Limit(format!(
            "an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, not {bits}"
        )));
    }
    let exponent = BoxedUint::from(exponent);
    let key = PrivateKey::new_with_exp(&mut SysRng, bits, exponent)
        .map_err(|error| Error::Random(error.to_string()))?;
    Ok(Private::Rsa(Box::new(key)))
}

/// Encrypts `data`, which must be shorter than the modulus by what the padding takes.
pub fn encrypt(key: &Public, padding: Padding<'_>, data: &[u8]) -> Result<Vec<u8>> {
    let Public::Rsa(key) = key else {
        return Err(MISMATCH);
    };
    let encrypted = match padding {
        Padding::Oaep { hash, label } => with_hash!(hash, D => {
            key.encrypt(&mut SysRng, Oaep::<D>::new_with_label(label), data)
        }),
        Padding::Pkcs1 => key.encrypt(&mut SysRng, Pkcs1v15Encrypt, data),
    };
    encrypted.map_err(|_| Error::Invalid("message: it is too long for the key"))
}

/// What [`encrypt`] was given.
pub fn decrypt(key: &Private, padding: Padding<'_>, data: &[u8]) -> Result<Vec<u8>> {
    let Private::Rsa(key) = key else {
        return Err(MISMATCH);
    };
    let decrypted = match padding {
        Padding::Oaep { hash, label } => with_hash!(hash, D => {
            key.decrypt_blinded(&mut SysRng, Oaep::<D>::new_with_label(label), data)
        }),
        Padding::Pkcs1 => key.decrypt_blinded(&mut SysRng, Pkcs1v15Encrypt, data),
    };
    decrypted.map_err(|_| Error::Invalid("ciphertext"))
}
