//! How processes come from one another: a fork shares its parent's descriptors, `exec` keeps those that are not
//! close-on-exec, and anything else begins with a table of which nothing is known.
//!
//! A child is recorded from its first call on, which may lie long after the fork, when its parent has closed what the
//! child still holds. So the table is copied when the parent's `fork` returns, and waits for the child. A child that is
//! faster than its parent waits itself, if the `fork` is to come ([`early`](crate::early)). Where nobody can or will wait, it takes
//! the parent's table as it is, and shows nothing of it to the rules until the parent's `fork` confirms it, if there ever is one:
//! the parent of a child that no hook of `fork` made may have closed anything before the child was first seen. What the child
//! makes itself is known at once.

use std::collections::VecDeque;
use std::sync::Arc;

use bsock_recording::event::{Call, Event, Outcome, ProcessStart, Thread, What};

use super::descriptors::Descriptors;
use super::process::Process;
use super::program::Program;
use super::{Model, ProcessKey, process_key};

/// Children of which more than this many wait are those that never make a call.
const WAITING: usize = 256;

/// Processes that called `exit` and are still remembered.
const EXITING: usize = 64;

/// A forked child that has not made a call yet.
#[derive(Debug)]
pub(super) struct Child {
    process: u32,
    program: Arc<Program>,
    descriptors: Descriptors,
    blind: bool,
}

/// The children that have not made a call yet, oldest first.
pub(super) type Unborn = VecDeque<Child>;

impl Model {
    pub(super) fn fork(&mut self, event: &Event, call: &Call) {
        let Outcome::Returned(child @ 1..) = call.outcome else { return };
        let Ok(child) = u32::try_from(child) else { return };
        self.lose_sight_of_overtaken(process_key(event.thread));
        if let Some(process) = self.images.get(&child).and_then(|image| self.processes.get_mut(&(child, *image)))
            && process.started >= event.begin
        {
            process.unproven = None;
            return;
        }
        let parent = self.known_process(event.thread);
        let (program, descriptors) = (parent.program.clone(), parent.descriptors.fork());
        let waiting = Child { process: child, program, descriptors, blind: parent.blind };
        waiting.descriptors.endpoints().for_each(|id| self.endpoints.share(id));
        self.unborn.push_back(waiting);
        if self.unborn.len() > WAITING
            && let Some(mut silent) = self.unborn.pop_front()
        {
            self.drop_table(&mut silent.descriptors);
        }
    }

    /// The parent of the child that begins with this event, if that is recorded and has not told of its `fork`, but will. One of
    /// another pid namespace calls the child otherwise than that itself does.
    pub(crate) fn not_yet_forked(&self, event: &Event) -> Option<u32> {
        let What::ProcessStart(start) = &event.what else { return None };
        if !start.fork_is_told || self.unborn.iter().any(|waiting| waiting.process == event.thread.process) {
            return None;
        }
        let key = (start.parent, *self.images.get(&start.parent)?);
        let tells = self.processes.get(&key).is_some_and(|parent| parent.namespace == start.namespace);
        (tells && self.dead != Some(key) && !self.exiting.contains(&key)).then_some(start.parent)
    }

    pub(super) fn process_start(&mut self, event: &Event, start: &ProcessStart) {
        let (process, image) = process_key(event.thread);
        let before = self.images.insert(process, image).and_then(|old| self.processes.remove(&(process, old)));
        self.newcomer = !start.forked && before.is_none() && self.running(start.parent).is_none();
        let executed = before.as_ref().is_some_and(|before| before.executing) && !start.forked;
        if !executed {
            self.summary.processes += 1;
        }
        let new = match before {
            Some(before) if executed => self.executed(before, event, start),
            before => {
                if let Some(mut gone) = before {
                    self.drop_table(&mut gone.descriptors);
                }
                if start.forked { self.born(event, start) } else { self.appeared(event, start) }
            }
        };
        let new = self.processes.entry((process, image)).insert_entry(new).into_mut();
        new.namespace = start.namespace;
        new.threads.insert(event.thread.thread);
    }

    /// A new program in a process that was known.
    fn executed(&mut self, before: Process, event: &Event, start: &ProcessStart) -> Process {
        let mut descriptors = before.descriptors;
        for id in descriptors.exec() {
            self.endpoints.release(id);
        }
        Process { unproven: before.unproven, ..Process::new(self.program(start), descriptors, event.end) }
    }

    fn born(&mut self, event: &Event, start: &ProcessStart) -> Process {
        let child = event.thread.process;
        if let Some(index) = self.unborn.iter().rposition(|waiting| waiting.process == child)
            && let Some(waiting) = self.unborn.remove(index)
        {
            let blind = waiting.blind;
            return Process { blind, ..Process::new(waiting.program, waiting.descriptors, event.end) };
        }
        let parent = self.images.get(&start.parent).and_then(|image| self.processes.get(&(start.parent, *image)));
        let Some(parent) = parent else { return self.appeared(event, start) };
        let (program, descriptors) = (parent.program.clone(), parent.descriptors.fork());
        let blind = parent.blind;
        let unproven = (!parent.becomes_daemon).then(|| self.endpoints.newest());
        descriptors.endpoints().for_each(|id| self.endpoints.share(id));
        parent.descriptors.overtaken().for_each(|id| self.endpoints.lose_sight_of(id));
        Process { unproven, blind, ..Process::new(program, descriptors, event.end) }
    }

    /// A process of which nothing was seen before: what it inherited is unknown.
    fn appeared(&mut self, event: &Event, start: &ProcessStart) -> Process {
        Process::new(self.program(start), Descriptors::default(), event.end)
    }

    fn program(&mut self, start: &ProcessStart) -> Arc<Program> {
        self.programs += 1;
        Arc::new(Program::new(self.programs, start))
    }

    /// After `exit` handlers still run, and other threads' last calls come in: the table goes a little later.
    pub(super) fn exit(&mut self, thread: Thread) {
        self.known_process(thread).exits = true;
        self.leave(process_key(thread));
    }

    /// The process is no more, and nothing of it will come. Of one whose parent has not yet told of the fork, that is still to come.
    pub(super) fn process_end(&mut self, thread: Thread) {
        let key = process_key(thread);
        match self.processes.get(&key) {
            Some(process) if process.unproven.is_none() => {
                process.descriptors.overtaken().for_each(|id| self.endpoints.distrust(id));
                self.dead = Some(key);
            }
            Some(_) => self.leave(key),
            None => {}
        }
    }

    /// The process is forgotten when some others have left as well.
    fn leave(&mut self, process: ProcessKey) {
        self.exiting.push_back(process);
        if self.exiting.len() > EXITING
            && let Some(gone) = self.exiting.pop_front()
        {
            self.forget(gone);
        }
    }

    /// Nothing refers any more to what the process held, unless others hold it, too.
    pub(super) fn forget(&mut self, gone: ProcessKey) {
        if let Some(mut process) = self.processes.remove(&gone) {
            self.drop_table(&mut process.descriptors);
            if self.images.get(&gone.0) == Some(&gone.1) {
                self.images.remove(&gone.0);
            }
        }
    }

    fn drop_table(&mut self, descriptors: &mut Descriptors) {
        descriptors.take().for_each(|id| self.endpoints.release(id));
    }
}
