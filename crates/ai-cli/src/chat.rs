//! `ai chat`

mod command;
mod prompt;
pub(crate) mod transcript;

use std::path::Path;
use std::process::ExitCode;

use ai::{Ai, Conversation, ConversationId, Owner};
use clap::Args;

use self::command::Command;
use self::prompt::{Input, Prompt};
use crate::failure::Failure;
use crate::{answer, output, setup};

/// Talk to a model, with memory. `/help` lists the commands.
#[derive(Args)]
pub(crate) struct Chat {
    /// The model: `connection/model`, or a model of the default connection.
    #[arg(short, long)]
    model: Option<String>,
    /// Instructions for the model.
    #[arg(short, long)]
    system: Option<String>,
    /// Go on with this conversation of the database, or with the newest.
    #[arg(long, value_name = "ID", num_args = 0..=1)]
    r#continue: Option<Option<String>>,
    /// Say after each answer what it used.
    #[arg(long)]
    usage: bool,
    /// Where the lines that were typed are kept; `ai/history` in the folder for state if nothing is said.
    #[arg(long, value_name = "FILE", env = "AI_CHAT_HISTORY")]
    history: Option<std::path::PathBuf>,
    /// Keep no lines that were typed.
    #[arg(long, conflicts_with = "history")]
    no_history: bool,
}

impl Chat {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let ai = setup::load_or_mock_kept(config).await?;
        let continued = match self.r#continue.as_ref().map(Option::as_deref) {
            None => None,
            Some(id) => Some(continued(&ai, id).await?),
        };
        let mut talk = Talk {
            ai,
            model: self.model.clone(),
            system: self.system.clone(),
            conversation: continued,
            usage: self.usage,
            json,
        };
        let mut prompt = Prompt::open((!self.no_history).then_some(self.history.as_deref()));
        if prompt.is_typed() {
            output::complain("Ask something. Ctrl-C stops an answer, /help lists the commands, Ctrl-D ends.");
        }
        let mut failed = None;
        while let Input::Line(line) = prompt.read()? {
            let outcome = match Command::parse(&line) {
                None if line.trim().is_empty() => continue,
                None => talk.ask(command::question(&line), prompt.is_typed()).await,
                Some(Ok(Command::Quit)) => break,
                Some(Ok(command)) => talk.obey(command).await,
                Some(Err(message)) => Err(Failure::Input(message)),
            };
            match outcome {
                Err(failure) if failure.is_broken_pipe() => return Err(failure),
                // A chat goes on after an error; a script is told at its end.
                Err(failure) => failed = Some(failure.report(json)),
                Ok(()) => {}
            }
        }
        talk.ai.flush().await?;
        Ok(failed.filter(|_| !prompt.is_typed()).unwrap_or(ExitCode::SUCCESS))
    }
}

/// The conversation to go on with.
async fn continued(ai: &Ai, id: Option<&str>) -> Result<ConversationId, Failure> {
    if ai.database().is_none() {
        return Err(setup::no_database().into());
    }
    let (owner, store) = (Owner::local(), ai.store());
    let found = match id {
        Some(id) => store.find(&owner, id.parse()?).await?,
        None => store.list(&owner, None, 1).await?.pop(),
    };
    let Some(found) = found else {
        return Err(Failure::Input(
            "there is no such conversation; `ai conversations list` shows them".into(),
        ));
    };
    output::complain(format_args!("ai: going on with {} ({} messages)", found.id, found.message_count));
    Ok(found.id)
}

/// What was said so far, and how it goes on.
struct Talk {
    ai: Ai,
    model: Option<String>,
    system: Option<String>,
    conversation: Option<ConversationId>,
    usage: bool,
    json: bool,
}

impl Talk {
    fn conversation(&self) -> Conversation {
        let mut conversation = setup::route(&self.ai, self.model.as_deref()).conversation();
        if let Some(system) = &self.system {
            conversation = conversation.system(system);
        }
        match self.conversation {
            Some(id) => conversation.continue_(id),
            None => conversation,
        }
    }

    /// Asks, and prints the answer. Ctrl-C drops it, so what arrived is kept in the conversation as cancelled.
    async fn ask(&mut self, question: &str, typed: bool) -> Result<(), Failure> {
        let mut conversation = self.conversation().message(question);
        let json = self.json;
        let answered = async {
            match json {
                true => answer::print_json(conversation.stream()).await,
                false => answer::print(conversation.stream()).await,
            }
        };
        let outcome = if typed {
            tokio::select! {
                outcome = answered => outcome.map(Some),
                interrupted = tokio::signal::ctrl_c() => {
                    output::complain("ai: stopped; what arrived is kept");
                    interrupted.map(|()| None).map_err(Failure::from)
                }
            }
        } else {
            answered.await.map(Some)
        };
        self.conversation = conversation.id();
        if let Some(response) = outcome? {
            answer::notes(&response, self.usage);
        }
        Ok(())
    }

    async fn obey(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Help => output::complain(command::HELP),
            Command::Model(None) => match setup::route(&self.ai, self.model.as_deref()).chat_model() {
                Ok(model) => output::complain(model.target()),
                Err(error) => return Err(error.into()),
            },
            Command::Model(Some(model)) => {
                // Whether the connection exists is known at once, and the old model stays if not.
                let target = self.ai.model(&model).chat_model()?.target().to_string();
                self.model = Some(model);
                output::complain(format_args!("ai: from now on {target}"));
            }
            Command::System(text) => {
                output::complain(if text.is_some() { "ai: new instructions" } else { "ai: no instructions" });
                self.system = text;
            }
            Command::Save(file) => {
                let messages = match self.conversation {
                    Some(id) => self.ai.store().messages(&Owner::local(), id).await?,
                    None => Vec::new(),
                };
                transcript::save(&file, &messages)?;
                output::complain(format_args!("ai: {} messages in {}", messages.len(), file.display()));
            }
            Command::New => {
                self.conversation = None;
                output::complain("ai: a new conversation");
            }
            Command::Quit => {}
        }
        Ok(())
    }
}
