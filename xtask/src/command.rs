//! Child processes: printed before they run, an error when they fail.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process;

use anyhow::{Context as _, Result, bail};

/// A child process, started in the repository's root.
pub(crate) struct Command {
    inner: process::Command,
    shown: String,
}

impl Command {
    pub(crate) fn new(program: impl AsRef<OsStr>, root: &Path) -> Self {
        let mut inner = process::Command::new(program.as_ref());
        inner.current_dir(root);
        let shown = Path::new(program.as_ref()).file_name().unwrap_or(program.as_ref());
        Self { inner, shown: shown.to_string_lossy().into_owned() }
    }

    /// The cargo that started us, so that `cargo +toolchain xtask` stays on that toolchain.
    pub(crate) fn cargo(root: &Path) -> Self {
        let mut command = Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), root);
        for (name, _) in std::env::vars_os() {
            // `cargo run` describes the package xtask in these; build scripts of others must not see them,
            // since cargo would take the change for a reason to build again.
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
            {
                command.inner.env_remove(name);
            }
        }
        command
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        for arg in args {
            self.shown.push(' ');
            self.shown.push_str(&arg.as_ref().to_string_lossy());
            self.inner.arg(arg);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.shown.insert_str(0, &format!("{name}={} ", value.as_ref().to_string_lossy()));
        self.inner.env(name, value);
        self
    }

    /// As `env`, but left out of what is printed.
    pub(crate) fn quiet_env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Runs it with our own standard output and error.
    pub(crate) fn run(mut self) -> Result<()> {
        println!("$ {}", self.shown);
        let status = self.inner.status().with_context(|| format!("could not start `{}`", self.shown))?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.shown);
        }
        Ok(())
    }

    /// Runs it unprinted and gives back what it wrote to standard output.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self.inner.output().with_context(|| format!("could not start `{}`", self.shown))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` failed ({}): {}", self.shown, output.status, stderr.trim());
        }
        String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` wrote something other than text", self.shown))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Command").field(&self.shown).finish()
    }
}
