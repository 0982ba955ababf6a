//! Cryptography: joins the wire to `platform::crypto`. What fails because of its input answers
//! null, and the runtime's JavaScript knows what to say; a limit is thrown here.

use super::{Done, Failed};
use crate::{
    object::message::CallError,
    platform::crypto::{
        Error, Result, aes, agree, derive,
        hash::Hash,
        key::{Private, Public},
        rsa::{self, Padding},
        sign::{self, Scheme},
    },
    sandbox::wire::{Malformed, Reader, Value, Writer},
};

/// The largest piece of randomness at once, bytes.
const MAX_RANDOM: u64 = 1 << 20;

/// Answers `crypto.<verb>`.
pub(super) fn crypto_call(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    match verb {
        "random" => {
            let mut bytes = vec![0; args.index()?.min(MAX_RANDOM) as usize];
            getrandom::fill(&mut bytes).map_err(|e| CallError::new(e.to_string()))?;
            answer.bytes(&bytes);
            Ok(())
        }
        "digest" | "update" | "finish" | "hmac" => {
            let (hash, bytes) = (hash(args)?, args.bytes()?);
            let result = match verb {
                "digest" => Ok(hash.digest(bytes)),
                "update" => hash.update(bytes, args.bytes()?),
                "finish" => hash.finish(bytes, args.bytes()?),
                _ => hash.hmac(bytes, args.bytes()?),
            };
            put(answer, result)
        }
        "gcm" | "gcmStream" | "gcmTag" | "ctr" | "cbc" | "ecb" | "wrap" | "unwrap" => {
            put(answer, aes_call(verb, args)?)
        }
        "pbkdf2" | "hkdf" | "scrypt" => put(answer, derive_call(verb, args)?),
        "sign" => {
            let (key, scheme) = (args.bytes()?, scheme(args)?);
            let key = Private::from_der(key);
            put(
                answer,
                key.and_then(|key| sign::sign(&key, scheme, args.bytes().unwrap_or_default())),
            )
        }
        "verify" => {
            let (key, scheme) = (args.bytes()?, scheme(args)?);
            let (signature, data) = (args.bytes()?, args.bytes()?);
            let valid = Public::from_spki(key)
                .and_then(|key| sign::verify(&key, scheme, signature, data))
                .map_err(thrown)?;
            answer.bool(valid);
            Ok(())
        }
        "encrypt" | "decrypt" => put(answer, cipher_call(verb, args)?),
        "agree" => {
            let (private, public) = (args.bytes()?, args.bytes()?);
            let secret = Private::from_der(private)
                .and_then(|private| agree::shared_secret(&private, &Public::from_spki(public)?));
            put(answer, secret)
        }
        _ => key_call(verb, args, answer),
    }
}

/// Writes bytes, or null where the input was wrong.
fn put(answer: &mut Writer, result: Result<Vec<u8>>) -> Done {
    match result {
        Ok(bytes) => answer.bytes(&bytes),
        Err(Error::Invalid(_) | Error::Trailing(_)) => answer.null(),
        Err(error) => return Err(thrown(error)),
    };
    Ok(())
}

fn thrown(error: Error) -> Failed {
    Failed::Throw(CallError::of("OperationError", error.to_string()))
}

fn hash(args: &mut Reader<'_>) -> std::result::Result<Hash, Failed> {
    let name = args.lossy()?;
    Hash::by_name(&name).ok_or_else(|| {
        let message = format!("Unrecognized or unimplemented digest algorithm requested: {name}");
        CallError::of("NotSupportedError", message).into()
    })
}

fn size(args: &mut Reader<'_>) -> std::result::Result<usize, Malformed> {
    Ok(usize::try_from(args.index()?).unwrap_or(usize::MAX))
}

fn flag(args: &mut Reader<'_>) -> std::result::Result<bool, Malformed> {
    Ok(args.value()? == Value::Bool(true))
}

fn small(args: &mut Reader<'_>) -> std::result::Result<u32, Malformed> {
    Ok(u32::try_from(args.index()?).unwrap_or(u32::MAX))
}

fn aes_call(verb: &str, args: &mut Reader<'_>) -> std::result::Result<Result<Vec<u8>>, Failed> {
    Ok(match verb {
        "gcm" => {
            let (encrypt, key, iv, aad) =
                (flag(args)?, args.bytes()?, args.bytes()?, args.bytes()?);
            let (tag_size, data) = (size(args)?, args.bytes()?);
            let run = if encrypt {
                aes::gcm_encrypt
            } else {
                aes::gcm_decrypt
            };
            run(key, iv, aad, tag_size, data)
        }
        "gcmStream" => {
            let (key, iv, position) = (args.bytes()?, args.bytes()?, args.index()?);
            aes::gcm_stream(key, iv, position, args.bytes()?)
        }
        "gcmTag" => {
            let (key, iv, aad) = (args.bytes()?, args.bytes()?, args.bytes()?);
            aes::gcm_tag(key, iv, aad, args.bytes()?).map(|tag| tag.to_vec())
        }
        "ctr" => {
            let (key, counter, bits) = (args.bytes()?, args.bytes()?, small(args)?);
            aes::ctr(key, counter, bits, args.bytes()?)
        }
        "cbc" => {
            let (encrypt, key, iv, padding) =
                (flag(args)?, args.bytes()?, args.bytes()?, flag(args)?);
            let run = if encrypt {
                aes::cbc_encrypt
            } else {
                aes::cbc_decrypt
            };
            run(key, iv, padding, args.bytes()?)
        }
        "ecb" => {
            let (encrypt, key) = (flag(args)?, args.bytes()?);
            aes::ecb(key, encrypt, args.bytes()?)
        }
        "wrap" => aes::wrap(args.bytes()?, args.bytes()?),
        _ => aes::unwrap(args.bytes()?, args.bytes()?),
    })
}

fn derive_call(verb: &str, args: &mut Reader<'_>) -> std::result::Result<Result<Vec<u8>>, Failed> {
    Ok(match verb {
        "pbkdf2" => {
            let (hash, password, salt) = (hash(args)?, args.bytes()?, args.bytes()?);
            derive::pbkdf2(hash, password, salt, small(args)?, size(args)?)
        }
        "hkdf" => {
            let (hash, key, salt, info) =
                (hash(args)?, args.bytes()?, args.bytes()?, args.bytes()?);
            derive::hkdf(hash, key, salt, info, size(args)?)
        }
        _ => {
            let (password, salt) = (args.bytes()?, args.bytes()?);
            let log_n = u8::try_from(args.index()?).unwrap_or(u8::MAX);
            derive::scrypt(
                password,
                salt,
                (log_n, small(args)?, small(args)?),
                size(args)?,
            )
        }
    })
}

/// Name, hash and length of the salt.
fn scheme(args: &mut Reader<'_>) -> std::result::Result<Scheme, Failed> {
    let name = args.lossy()?;
    if name == "ed25519" {
        args.value()?;
        args.value()?;
        return Ok(Scheme::Ed25519);
    }
    let hash = hash(args)?;
    let salt = match args.value()? {
        Value::Number(n) if n >= 0.0 => Some(n as usize),
        _ => None,
    };
    match name.as_str() {
        "pkcs1" => Ok(Scheme::Pkcs1(hash)),
        "pss" => Ok(Scheme::Pss { hash, salt }),
        "ecdsa" => Ok(Scheme::Ecdsa(hash)),
        "ecdsaDer" => Ok(Scheme::EcdsaDer(hash)),
        _ => Err(CallError::new(format!("unknown signature scheme {name}")).into()),
    }
}

fn cipher_call(verb: &str, args: &mut Reader<'_>) -> std::result::Result<Result<Vec<u8>>, Failed> {
    let (key, name) = (args.bytes()?, args.lossy()?);
    let padding = if name == "oaep" {
        Padding::Oaep {
            hash: hash(args)?,
            label: args.bytes()?,
        }
    } else {
        Padding::Pkcs1
    };
    let data = args.bytes()?;
    Ok(if verb == "encrypt" {
        Public::from_spki(key).and_then(|key| rsa::encrypt(&key, padding, data))
    } else {
        Private::from_der(key).and_then(|key| rsa::decrypt(&key, padding, data))
    })
}

/// Making, reading and writing of asymmetric keys.
fn key_call(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    match verb {
        "generate" => {
            let kind = args.lossy()?;
            let key = match kind.as_str() {
                "rsa" => rsa::generate(size(args)?, small(args)?),
                _ => Private::generate(&kind),
            };
            put_key(answer, key.map(Key::Private))
        }
        "key.private" => put_key(answer, Private::from_der(args.bytes()?).map(Key::Private)),
        "key.spki" => put_key(answer, Public::from_spki(args.bytes()?).map(Key::Public)),
        "key.pkcs1" => put_key(answer, Public::from_pkcs1(args.bytes()?).map(Key::Public)),
        "key.raw" => {
            let (kind, bytes) = (args.lossy()?, args.bytes()?);
            put_key(answer, Public::from_raw(&kind, bytes).map(Key::Public))
        }
        "key.join" => {
            let (kind, given) = (args.lossy()?, args.value()?);
            let Value::Map(given) = given else {
                return Err(Malformed.into());
            };
            let parts: Vec<_> = given
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_bytes()?)))
                .collect();
            put_key(
                answer,
                if parts.iter().any(|(name, _)| *name == "d") {
                    Private::from_parts(&kind, &parts).map(Key::Private)
                } else {
                    Public::from_parts(&kind, &parts).map(Key::Public)
                },
            )
        }
        "key.public" => put_key(
            answer,
            Private::from_der(args.bytes()?).map(|key| Key::Public(key.public())),
        ),
        "key.write" => {
            let (form, der) = (args.lossy()?, args.bytes()?);
            put(
                answer,
                match form.as_str() {
                    "raw" => Public::from_spki(der).and_then(|key| key.to_raw()),
                    "pkcs1" => Public::from_spki(der).and_then(|key| key.to_pkcs1()),
                    _ => Private::from_der(der).and_then(|key| key.to_traditional()),
                },
            )
        }
        "key.parts" => {
            let (private, der) = (flag(args)?, args.bytes()?);
            let parts = if private {
                Private::from_der(der).map(|key| key.parts())
            } else {
                Public::from_spki(der).map(|key| key.parts())
            };
            let parts = parts.map_err(thrown)?;
            answer.map(parts.len());
            for (name, bytes) in &parts {
                answer.key(name).bytes(bytes);
            }
            Ok(())
        }
        _ => Err(CallError::new(format!("unknown host call crypto.{verb}")).into()),
    }
}

enum Key {
    Private(Private),
    Public(Public),
}

/// Writes kind, DER, and for RSA the public parts; the public key's DER beside a private one.
/// For a key that cannot be read: null, or how many bytes follow it.
fn put_key(answer: &mut Writer, key: Result<Key>) -> Done {
    let key = match key {
        Ok(key) => key,
        Err(Error::Trailing(count)) => {
            answer.int(count as i64);
            return Ok(());
        }
        Err(Error::Invalid(_)) => {
            answer.null();
            return Ok(());
        }
        Err(error) => return Err(thrown(error)),
    };
    let (public, private) = match key {
        Key::Private(key) => (key.public(), Some(key.to_pkcs8().map_err(thrown)?)),
        Key::Public(key) => (key, None),
    };
    answer.map(4);
    answer.key("kind").text(public.kind());
    answer
        .key("public")
        .bytes(&public.to_spki().map_err(thrown)?);
    match private {
        Some(der) => answer.key("private").bytes(&der),
        None => answer.key("private").undefined(),
    };
    let parts = match public {
        Public::Rsa(_) => public.parts(),
        _ => Vec::new(),
    };
    answer.key("parts").map(parts.len());
    for (name, bytes) in &parts {
        answer.key(name).bytes(bytes);
    }
    Ok(())
}
