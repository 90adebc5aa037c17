//! The keys of all keys.

use std::path::Path;

use laravel_ai_core::{Error, ErrorKind, Fingerprint, Result, Secret};
use zeroize::Zeroizing;

/// The master keys of a vault: the one that seals, and older ones that still open what they sealed.
///
/// As text one key a line, the one that seals first; each is 32 random bytes as 64 hexadecimal digits, such as
/// `openssl rand -hex 32` prints. A key's id is its fingerprint, so no two keys share one. Memory is wiped on drop.
#[derive(Debug)]
pub struct MasterKeys {
    sealing: MasterKey,
    older: Vec<MasterKey>,
}

pub(super) struct MasterKey {
    pub(super) id: Fingerprint,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

impl MasterKeys {
    /// The keys of a text, which the application has from its environment.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) with the number of the line that is no key, never its text.
    pub fn parse(text: &Secret) -> Result<Self> {
        let lines = text.expose().lines().map(str::trim).enumerate();
        let mut keys = lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(index, line)| {
                MasterKey::parse(line).ok_or_else(|| {
                    let message = format!(
                        "line {} of the master keys is no key: write 64 hexadecimal digits, as `openssl rand -hex 32` \
                         prints",
                        index + 1
                    );
                    Error::new(ErrorKind::Configuration, message)
                })
            })
            .collect::<Result<Vec<_>>>()?
            .into_iter();
        let sealing = keys.next().ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "there is no master key: write 64 hexadecimal digits, as `openssl rand -hex 32` prints",
            )
        })?;
        Ok(Self { sealing, older: keys.collect() })
    }

    /// The keys of a file, which nobody but its owner may read.
    ///
    /// # Errors
    /// [`Configuration`](ErrorKind::Configuration) when it can't be read, when others may read it, and as of
    /// [`parse`](Self::parse).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        use std::io::Read as _;
        let path = path.as_ref();
        let wrong = |what: &str| {
            let message = format!("the file of the master keys, {}, {what}", path.display());
            Error::new(ErrorKind::Configuration, message)
        };
        let unread = |cause: std::io::Error| wrong(&format!("can't be read: {}", cause.kind()));
        let mut file = std::fs::File::open(path).map_err(unread)?;
        // Of the file that was opened: the name may mean another one by now.
        let about = file.metadata().map_err(unread)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = about.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(wrong(&format!("can be read by others (mode {mode:04o}): `chmod 600` it")));
            }
        }
        // With room for the whole, so that no copy is left behind by growing.
        let room = usize::try_from(about.len()).unwrap_or_default().saturating_add(1);
        let mut text = Zeroizing::new(String::with_capacity(room));
        file.read_to_string(&mut text).map_err(unread)?;
        Self::parse(&Secret::new(std::mem::take(&mut *text)))
    }

    /// The id of the key that seals.
    pub fn sealing_id(&self) -> Fingerprint {
        self.sealing.id
    }

    pub(super) fn sealing(&self) -> &MasterKey {
        &self.sealing
    }

    pub(super) fn find(&self, id: Fingerprint) -> Option<&MasterKey> {
        std::iter::once(&self.sealing).chain(&self.older).find(|key| key.id == id)
    }
}

impl MasterKey {
    fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = Zeroizing::new([0; 32]);
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        Some(Self { id: Secret::new(hex.to_ascii_lowercase()).fingerprint(), bytes })
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}
