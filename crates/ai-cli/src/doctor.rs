//! `ai doctor`

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ai::{Ai, Context, CredentialStatus, Severity, Timeouts};
use serde::Serialize;

use crate::failure::{Failure, exit_code};
use crate::wait::Spinner;
use crate::{output, setup};

/// How long an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Finding {
    /// `ok`, `warning` or `error`.
    state: &'static str,
    what: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    #[serde(skip)]
    code: u8,
}

/// Looks at configuration, keys and reachability, and says what is wrong and what to do. Asks no model.
pub(crate) async fn run(config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let mut findings = Vec::new();
    let spinner = Spinner::start("examining");
    match setup::load(config) {
        Ok(ai) => {
            configuration(&ai, &mut findings);
            for name in ai.config().connection_names() {
                connection(&ai, name, &mut findings).await;
            }
        }
        Err(failure) => {
            let Failure::Library(error) = &failure else { return Err(failure) };
            findings.push(Finding::error(
                "configuration",
                error.message(),
                "mend the file",
                exit_code(error.kind()),
            ));
        }
    }
    drop(spinner);
    if json {
        output::json(&findings)?;
    } else {
        for Finding { state, what, message, advice, .. } in &findings {
            output::line(format!("{state:<8}{what}: {message}"))?;
            if let Some(advice) = advice {
                output::line(format!("        → {advice}"))?;
            }
        }
    }
    let worst = findings.iter().map(|finding| finding.code).find(|code| *code != 0);
    Ok(worst.map_or(ExitCode::SUCCESS, ExitCode::from))
}

impl Finding {
    fn ok(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self { state: "ok", what: what.into(), message: message.into(), advice: None, code: 0 }
    }

    fn warning(what: impl Into<String>, message: impl Into<String>, advice: &'static str) -> Self {
        Self { state: "warning", advice: Some(advice), ..Self::ok(what, message) }
    }

    fn error(what: impl Into<String>, message: impl Into<String>, advice: &'static str, code: u8) -> Self {
        Self { state: "error", advice: Some(advice), code, ..Self::ok(what, message) }
    }
}

fn configuration(ai: &Ai, findings: &mut Vec<Finding>) {
    let before = findings.len();
    for problem in ai.problems() {
        findings.push(match problem.severity {
            Severity::Error => {
                Finding::error("configuration", problem.to_string(), "see `ai config show`", 2)
            }
            _ => Finding::warning("configuration", problem.to_string(), "see `ai config show`"),
        });
    }
    match ai.config().resolve_model(None) {
        Ok(model) => findings.push(Finding::ok("default model", model.to_string())),
        Err(error) => findings.push(Finding::warning(
            "default model",
            error.message(),
            "without one, name a model with `--model connection/model`",
        )),
    }
    if findings.len() == before + 1 {
        findings.insert(before, Finding::ok("configuration", "no problems found"));
    }
}

async fn connection(ai: &Ai, name: &str, findings: &mut Vec<Finding>) {
    let what = format!("connection {name}");
    let ctx = Context::new().with_timeouts(Timeouts::default().with_connect(PATIENCE).with_idle(PATIENCE));
    let route = ai.provider(name);
    let (description, catalog) = match (route.describe(), route.catalog()) {
        (Ok(description), Ok(catalog)) => (description, catalog),
        (Err(error), _) | (_, Err(error)) => {
            let code = exit_code(error.kind());
            return findings.push(Finding::error(what, error.message(), "mend its configuration", code));
        }
    };
    let health = catalog.health(&ctx).await;
    if !health.reachable {
        let message =
            format!("{} does not answer: {}", description.endpoint, health.message.unwrap_or_default());
        let advice = "check the network, the proxy and `base_url`; is a local server running?";
        return findings.push(Finding::error(what, message, advice, 4));
    }
    let time = health.latency.map_or(String::new(), |latency| format!(" in {} ms", latency.as_millis()));
    let report = catalog.check_credentials(&ctx).await;
    let said = report.message.unwrap_or_default();
    findings.push(match report.status {
        CredentialStatus::Valid => {
            let models = report.models.map_or(String::new(), |count| format!(", {count} models"));
            Finding::ok(what, format!("{} answers{time}, the key is valid{models}", description.endpoint))
        }
        CredentialStatus::Invalid => Finding::error(
            what,
            format!("{} refuses the key: {said}", description.endpoint),
            "set another key",
            3,
        ),
        _ => Finding::error(
            what,
            format!("{} answers{time}, but the key could not be checked: {said}", description.endpoint),
            "try again later, or ask a model to see whether it works",
            4,
        ),
    });
}
