//! How much the model thinks.

use laravel_ai_core::{ReasoningEffort, ReasoningOptions, Result, WarningKind};
use serde_json::{Map, Value};

use super::Encoder;
use crate::family::Thinking;

/// Tokens for the efforts of models that take a number, as Google's own endpoint for Chat Completions has them.
const BUDGETS: [u32; 3] = [1_024, 8_192, 24_576];

impl Encoder<'_> {
    pub(super) fn thinking(&mut self, asked: Option<&ReasoningOptions>) -> Result<Option<Value>> {
        let options = self.options;
        let mut members = Map::new();
        if options.thinking_level.is_some() || options.thinking_budget.is_some() {
            let level = options.thinking_level.as_ref().map(|level| Value::from(level.to_ascii_uppercase()));
            members.extend(level.map(|level| ("thinkingLevel".to_owned(), level)));
            let budget = options.thinking_budget.map(Value::from);
            members.extend(budget.map(|budget| ("thinkingBudget".to_owned(), budget)));
        } else if let Some(asked) = asked {
            match self.family.thinking {
                Thinking::Never if asked.effort.is_some() || asked.budget_tokens.is_some() => {
                    // That it shall not think is no wish it could not fulfil.
                    if asked.effort != Some(ReasoningEffort::None) {
                        self.refused("reasoning")?;
                    }
                }
                Thinking::Never => {}
                Thinking::Level { minimal, highest } => self.level(asked, minimal, highest, &mut members)?,
                Thinking::Budget { least, most, off } => {
                    self.budget(asked, (least, most), off, &mut members)?
                }
            }
        }
        let shown = options.include_thoughts.or_else(|| asked?.summary.map(|_| true));
        match shown {
            Some(true) if self.family.thinking == Thinking::Never => self.refused("reasoning.summary")?,
            Some(shown) => _ = members.insert("includeThoughts".into(), shown.into()),
            None => {}
        }
        Ok((!members.is_empty()).then_some(Value::Object(members)))
    }

    fn level(
        &mut self,
        asked: &ReasoningOptions,
        minimal: bool,
        highest: bool,
        members: &mut Map<String, Value>,
    ) -> Result<()> {
        let Some(effort) = &asked.effort else {
            // Tolerated for the sake of older programs.
            let budget = asked.budget_tokens.map(Value::from);
            members.extend(budget.map(|budget| ("thinkingBudget".to_owned(), budget)));
            return Ok(());
        };
        if asked.budget_tokens.is_some() {
            let message = "a level and a number of tokens are not taken together; the level was sent";
            self.warn(WarningKind::OptionDropped, "reasoning.budget_tokens", message)?;
        }
        let least = if minimal { "MINIMAL" } else { "LOW" };
        let word = match effort {
            ReasoningEffort::None | ReasoningEffort::Minimal => least.to_owned(),
            ReasoningEffort::XHigh | ReasoningEffort::Max => {
                if highest { "XHIGH" } else { "HIGH" }.to_owned()
            }
            other => other.as_str().to_ascii_uppercase(),
        };
        if !word.eq_ignore_ascii_case(effort.as_str()) {
            let message = format!("`{}` has no `{}`, so `{}` was sent", self.target, effort.as_str(), word);
            self.warn(WarningKind::OptionChanged, "reasoning.effort", message)?;
        }
        members.insert("thinkingLevel".into(), word.into());
        Ok(())
    }

    fn budget(
        &mut self,
        asked: &ReasoningOptions,
        (least, most): (u32, u32),
        off: bool,
        members: &mut Map<String, Value>,
    ) -> Result<()> {
        let [low, medium, high] = BUDGETS;
        let wanted = match (&asked.effort, asked.budget_tokens) {
            (effort, Some(tokens)) => {
                if effort.is_some() {
                    let message =
                        "an effort and a number of tokens are not taken together; the number was sent";
                    self.warn(WarningKind::OptionDropped, "reasoning.effort", message)?;
                }
                tokens
            }
            (None, None) => return Ok(()),
            (Some(effort), None) => match effort {
                ReasoningEffort::None => 0,
                ReasoningEffort::Minimal | ReasoningEffort::Low => low,
                ReasoningEffort::Medium => medium,
                ReasoningEffort::High => high,
                ReasoningEffort::XHigh | ReasoningEffort::Max => most,
                _ => return self.refused("reasoning.effort"),
            },
        };
        let sent = if wanted == 0 && off { 0 } else { wanted.clamp(least, most) };
        if sent != wanted {
            let message = format!("`{}` thinks {least} to {most} tokens, so {sent} was sent", self.target);
            self.warn(WarningKind::OptionChanged, "reasoning", message)?;
        }
        members.insert("thinkingBudget".into(), sent.into());
        Ok(())
    }
}
