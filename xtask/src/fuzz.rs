//! `cargo xtask fuzz`: the targets in fuzz/, with libFuzzer on the stable toolchain.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};

use crate::command::Command;
use crate::workspace::Workspace;

const PACKAGE: &str = "fuzz";

/// What cargo-fuzz passes, less what needs a nightly compiler: coverage in counters, and the operands of comparisons.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Where the recordings are that a target begins with: folders below `crates`, and how their files end.
struct Target {
    name: &'static str,
    seeds: &'static [(&'static str, &'static str)],
    /// Its first two bytes say where to cut the rest.
    cut: bool,
}

const CHAT: &str = "provider-openai-compat/tests/fixtures";
const RESPONSES: &str = "provider-openai/tests/fixtures";
const XAI: &str = "provider-xai/tests/fixtures";
const GEMINI: &str = "provider-gemini/tests/fixtures";
const OLLAMA: &str = "provider-ollama/tests/fixtures";

const TARGETS: &[Target] = &[
    Target { name: "sse", seeds: &[(CHAT, ".sse"), (RESPONSES, ".sse")], cut: true },
    Target { name: "ndjson", seeds: &[(CHAT, ".json"), (OLLAMA, ".ndjson")], cut: true },
    Target { name: "chat_stream", seeds: &[(CHAT, ".sse"), (XAI, ".sse")], cut: true },
    Target { name: "responses_stream", seeds: &[(RESPONSES, ".sse"), (XAI, ".sse")], cut: true },
    Target { name: "chat_answer", seeds: &[(CHAT, ".json")], cut: false },
    Target { name: "responses_answer", seeds: &[(RESPONSES, ".json"), (XAI, ".json")], cut: false },
    Target { name: "gemini_stream", seeds: &[(GEMINI, ".sse")], cut: true },
    Target { name: "gemini_answer", seeds: &[(GEMINI, ".json")], cut: false },
    Target { name: "ollama_stream", seeds: &[(OLLAMA, ".ndjson")], cut: true },
    Target { name: "ollama_answer", seeds: &[(OLLAMA, ".json")], cut: false },
    Target { name: "error_body", seeds: &[(CHAT, ".json"), (RESPONSES, ".json")], cut: true },
    Target { name: "config", seeds: &[("../fuzz/seeds/config", ".toml")], cut: false },
    Target { name: "message", seeds: &[("../fuzz/seeds/message", ".json")], cut: false },
    Target { name: "schema", seeds: &[("../fuzz/seeds/schema", ".json")], cut: false },
];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The targets; all of them if none is named.
    targets: Vec<String>,
    /// How long each one runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Runs one input, such as a finding, and nothing else.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Prints the names of the targets.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if arguments.list {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        return Ok(());
    }
    let chosen = chosen(&arguments.targets)?;
    let package = workspace.root.join(PACKAGE);
    let target = package.join("target");
    let host = host(workspace)?;
    // With the host named, build scripts and macros are built without these flags.
    Command::cargo(&package)
        .env("RUSTFLAGS", FLAGS)
        .args(["build", "--release", "--target", &host, "--target-dir"])
        .args([&target])
        .run()?;
    let programs = target.join(&host).join("release");
    let findings = target.join("findings");
    fs::create_dir_all(&findings)?;
    let mut failed = Vec::new();
    for Target { name, seeds, cut } in chosen {
        let program = programs.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        if let Some(input) = &arguments.input {
            let input = input.canonicalize().with_context(|| format!("{}", input.display()))?;
            Command::new(program, &package).args([input]).run()?;
            continue;
        }
        let corpus = target.join("corpus").join(name);
        fs::create_dir_all(&corpus)?;
        let planted = plant(workspace, &target.join("seeds").join(name), seeds, *cut)?;
        let outcome = Command::new(program, &package)
            .args([&corpus, &planted])
            .args([format!("-max_total_time={}", arguments.seconds)])
            .args([
                "-print_final_stats=1",
                "-verbosity=0",
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-max_len=65536",
            ])
            .args([format!("-artifact_prefix={}{}", findings.join(name).display(), "-")])
            .run();
        if let Err(error) = outcome {
            eprintln!("{error:#}");
            failed.push(*name);
        }
    }
    ensure!(failed.is_empty(), "findings of {} are in {}", failed.join(", "), findings.display());
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Target>> {
    if names.is_empty() {
        return Ok(TARGETS.iter().collect());
    }
    let known = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    let find = |name: &String| {
        let found = TARGETS.iter().find(|target| target.name == name);
        found.with_context(|| format!("there is no target `{name}`; known are {}", known()))
    };
    names.iter().map(find).collect()
}

/// The recordings in the form of the target's inputs.
fn plant(workspace: &Workspace, into: &Path, seeds: &[(&str, &str)], cut: bool) -> Result<PathBuf> {
    fs::create_dir_all(into)?;
    let mut count = 0;
    for (folder, end) in seeds {
        let folder = workspace.root.join("crates").join(folder);
        for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
            let path = entry?.path();
            let Some(name) =
                path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(end))
            else {
                continue;
            };
            let begin: &[u8] = if cut { &[0, 0] } else { &[] };
            fs::write(into.join(name), [begin, &fs::read(&path)?].concat())?;
            count += 1;
        }
    }
    if count == 0 {
        bail!("there is no recording to begin with in {seeds:?}");
    }
    Ok(into.to_owned())
}

fn host(workspace: &Workspace) -> Result<String> {
    let version = Command::new("rustc", &workspace.root).args(["-vV"]).output()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_program_with_seeds_and_the_other_way_round() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let programs = fs::read_dir(root.join("fuzz/src/bin")).unwrap();
        let mut programs: Vec<_> =
            programs.map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        programs.sort();
        let mut targets: Vec<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
        targets.sort();
        assert_eq!(targets, programs);
        for (folder, end) in TARGETS.iter().flat_map(|target| target.seeds) {
            let mut files = fs::read_dir(root.join("crates").join(folder)).unwrap();
            assert!(files.any(|it| it.unwrap().path().to_str().unwrap().ends_with(end)), "{folder}: {end}");
        }
    }

    #[test]
    fn an_unknown_target_is_told_with_the_known_ones() {
        let error = chosen(&["see".to_owned()]).err().unwrap().to_string();
        assert!(error.contains("`see`") && error.contains("responses_stream"), "{error}");
    }
}
