//! The smallest program that makes one call, with each contender: how large it is, and how long it takes to build from nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::Name;

/// A program that was built.
pub(crate) struct Minimal {
    pub(crate) name: Name,
    /// The size of the file, without symbols.
    pub(crate) bytes: u64,
    /// From nothing, dependencies downloaded before.
    pub(crate) cold: Option<Cold>,
}

pub(crate) struct Cold {
    pub(crate) wall: Duration,
    pub(crate) crates: usize,
}

impl Minimal {
    pub(crate) fn size(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "no program has 2^52 bytes")]
        let mebibytes = self.bytes as f64 / f64::from(1 << 20);
        format!("{mebibytes:.1} MiB")
    }
}

/// Builds the programs of these contenders that there are.
pub(crate) fn build(contenders: &[Name], cold: bool) -> Result<Vec<Minimal>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = [Name::RAW, Name::OURS, Name::of("ours-default")];
    let peers = contenders.iter().filter(|name| root.join("peers").join(name.name()).exists());
    let mut programs = Vec::new();
    for name in own {
        programs.push(one(name, root, cold)?);
    }
    for name in peers {
        programs.push(one(*name, &root.join("peers").join(name.name()), cold)?);
    }
    Ok(programs)
}

/// Builds the package `minimal-<name>` of the workspace in this folder, in a target folder of its own.
fn one(name: Name, workspace: &Path, cold: bool) -> Result<Minimal> {
    let target: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/minimal").join(name.name());
    let package = format!("minimal-{name}");
    println!("building {package}");
    let cargo = || Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if cold {
        let fetched = cargo().current_dir(workspace).args(["fetch", "--locked", "--quiet"]).status()?;
        ensure!(fetched.success(), "the dependencies of {package} can't be downloaded");
        if target.exists() {
            std::fs::remove_dir_all(&target)?;
        }
    }
    let begun = Instant::now();
    let output = cargo()
        .current_dir(workspace)
        // One of the peers declares a newer Rust than it needs.
        .args(["build", "--release", "--locked", "--ignore-rust-version", "--package", &package])
        .args(["--config", "profile.release.strip=\"symbols\"", "--target-dir"])
        .arg(&target)
        .output()?;
    let wall = begun.elapsed();
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{package} can't be built: {told}");
    let file = target.join("release").join(format!("{package}{}", std::env::consts::EXE_SUFFIX));
    let bytes = file.metadata().with_context(|| format!("{package} was not built"))?.len();
    let crates = told.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
    Ok(Minimal { name, bytes, cold: cold.then_some(Cold { wall, crates }) })
}

pub(crate) fn print(programs: &[Minimal]) {
    for program in programs {
        let cold = program.cold.as_ref().map_or(String::new(), |cold| {
            format!(", built from nothing in {:.0} s, {} crates", cold.wall.as_secs_f64(), cold.crates)
        });
        println!("smallest program, {}: {}{cold}", program.name, program.size());
    }
}
