//! What a process runs: its name, its command line and the objects in its memory. Forks share it until one of them
//! loads something of its own.

use std::sync::Arc;

use bsock_recording::event::{Call, Module, ProcessStart, Route};

use crate::address::Printable;
use crate::numbers::mentions;
use crate::table::Map;

/// A program in a process.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Tells programs of a recording apart; forks of a process have the same.
    pub serial: u64,
    /// Path of the executable, empty if unknown.
    pub executable: Vec<u8>,
    /// The argument strings, the program's own name among them.
    pub arguments: Vec<Vec<u8>>,
    /// All arguments are known.
    pub complete: bool,
    /// Objects that make calls, in no order.
    pub modules: Vec<Arc<Module>>,
    /// From where the functions were called that make calls, by the number of the route.
    pub(crate) routes: Map<u16, Route>,
    /// It is one of Python whose sockets a loop handles, as that of asyncio.
    pub(crate) has_event_loop: bool,
    /// Numbers that stand alone in the arguments and may be ports.
    pub(crate) ports: Vec<u16>,
}

impl Program {
    pub(super) fn new(serial: u64, start: &ProcessStart) -> Self {
        let mentioned = start.arguments.iter().skip(1).flat_map(|argument| mentions(argument));
        Self {
            serial,
            executable: start.executable.clone(),
            arguments: start.arguments.clone(),
            complete: !start.truncated && !start.arguments.is_empty(),
            modules: Vec::new(),
            routes: Map::default(),
            has_event_loop: false,
            ports: mentioned.filter(|mention| mention.alone).map(|mention| mention.port).collect(),
        }
    }

    /// A program whose start was not recorded.
    pub(super) fn unknown(serial: u64) -> Self {
        Self { serial, ..Self::default() }
    }

    pub(super) fn load(&mut self, module: &Module) {
        self.modules.retain(|known| known.end <= module.start || module.end <= known.start);
        self.modules.push(Arc::new(module.clone()));
    }

    pub(super) fn learn(&mut self, route: Route) {
        if route.number != 0 {
            self.routes.insert(route.number, route);
        }
    }

    /// The return addresses beyond that of `call`, innermost first, as far as they are known.
    pub(crate) fn outer(&self, call: &Call) -> Vec<u64> {
        let route = self.routes.get(&call.route).filter(|route| route.caller == call.caller);
        route.map_or_else(Vec::new, |route| route.outer.into_iter().take_while(|address| *address != 0).collect())
    }

    /// The last part of the executable's path, or of the first argument.
    #[must_use]
    pub fn name(&self) -> String {
        let first = self.arguments.first().unwrap_or(&self.executable);
        let path = if self.executable.is_empty() { first } else { &self.executable };
        match path.rsplit(|byte| *byte == b'/').next() {
            None | Some([]) => "?".to_owned(),
            Some(name) => Printable(name).to_string(),
        }
    }

    /// The object that holds a return address. (The call itself stands before it, and a call may be an object's last
    /// instruction.)
    #[must_use]
    pub fn module_at(&self, return_address: u64) -> Option<&Arc<Module>> {
        let address = return_address.checked_sub(1)?;
        self.modules.iter().find(|module| (module.start..module.end).contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(start: u64, end: u64, path: &str) -> Module {
        Module { start, end, bias: 0, path: path.into(), build_id: Vec::new(), transparent: false }
    }

    #[test]
    fn a_new_object_replaces_what_lay_there_before() {
        let mut program = Program::unknown(1);
        program.load(&module(10, 20, "a"));
        program.load(&module(20, 30, "b"));
        program.load(&module(15, 18, "c"));
        let at = |address| program.module_at(address).map(|module| String::from_utf8_lossy(&module.path).into_owned());
        assert_eq!(at(12), None);
        assert_eq!(at(16).as_deref(), Some("c"));
        assert_eq!(at(20), None);
        assert_eq!(at(30).as_deref(), Some("b"));
        assert_eq!(at(0), None);
    }

    #[test]
    fn the_name_is_the_last_part_of_a_path_and_never_empty() {
        let named = |executable: &str, first: &str| {
            Program { executable: executable.into(), arguments: vec![first.into()], ..Program::default() }.name()
        };
        assert_eq!(named("/usr/bin/echo", "-x"), "echo");
        assert_eq!(named("", "./echo"), "echo");
        assert_eq!(named("", ""), "?");
        assert_eq!(Program::default().name(), "?");
    }
}
