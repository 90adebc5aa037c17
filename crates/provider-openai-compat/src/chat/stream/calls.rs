//! Tool calls that arrive in fragments.

use std::collections::VecDeque;

use laravel_ai_core::{BlockId, BlockKind, Opaque, RawJson, StreamEvent, Target, ToolCallKind};
use provider_http::calls::made_up_id;

use super::fresh;
use crate::chat::wire::{Call as Fragment, Function};

/// All calls of an answer, in the order of their first fragment.
///
/// Fragments are joined by index, or by id where there is no index, and one with neither belongs to the last call. Some
/// servers give every call the same index, or none: an id that differs makes another call, and so does a name after the
/// arguments have begun, unless it is the same name and an index or id says that it belongs here.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug, Default)]
struct Call {
    /// Only compared: a server may send any number.
    index: Option<u64>,
    id: String,
    /// The id is ours, so the server's own may still come.
    made_up: bool,
    name: String,
    kind: ToolCallKind,
    /// Arguments that came before the block could start.
    waiting: String,
    /// Set once the block has started; name and id are fixed from then on.
    block: Option<BlockId>,
    extra_content: Option<RawJson>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|call| call.block.is_some()).map(|call| &*call.id)
    }

    pub(super) fn add(
        &mut self,
        mut fragment: Fragment<'_>,
        answer: Option<&str>,
        next_block: &mut u32,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let kind = fragment.kind();
        let function = fragment.take_function();
        let position = match self.find(&fragment, function.name.filled()) {
            Some(position) => position,
            None if fragment.is_empty(&function) => return,
            None => {
                // Another call begins, so the names before it are whole; their blocks keep the order of the calls.
                let named = self.0.iter_mut().enumerate().filter(|(_, call)| !call.name.is_empty());
                named.for_each(|(position, call)| call.start(answer, position, next_block, events));
                self.0.push(Call { index: fragment.index.0, ..Call::default() });
                self.0.len() - 1
            }
        };
        let Some(call) = self.0.get_mut(position) else { return };
        if kind == ToolCallKind::Custom && call.block.is_none() {
            call.kind = kind;
        }
        call.take(&fragment, function, answer, position, next_block, events);
    }

    /// Starts what never had arguments, and ends all.
    pub(super) fn end(
        &mut self,
        target: &Target,
        answer: Option<&str>,
        next_block: &mut u32,
        events: &mut VecDeque<StreamEvent>,
    ) {
        for (position, call) in self.0.iter_mut().enumerate() {
            call.start(answer, position, next_block, events);
        }
        for call in &self.0 {
            let Some(block) = call.block else { continue };
            let opaque = call.extra_content.clone().map(|data| Box::new(Opaque::new(target.clone(), data)));
            events.push_back(StreamEvent::BlockEnd { block, opaque });
        }
    }

    fn find(&self, fragment: &Fragment<'_>, name: Option<&str>) -> Option<usize> {
        let id = fragment.id.filled();
        let last = |matches: &dyn Fn(&Call) -> bool| self.0.iter().rposition(matches);
        match (fragment.index.0, id) {
            (Some(index), id) => last(&|call| call.index == Some(index))
                .filter(|position| self.0.get(*position).is_some_and(|call| call.may_have(id, name)))
                .or_else(|| last(&|call| call.index.is_none() && id.is_some_and(|id| call.id == id))),
            (None, Some(id)) => last(&|call| call.id == id).or_else(|| {
                let position = self.0.len().checked_sub(1)?;
                self.0.get(position).filter(|call| call.id.is_empty() && !call.has_begun()).map(|_| position)
            }),
            (None, None) => {
                let position = self.0.len().checked_sub(1)?;
                let another = |call: &Call| name.is_some() && !call.name.is_empty() && call.has_begun();
                self.0.get(position).filter(|call| !another(call)).map(|_| position)
            }
        }
    }
}

impl Call {
    fn has_begun(&self) -> bool {
        self.block.is_some() || !self.waiting.is_empty()
    }

    /// Whether a fragment of the same index with this id and name can belong here.
    fn may_have(&self, id: Option<&str>, name: Option<&str>) -> bool {
        let same_id = id.is_none_or(|id| self.id.is_empty() || self.made_up || self.id == id);
        let same_name =
            name.is_none_or(|name| self.name.is_empty() || !self.has_begun() || self.name == name);
        same_id && same_name
    }

    fn take(
        &mut self,
        fragment: &Fragment<'_>,
        function: Function<'_>,
        answer: Option<&str>,
        position: usize,
        next_block: &mut u32,
        events: &mut VecDeque<StreamEvent>,
    ) {
        if let Some(value) = fragment.extra_content {
            let object = format!("{{\"extra_content\":{}}}", value.get());
            self.extra_content = RawJson::parse(object).ok();
        }
        let Function { name, arguments, .. } = function;
        if self.block.is_none() {
            if let Some(id) = fragment.id.filled()
                && self.id.is_empty()
            {
                self.id = id.to_owned();
            }
            // Names come in pieces at some servers, and again with every fragment at others.
            if let Some(piece) = name.filled()
                && self.name != piece
            {
                self.name.push_str(piece);
            }
            if arguments.0.is_empty() {
                return;
            }
            if self.name.is_empty() {
                self.waiting.push_str(&arguments.0);
                return;
            }
            self.start(answer, position, next_block, events);
        }
        if let Some(block) = self.block
            && !arguments.0.is_empty()
        {
            events.push_back(StreamEvent::ToolInputDelta { block, text: arguments.0.into_owned() });
        }
    }

    fn start(
        &mut self,
        answer: Option<&str>,
        position: usize,
        next_block: &mut u32,
        events: &mut VecDeque<StreamEvent>,
    ) {
        if self.block.is_some() {
            return;
        }
        if self.id.is_empty() {
            self.id = made_up_id(answer, position);
            self.made_up = true;
        }
        let block = fresh(next_block);
        self.block = Some(block);
        let kind = BlockKind::ToolInput { id: self.id.clone(), name: self.name.clone(), call: self.kind };
        events.push_back(StreamEvent::BlockStart { block, kind });
        if !self.waiting.is_empty() {
            events.push_back(StreamEvent::ToolInputDelta { block, text: std::mem::take(&mut self.waiting) });
        }
    }
}
