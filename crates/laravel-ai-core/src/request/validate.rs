//! Checks that hold for every vendor.

use super::{ChatRequest, Tool, ToolChoice};
use crate::{Error, ErrorKind, Result};

impl ChatRequest {
    /// Checks what no vendor would take: no messages, empty messages, numbers that aren't finite, nameless or
    /// doubled tools, a choice of a tool that isn't there. Drivers call it before they encode; vendors' own
    /// limits are checked by their drivers.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] that names what is wrong and where.
    pub fn validate(&self) -> Result<()> {
        if self.raw.is_some() {
            return Ok(());
        }
        if self.messages.is_empty() {
            return Err(invalid("the request has no messages"));
        }
        for (index, message) in self.messages.iter().enumerate() {
            if message.is_empty() {
                return Err(invalid(format!("message {index} ({}) has no parts", message.role())));
            }
        }
        for (name, value) in [
            ("temperature", self.temperature),
            ("top_p", self.top_p),
            ("presence_penalty", self.presence_penalty),
            ("frequency_penalty", self.frequency_penalty),
        ] {
            if value.is_some_and(|value| !value.is_finite()) {
                return Err(invalid(format!("`{name}` is not a finite number")));
            }
        }
        if self.max_output_tokens == Some(0) {
            return Err(invalid("`max_output_tokens` is 0: leave it out or ask for at least 1"));
        }
        if self.stop.iter().any(String::is_empty) {
            return Err(invalid("a stop text is empty"));
        }
        self.validate_tools()
    }

    fn validate_tools(&self) -> Result<()> {
        let mut names: Vec<&str> = Vec::with_capacity(self.tools.len());
        for tool in &self.tools {
            let Tool::Function(function) = tool else { continue };
            if function.name.is_empty() {
                return Err(invalid("a tool has no name"));
            }
            if names.contains(&function.name.as_str()) {
                return Err(invalid(format!("two tools are named `{}`", function.name)));
            }
            if !function.parameters.is_object() {
                return Err(invalid(format!(
                    "the parameters of tool `{}` are not a JSON Schema object",
                    function.name
                )));
            }
            names.push(&function.name);
        }
        let check = |name: &String| match names.contains(&name.as_str()) {
            true => Ok(()),
            false => Err(invalid(format!("the tool choice names `{name}`, which is not among the tools"))),
        };
        match &self.tool_choice {
            Some(ToolChoice::Named(name)) => check(name),
            Some(ToolChoice::Allowed { names, .. }) if names.is_empty() => {
                Err(invalid("the set of allowed tools is empty"))
            }
            Some(ToolChoice::Allowed { names, .. }) => names.iter().try_for_each(check),
            Some(ToolChoice::Required) if self.tools.is_empty() => {
                Err(invalid("a tool call is required, but there are no tools"))
            }
            _ => Ok(()),
        }
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
