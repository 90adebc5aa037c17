//! A credential under its own data key, and that under the master key: XChaCha20-Poly1305 twice.
//!
//! Each box is a random nonce of 24 bytes, the ciphertext, and a tag of 16 bytes. What it is bound to is authenticated with it.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use laravel_ai_core::{Error, ErrorKind, Fingerprint, Result, Secret};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account::AccountName;
use super::error::VaultError;
use super::master_key::MasterKeys;

const NONCE: usize = 24;

pub(super) struct Envelope {
    pub(super) master_key: Fingerprint,
    pub(super) wrapped_key: Vec<u8>,
    pub(super) credentials: Vec<u8>,
}

/// Where an envelope belongs: it opens nowhere else.
pub(super) struct Place<'a> {
    pub(super) id: Uuid,
    pub(super) name: &'a AccountName,
    pub(super) version: i64,
}

impl Envelope {
    /// Seals under a new data key.
    pub(super) fn seal(keys: &MasterKeys, place: &Place<'_>, secret: &Secret) -> Result<Self> {
        let mut data_key = Zeroizing::new([0; 32]);
        random(&mut *data_key)?;
        let master = keys.sealing();
        Ok(Self {
            master_key: master.id,
            wrapped_key: seal(&master.bytes, &*data_key, &place.bytes(b"key"))?,
            credentials: seal(&data_key, secret.expose().as_bytes(), &place.bytes(b"credential"))?,
        })
    }

    pub(super) fn open(&self, keys: &MasterKeys, place: &Place<'_>) -> Result<Secret, VaultError> {
        let master = keys.find(self.master_key).ok_or(VaultError::MasterKeyMissing(self.master_key))?;
        let data_key = open(&*master.bytes, &self.wrapped_key, &place.bytes(b"key"))?;
        let text = open(&data_key, &self.credentials, &place.bytes(b"credential"))?;
        let text = std::str::from_utf8(&text).map_err(|_| VaultError::Tampered)?;
        Ok(Secret::new(text))
    }
}

impl Place<'_> {
    /// Each part after its length, so that no two places have the same bytes.
    fn bytes(&self, of: &[u8]) -> Vec<u8> {
        let mut bytes = b"laravel-ai vault 1".to_vec();
        let tenant = self.name.tenant.as_deref().unwrap_or_default();
        let parts = [
            of,
            tenant.as_bytes(),
            self.name.provider.as_bytes(),
            self.name.name.as_bytes(),
            self.id.as_bytes(),
            &self.version.to_be_bytes(),
        ];
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }
}

fn seal(key: &[u8; 32], plain: &[u8], place: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    random(&mut nonce)?;
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place })
        .map_err(|_| Error::new(ErrorKind::InvalidRequest, "the credential is too long to be sealed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &[u8], sealed: &[u8], place: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let tampered = || VaultError::Tampered;
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(tampered)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| tampered())?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|_| tampered())?;
    let plain = cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: place });
    plain.map(Zeroizing::new).map_err(|_| tampered())
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|_| Error::new(ErrorKind::Configuration, "the system gives no random bytes for a key"))
}
