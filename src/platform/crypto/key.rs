//! Asymmetric keys: read from DER or from parts (as a JSON Web Key has them), written as DER.

use ::rsa::{
    BoxedUint, PrivateKey as RsaPrivateKey, PublicKey as RsaPublicKey, pkcs1,
    traits::{PrivateKeyParts, PublicKeyParts},
};
use p256::elliptic_curve::sec1::ToSec1Point;
use pkcs8::{
    AlgorithmIdentifierRef, EncodePrivateKey, EncodePublicKey, ObjectIdentifier, PrivateKeyInfoRef,
    SubjectPublicKeyInfoRef,
    der::{
        Decode, Encode,
        asn1::{BitStringRef, OctetStringRef, UintRef},
    },
};
use x25519_dalek::StaticSecret;

use super::{Error, Result};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The largest modulus of RSA, bits.
pub const MAX_RSA_BITS: usize = 4096;
/// The smallest modulus of RSA, bits: what is smaller can be broken at home.
pub const MIN_RSA_BITS: usize = 1024;
/// No key in DER is longer, bytes.
const MAX_DER: usize = 16 * 1024;

const BAD_KEY: Error = Error::Invalid("key");

fn bad<E>(_: E) -> Error {
    BAD_KEY
}

/// A public key.
#[derive(Clone, Debug)]
pub enum Public {
    /// RSA, of any use.
    Rsa(RsaPublicKey),
    /// A point of P-256.
    P256(p256::PublicKey),
    /// A point of P-384.
    P384(p384::PublicKey),
    /// A point of P-521.
    P521(p521::PublicKey),
    /// Ed25519: 32 bytes, which may be no point of the curve: then nothing verifies.
    Ed25519([u8; 32]),
    /// X25519: any 32 bytes.
    X25519([u8; 32]),
}

/// A private key, which contains its public one.
#[derive(Clone, Debug)]
pub enum Private {
    /// RSA, with its two primes.
    Rsa(Box<RsaPrivateKey>),
    /// A scalar of P-256.
    P256(p256::SecretKey),
    /// A scalar of P-384.
    P384(p384::SecretKey),
    /// A scalar of P-521.
    P521(p521::SecretKey),
    /// Ed25519: the seed.
    Ed25519([u8; 32]),
    /// X25519: any 32 bytes.
    X25519([u8; 32]),
}

/// The parts of a key under the names that a JSON Web Key gives them (RFC 7518, RFC 8037), as
/// big-endian bytes.
pub type Parts = Vec<(&'static str, Vec<u8>)>;

/// Evaluates `$body` with `$key` as the key of an elliptic curve of NIST; `$other` for the rest.
macro_rules! with_curve {
    ($all:ident, $value:expr, $key:ident => $body:expr, $other:expr) => {
        match $value {
            $all::P256($key) => {
                #[allow(unused_imports)]
                use p256 as curve;
                $body
            }
            $all::P384($key) => {
                #[allow(unused_imports)]
                use p384 as curve;
                $body
            }
            $all::P521($key) => {
                #[allow(unused_imports)]
                use p521 as curve;
                $body
            }
            _ => $other,
        }
    };
}
pub(crate) use with_curve;

/// Splits the first DER item off: the item, and what follows.
fn first_item(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let (&size, rest) = bytes
        .get(1..)
        .and_then(<[u8]>::split_first)
        .ok_or(BAD_KEY)?;
    let (head, size) = match size {
        0..=0x7f => (2, usize::from(size)),
        0x81..=0x84 => {
            let count = usize::from(size & 0x7f);
            let digits = rest.get(..count).ok_or(BAD_KEY)?;
            let size = digits.iter().fold(0, |n, &b| n << 8 | usize::from(b));
            (2 + count, size)
        }
        _ => return Err(BAD_KEY),
    };
    bytes.split_at_checked(head + size).ok_or(BAD_KEY)
}

fn read_whole<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Result<T>) -> Result<T> {
    let (item, rest) = first_item(bytes)?;
    if item.len() > MAX_DER {
        return Err(BAD_KEY);
    }
    let key = read(item)?;
    if rest.is_empty() {
        Ok(key)
    } else {
        Err(Error::Trailing(rest.len()))
    }
}

fn number(bytes: &[u8]) -> BoxedUint {
    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
    BoxedUint::from_be_slice_vartime(&bytes[zeros..])
}

fn digits(number: &BoxedUint) -> Vec<u8> {
    number.to_be_bytes_trimmed_vartime().into_vec()
}

fn array(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(bad)
}

fn part<'a>(parts: &[(&str, &'a [u8])], name: &str) -> Result<&'a [u8]> {
    let found = parts.iter().find(|(known, _)| *known == name);
    found.map(|(_, bytes)| *bytes).ok_or(BAD_KEY)
}

/// The coordinates as an uncompressed point, each padded to the size of the field.
fn point(parts: &[(&str, &[u8])], size: usize) -> Result<Vec<u8>> {
    let mut out = vec![4];
    out.extend(padded(part(parts, "x")?, size)?);
    out.extend(padded(part(parts, "y")?, size)?);
    Ok(out)
}

fn padded(bytes: &[u8], size: usize) -> Result<Vec<u8>> {
    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
    let digits = &bytes[zeros..];
    let pad = size.checked_sub(digits.len()).ok_or(BAD_KEY)?;
    Ok([vec![0; pad], digits.to_vec()].concat())
}

fn rsa_public(n: &[u8], e: &[u8]) -> Result<RsaPublicKey> {
    let n = number(n);
    if n.bits_precision() as usize > MAX_RSA_BITS {
        let message = format!("RSA keys have at most {MAX_RSA_BITS} bits here");
        return Err(Error::Limit(message));
    }
    RsaPublicKey::new_with_size_limits(n, number(e), 256..=MAX_RSA_BITS).map_err(bad)
}

fn rsa_private(parts: &[(&str, &[u8])]) -> Result<Private> {
    let get = |name| part(parts, name);
    let (n, e, d) = (get("n")?, get("e")?, get("d")?);
    // before any arithmetic with numbers of any length
    rsa_public(n, e)?;
    let primes: Vec<_> = ["p", "q"].iter().flat_map(|name| get(name)).collect();
    if [d]
        .iter()
        .chain(&primes)
        .any(|p| p.len() > MAX_RSA_BITS / 8 + 1)
    {
        return Err(BAD_KEY);
    }
    let primes = primes.into_iter().map(number).collect();
    let key = RsaPrivateKey::from_components(number(n), number(e), number(d), primes);
    Ok(Private::Rsa(Box::new(key.map_err(bad)?)))
}

fn rsa_private_der(der: &[u8]) -> Result<Private> {
    let key = pkcs1::RsaPrivateKey::<UintRef<'_>>::from_der(der).map_err(bad)?;
    rsa_private(&[
        ("n", key.modulus.as_bytes()),
        ("e", key.public_exponent.as_bytes()),
        ("d", key.private_exponent.as_bytes()),
        ("p", key.prime1.as_bytes()),
        ("q", key.prime2.as_bytes()),
    ])
}

impl Public {
    /// Reads a SubjectPublicKeyInfo.
    pub fn from_spki(der: &[u8]) -> Result<Self> {
        read_whole(der, |der| {
            let info = SubjectPublicKeyInfoRef::from_der(der).map_err(bad)?;
            let bytes = info.subject_public_key.as_bytes().ok_or(BAD_KEY)?;
            match info.algorithm.oid {
                RSA => Self::from_pkcs1(bytes),
                EC => Self::from_point(info.algorithm.parameters_oid().map_err(bad)?, bytes),
                ED25519 => Ok(Self::Ed25519(array(bytes)?)),
                X25519 => Ok(Self::X25519(array(bytes)?)),
                _ => Err(BAD_KEY),
            }
        })
    }

    /// Reads an RSAPublicKey (PKCS #1).
    pub fn from_pkcs1(der: &[u8]) -> Result<Self> {
        let key = pkcs1::RsaPublicKey::<UintRef<'_>>::from_der(der).map_err(bad)?;
        let (n, e) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
        Ok(Self::Rsa(rsa_public(n, e)?))
    }

    fn from_point(curve: ObjectIdentifier, bytes: &[u8]) -> Result<Self> {
        Ok(match curve {
            P256 => Self::P256(p256::PublicKey::from_sec1_bytes(bytes).map_err(bad)?),
            P384 => Self::P384(p384::PublicKey::from_sec1_bytes(bytes).map_err(bad)?),
            P521 => Self::P521(p521::PublicKey::from_sec1_bytes(bytes).map_err(bad)?),
            _ => return Err(BAD_KEY),
        })
    }

    /// Reads a point (compressed or not) or 32 bytes. `kind` is "P-256", "ed25519" and so on.
    pub fn from_raw(kind: &str, bytes: &[u8]) -> Result<Self> {
        match kind {
            "P-256" => Self::from_point(P256, bytes),
            "P-384" => Self::from_point(P384, bytes),
            "P-521" => Self::from_point(P521, bytes),
            "ed25519" => Ok(Self::Ed25519(array(bytes)?)),
            "x25519" => Ok(Self::X25519(array(bytes)?)),
            _ => Err(BAD_KEY),
        }
    }

    /// Reads `parts`; `kind` as for [`Public::from_raw`], or "rsa".
    pub fn from_parts(kind: &str, parts: &[(&str, &[u8])]) -> Result<Self> {
        match kind {
            "rsa" => Ok(Self::Rsa(rsa_public(part(parts, "n")?, part(parts, "e")?)?)),
            "P-256" => Self::from_point(P256, &point(parts, 32)?),
            "P-384" => Self::from_point(P384, &point(parts, 48)?),
            "P-521" => Self::from_point(P521, &point(parts, 66)?),
            _ => Self::from_raw(kind, part(parts, "x")?),
        }
    }

    /// "rsa", "P-256", "P-384", "P-521", "ed25519" or "x25519".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa",
            Self::P256(_) => "P-256",
            Self::P384(_) => "P-384",
            Self::P521(_) => "P-521",
            Self::Ed25519(_) => "ed25519",
            Self::X25519(_) => "x25519",
        }
    }

    /// As a SubjectPublicKeyInfo; points uncompressed.
    pub fn to_spki(&self) -> Result<Vec<u8>> {
        let raw = |oid, bytes: &[u8; 32]| {
            let algorithm = AlgorithmIdentifierRef {
                oid,
                parameters: None,
            };
            let subject_public_key = BitStringRef::new(0, bytes).map_err(bad)?;
            let info = SubjectPublicKeyInfoRef {
                algorithm,
                subject_public_key,
            };
            info.to_der().map_err(bad)
        };
        match self {
            Self::Rsa(key) => Ok(key.to_public_key_der().map_err(bad)?.into_vec()),
            Self::Ed25519(bytes) => raw(ED25519, bytes),
            Self::X25519(bytes) => raw(X25519, bytes),
            _ => {
                with_curve!(Self, self, key => Ok(key.to_public_key_der().map_err(bad)?.into_vec()), Err(BAD_KEY))
            }
        }
    }

    /// As an RSAPublicKey (PKCS #1); an error for other keys.
    pub fn to_pkcs1(&self) -> Result<Vec<u8>> {
        let Self::Rsa(key) = self else {
            return Err(BAD_KEY);
        };
        let (n, e) = (key.n_bytes(), key.e_bytes());
        let key = pkcs1::RsaPublicKey {
            modulus: UintRef::new(&n).map_err(bad)?,
            public_exponent: UintRef::new(&e).map_err(bad)?,
        };
        key.to_der().map_err(bad)
    }

    /// The point, uncompressed, or the 32 bytes; an error for RSA.
    pub fn to_raw(&self) -> Result<Vec<u8>> {
        match self {
            Self::Ed25519(bytes) | Self::X25519(bytes) => Ok(bytes.to_vec()),
            _ => {
                with_curve!(Self, self, key => Ok(key.to_sec1_point(false).as_bytes().to_vec()), Err(BAD_KEY))
            }
        }
    }

    /// The parts.
    pub fn parts(&self) -> Parts {
        match self {
            Self::Rsa(key) => {
                vec![
                    ("n", key.n_bytes().into_vec()),
                    ("e", key.e_bytes().into_vec()),
                ]
            }
            Self::Ed25519(bytes) | Self::X25519(bytes) => vec![("x", bytes.to_vec())],
            _ => with_curve!(Self, self, key => {
                let point = key.to_sec1_point(false);
                let (x, y) = point.as_bytes()[1..].split_at(point.as_bytes().len() / 2);
                vec![("x", x.to_vec()), ("y", y.to_vec())]
            }, Vec::new()),
        }
    }
}

impl Private {
    /// Reads a PrivateKeyInfo (PKCS #8), or what came before it: RSAPrivateKey (PKCS #1) and
    /// ECPrivateKey (SEC 1).
    pub fn from_der(der: &[u8]) -> Result<Self> {
        read_whole(der, |der| {
            Self::from_pkcs8(der)
                .or_else(|_| rsa_private_der(der))
                .or_else(|_| Self::from_sec1(None, der))
        })
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(bad)?;
        let bytes = info.private_key.as_bytes();
        let inner = || array(<&OctetStringRef>::from_der(bytes).map_err(bad)?.as_bytes());
        match info.algorithm.oid {
            RSA => rsa_private_der(bytes),
            EC => Self::from_sec1(Some(info.algorithm.parameters_oid().map_err(bad)?), bytes),
            ED25519 => Ok(Self::Ed25519(inner()?)),
            X25519 => Ok(Self::X25519(inner()?)),
            _ => Err(BAD_KEY),
        }
    }

    fn from_sec1(curve: Option<ObjectIdentifier>, der: &[u8]) -> Result<Self> {
        let key = sec1::EcPrivateKey::from_der(der).map_err(bad)?;
        let named = key
            .parameters
            .and_then(|parameters| parameters.named_curve());
        let curve = curve.or(named).ok_or(BAD_KEY)?;
        let private = Self::from_scalar(curve, key.private_key)?;
        match key.public_key {
            Some(point)
                if Public::from_point(curve, point)?.to_raw()? != private.public().to_raw()? =>
            {
                Err(BAD_KEY)
            }
            _ => Ok(private),
        }
    }

    fn from_scalar(curve: ObjectIdentifier, bytes: &[u8]) -> Result<Self> {
        Ok(match curve {
            P256 => Self::P256(p256::SecretKey::from_slice(&padded(bytes, 32)?).map_err(bad)?),
            P384 => Self::P384(p384::SecretKey::from_slice(&padded(bytes, 48)?).map_err(bad)?),
            P521 => Self::P521(p521::SecretKey::from_slice(&padded(bytes, 66)?).map_err(bad)?),
            _ => return Err(BAD_KEY),
        })
    }

    /// Reads `parts`; `kind` as for [`Public::from_parts`]. Of an elliptic curve's key, the public
    /// parts must belong to the private one if they are there; of RSA's, the primes may be missing.
    pub fn from_parts(kind: &str, parts: &[(&str, &[u8])]) -> Result<Self> {
        let d = part(parts, "d")?;
        let curve = match kind {
            "rsa" => return rsa_private(parts),
            "ed25519" => return Ok(Self::Ed25519(array(d)?)),
            "x25519" => return Ok(Self::X25519(array(d)?)),
            "P-256" => P256,
            "P-384" => P384,
            "P-521" => P521,
            _ => return Err(BAD_KEY),
        };
        let key = Self::from_scalar(curve, d)?;
        let is_alone = parts.len() == 1;
        if is_alone || Public::from_parts(kind, parts)?.to_raw()? == key.public().to_raw()? {
            Ok(key)
        } else {
            Err(BAD_KEY)
        }
    }

    /// A new key of an elliptic curve; `kind` as for [`Public::from_raw`].
    pub fn generate(kind: &str) -> Result<Self> {
        let curve = match kind {
            "ed25519" => return Ok(Self::Ed25519(super::random()?)),
            "x25519" => return Ok(Self::X25519(super::random()?)),
            "P-256" => P256,
            "P-384" => P384,
            "P-521" => P521,
            _ => return Err(BAD_KEY),
        };
        loop {
            let mut bytes: [u8; 66] = super::random()?;
            // 521 bits are 65 bytes and one bit
            bytes[0] &= 1;
            let size = match curve {
                P256 => 32,
                P384 => 48,
                _ => 66,
            };
            // fails for a number beyond the curve's order, which is rare but for P-521, where
            // it is one in two
            if let Ok(key) = Self::from_scalar(curve, &bytes[..size]) {
                return Ok(key);
            }
        }
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> Public {
        match self {
            Self::Rsa(key) => Public::Rsa(key.to_public_key()),
            Self::P256(key) => Public::P256(key.public_key()),
            Self::P384(key) => Public::P384(key.public_key()),
            Self::P521(key) => Public::P521(key.public_key()),
            Self::Ed25519(seed) => {
                let key = ed25519_dalek::SigningKey::from_bytes(seed);
                Public::Ed25519(key.verifying_key().to_bytes())
            }
            Self::X25519(secret) => {
                let secret = StaticSecret::from(*secret);
                Public::X25519(x25519_dalek::PublicKey::from(&secret).to_bytes())
            }
        }
    }

    /// As a PrivateKeyInfo (PKCS #8, version 1).
    pub fn to_pkcs8(&self) -> Result<Vec<u8>> {
        let raw = |oid, bytes: &[u8; 32]| {
            let inner = OctetStringRef::new(bytes)
                .map_err(bad)?
                .to_der()
                .map_err(bad)?;
            let algorithm = AlgorithmIdentifierRef {
                oid,
                parameters: None,
            };
            let private_key = OctetStringRef::new(&inner).map_err(bad)?;
            PrivateKeyInfoRef::new(algorithm, private_key)
                .to_der()
                .map_err(bad)
        };
        match self {
            Self::Rsa(key) => Ok(key.to_pkcs8_der().map_err(bad)?.as_bytes().to_vec()),
            Self::Ed25519(bytes) => raw(ED25519, bytes),
            Self::X25519(bytes) => raw(X25519, bytes),
            _ => {
                with_curve!(Self, self, key => Ok(key.to_pkcs8_der().map_err(bad)?.as_bytes().to_vec()), Err(BAD_KEY))
            }
        }
    }

    /// As RSAPrivateKey (PKCS #1) or ECPrivateKey (SEC 1); an error for other keys.
    pub fn to_traditional(&self) -> Result<Vec<u8>> {
        match self {
            Self::Rsa(_) => {
                let pkcs8 = self.to_pkcs8()?;
                let info = PrivateKeyInfoRef::from_der(&pkcs8).map_err(bad)?;
                Ok(info.private_key.as_bytes().to_vec())
            }
            _ => {
                with_curve!(Self, self, key => Ok(key.to_sec1_der().map_err(bad)?.to_vec()), Err(BAD_KEY))
            }
        }
    }

    /// The parts, the public ones first.
    pub fn parts(&self) -> Parts {
        let mut parts = self.public().parts();
        match self {
            Self::Rsa(key) => {
                parts.push(("d", digits(key.d())));
                for (name, prime) in ["p", "q"].into_iter().zip(key.primes()) {
                    parts.push((name, digits(prime)));
                }
                let crt = [
                    ("dp", key.dp().cloned()),
                    ("dq", key.dq().cloned()),
                    ("qi", key.crt_coefficient()),
                ];
                parts.extend(
                    crt.into_iter()
                        .filter_map(|(name, n)| Some((name, digits(&n?)))),
                );
            }
            Self::Ed25519(bytes) | Self::X25519(bytes) => parts.push(("d", bytes.to_vec())),
            _ => with_curve!(Self, self, key => parts.push(("d", key.to_bytes().to_vec())), ()),
        }
        parts
    }
}
