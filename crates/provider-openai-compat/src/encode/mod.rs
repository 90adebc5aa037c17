//! What the encoders of Chat Completions and Responses share.

mod inline;
mod tools;

use std::borrow::Cow;

use laravel_ai_core::{
    Error, ErrorKind, Result, Target, ToolCall, ToolCallKind, Warning, WarningKind, Warnings,
};
use provider_schema::{Strict, compile};
use serde_json::{Value, json};

pub(crate) use self::inline::{DataUrl, cache_mark};
pub(crate) use self::tools::{Shape, ToolsSection};
use crate::dialect::{Dialect, Parameter};

/// What is known while a request is translated; `S` is what only one of the APIs needs.
pub(crate) struct Encoder<'d, S = ()> {
    pub(crate) dialect: &'d Dialect,
    pub(crate) target: &'d Target,
    pub(crate) warnings: Warnings,
    /// About how many bytes the body will have.
    pub(crate) size: usize,
    pub(crate) settings: S,
}

impl<S> Encoder<'_, S> {
    /// The value, unless the model does not take it.
    pub(crate) fn take<T>(&mut self, parameter: Parameter, value: Option<T>) -> Result<Option<T>> {
        if value.is_none() || !self.dialect.unsupported.contains(parameter) {
            return Ok(value);
        }
        self.refused(parameter.name())?;
        Ok(None)
    }

    /// Tells that something that the model does not take was left out.
    pub(crate) fn refused(&mut self, name: &str) -> Result<()> {
        let message = format!("`{}` does not take it, so it was left out", self.target);
        self.warn(WarningKind::OptionDropped, name, message)
    }

    /// The arguments of a call of a free-form tool, where the vendor takes no such call from anyone and it goes as one of a
    /// function.
    pub(crate) fn boxed(&mut self, call: &ToolCall) -> Result<Option<String>> {
        if call.kind != ToolCallKind::Custom || !self.dialect.responses.runs_custom_calls {
            return Ok(None);
        }
        let message = format!(
            "`{}` is a free-form tool, which the provider does not take: its call went as one of a function, with the text as the \
             member `input`",
            call.name
        );
        self.warn(WarningKind::HistoryRepaired, "tool call", message)?;
        Ok(Some(json!({"input": call.arguments}).to_string()))
    }

    pub(crate) fn warn(
        &mut self,
        kind: WarningKind,
        subject: &str,
        message: impl Into<String>,
    ) -> Result<()> {
        self.warnings.push(Warning::new(kind, subject, message))
    }

    pub(crate) fn unsupported(&self, what: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::Unsupported, format!("`{}` {what}", self.target)).with_possibly_billed(false)
    }
}

/// Whose schema it is.
pub(crate) enum Subject<'a> {
    Format,
    Tool(&'a str),
}

impl Subject<'_> {
    fn name(&self) -> String {
        match self {
            Self::Format => "format".to_owned(),
            Self::Tool(name) => format!("tools.{name}"),
        }
    }
}

impl<S> Encoder<'_, S> {
    /// The schema as it is sent, and whether in strict mode.
    pub(crate) fn schema<'a>(
        &mut self,
        subject: Subject<'_>,
        schema: &'a Value,
        asked: Option<bool>,
        strict: Strict,
    ) -> Result<(Cow<'a, Value>, Option<bool>)> {
        match &self.dialect.schema {
            Some(profile) if strict != Strict::Off => {
                let compiled = compile(schema, profile, strict)?;
                self.warnings.extend(compiled.warnings(&subject.name()))?;
                let says_strict = !self.dialect.unsupported.contains(Parameter::Strict);
                let strict = says_strict.then_some(compiled.is_strict());
                Ok((Cow::Owned(compiled.into_schema()), strict))
            }
            _ => Ok((Cow::Borrowed(schema), self.take(Parameter::Strict, asked)?)),
        }
    }
}

pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
