//! `ai conversations`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ai::conversations::Conversation;
use ai::{Ai, ConversationId, Error, ErrorKind, Owner};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::chat::transcript;
use crate::db::confirm;
use crate::failure::Failure;
use crate::{output, setup};

/// Look at the conversations that the database keeps, and order them.
#[derive(Args)]
pub(crate) struct Conversations {
    #[command(subcommand)]
    action: Action,
    /// Whose: `user:7`, `team:sales`; without it those of this command line.
    #[arg(long, global = true, value_name = "KIND:ID")]
    owner: Option<String>,
}

#[derive(Subcommand)]
enum Action {
    /// List the newest.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Only those made before this one.
        #[arg(long, value_name = "ID")]
        before: Option<String>,
    },
    /// Print one as Markdown, or with `--json` with everything that is known.
    Show {
        /// Which.
        id: String,
    },
    /// Write one to a file: as JSON with everything that is known where its name ends so, otherwise as Markdown.
    Export {
        /// Which.
        id: String,
        /// Where to.
        file: PathBuf,
    },
    /// Give one another title, or none.
    Rename {
        /// Which.
        id: String,
        /// The title.
        title: Option<String>,
    },
    /// Remove one with all its messages.
    Delete {
        /// Which.
        id: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl Conversations {
    pub(crate) async fn run(&self, config: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
        let owner = match self.owner.as_deref() {
            None => Owner::local(),
            Some(text) => match text.split_once(':') {
                Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Owner::new(kind, id),
                _ => return Err(Failure::Input(format!("`{text}` is no owner: write `user:7`"))),
            },
        };
        let ai = setup::load_kept(config).await?;
        self.act(&ai, &owner, json).await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn act(&self, ai: &Ai, owner: &Owner, json: bool) -> Result<(), Failure> {
        let store = ai.store();
        match &self.action {
            Action::List { limit, before } => {
                let before = before.as_deref().map(str::parse).transpose()?;
                list(&store.list(owner, before, *limit).await?, json)
            }
            Action::Show { id } => {
                let messages = store.messages(owner, id.parse()?).await?;
                match json {
                    true => Ok(output::json(&messages)?),
                    false => Ok(output::text(&transcript::markdown(&messages))?),
                }
            }
            Action::Export { id, file } => {
                let messages = store.messages(owner, id.parse()?).await?;
                transcript::save(file, &messages)?;
                output::complain(format_args!("ai: {} messages in {}", messages.len(), file.display()));
                Ok(())
            }
            Action::Rename { id, title } => {
                let id: ConversationId = id.parse()?;
                found(store.rename(owner, id, title.clone()).await?, id, owner)
            }
            Action::Delete { id, yes } => {
                let id: ConversationId = id.parse()?;
                if let (Some(conversation), false) = (store.find(owner, id).await?, yes) {
                    let count = conversation.message_count;
                    confirm(&format!("This removes the conversation {id} with its {count} messages."))?;
                }
                found(store.delete(owner, id).await?, id, owner)
            }
        }
    }
}

fn list(conversations: &[Conversation], json: bool) -> Result<(), Failure> {
    if json {
        let all: Vec<_> = conversations
            .iter()
            .map(|it| json!({ "id": it.id, "title": it.title, "messages": it.message_count }))
            .collect();
        return Ok(output::json(&all)?);
    }
    for it in conversations {
        let title = it.title.as_deref().unwrap_or("-");
        output::line(format!("{}  {:>5}  {title}", it.id, it.message_count))?;
    }
    Ok(())
}

fn found(found: bool, id: ConversationId, owner: &Owner) -> Result<(), Failure> {
    match found {
        true => Ok(()),
        false => {
            let message = format!("there is no conversation {id} of {owner}");
            Err(Error::new(ErrorKind::InvalidRequest, message).into())
        }
    }
}
