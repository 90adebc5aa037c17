//! The environment, handed in.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::tree::Reference;

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// The variables that configuration may refer to. This crate never reads the process's own environment: the
/// application says what it is.
///
/// ```
/// use ai_config::Environment;
///
/// let environment = Environment::of([("OPENAI_API_KEY", "sk-test")]);
/// let of_the_process = Environment::new(|name| std::env::var_os(name));
/// # let _ = (environment, of_the_process);
/// ```
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

/// What a variable holds.
pub(crate) enum Variable {
    Missing,
    Blank,
    NotUnicode,
    Text(String),
}

impl Environment {
    /// An environment that looks variables up, at the moment when they are needed.
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// An environment of these variables.
    pub fn of<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables: HashMap<String, OsString> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::new(move |name| variables.get(name).cloned())
    }

    /// An environment without variables.
    pub fn empty() -> Self {
        Self::new(|_| None)
    }

    pub(crate) fn variable(&self, name: &str) -> Variable {
        // The standard library panics or fails on such names, depending on the system.
        if name.is_empty() || name.contains(['=', '\0']) {
            return Variable::Missing;
        }
        match (self.0)(name).map(OsString::into_string) {
            None => Variable::Missing,
            Some(Err(_)) => Variable::NotUnicode,
            Some(Ok(text)) if text.trim().is_empty() => Variable::Blank,
            Some(Ok(text)) => Variable::Text(text),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment(..)")
    }
}

/// Whether a text can be the name of a variable. What can't is perhaps the key itself, put where its variable's name belongs,
/// and is not shown.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Resolves references: variables from the environment, files from the folder of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    pub(crate) environment: Environment,
    pub(crate) folder: PathBuf,
}

/// No key is that long, and a device would never end.
const FILE_LIMIT: u64 = 64 * 1024;

impl Resolver {
    /// The text that a reference stands for, or what is wrong with it.
    pub(crate) fn resolve(&self, reference: Reference<'_>) -> Result<String, String> {
        match reference {
            Reference::Variable(name) if !is_name(name) => Err(
                "what `env` names can't be a variable: write the variable's name there, not what it holds"
                    .into(),
            ),
            Reference::Variable(name) => match self.environment.variable(name) {
                Variable::Text(text) => Ok(text),
                Variable::Missing => Err(format!("the environment variable `{name}` is not set")),
                Variable::Blank => Err(format!("the environment variable `{name}` is empty")),
                Variable::NotUnicode => Err(format!("the environment variable `{name}` is not Unicode text")),
            },
            Reference::File(path) => self.file(Path::new(path)),
        }
    }

    fn file(&self, path: &Path) -> Result<String, String> {
        use std::io::Read as _;

        let shown = path.display();
        let unreadable = |e: std::io::Error| format!("the file `{shown}` can't be read: {}", e.kind());
        let mut text = String::new();
        std::fs::File::open(self.folder.join(path))
            .and_then(|file| file.take(FILE_LIMIT + 1).read_to_string(&mut text))
            .map_err(unreadable)?;
        if text.len() as u64 > FILE_LIMIT {
            return Err(format!("the file `{shown}` is larger than {FILE_LIMIT} bytes"));
        }
        // Every editor ends a file with a line break, and some begin it with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.contains(['\n', '\r']) {
            return Err(format!("the file `{shown}` has more than one line"));
        }
        if text.trim().is_empty() {
            return Err(format!("the file `{shown}` is empty"));
        }
        Ok(text.to_owned())
    }
}
