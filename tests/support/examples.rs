//! The programs of `c-examples/`, compiled and run: those over libbsock, and the plain POSIX ones in each form that they have.

use std::process::{Command, Output};

use super::{Server, TempProgram, compile_c, link_flags, root, run_with_input, target_dir, text};

/// How an example is made and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `c-examples/NAME.c` with `bsock.h`.
    Bsock,
    /// `c-examples/posix/NAME.c` with libc.
    Libc,
    /// The same source with `bsock_posix.h` and libbsock.
    BsockPosix,
    /// The program with libc, under `bsock run`.
    Recorded,
}

impl Form {
    pub(crate) const ALL: [Self; 4] = [Self::Bsock, Self::Libc, Self::BsockPosix, Self::Recorded];
    /// Those of a plain POSIX source.
    pub(crate) const POSIX: [Self; 3] = [Self::Libc, Self::BsockPosix, Self::Recorded];
}

/// A compiled example.
pub(crate) struct Example {
    program: TempProgram,
    form: Form,
}

impl Example {
    pub(crate) fn new(name: &str, form: Form) -> Self {
        let (folder, flags) = match form {
            Form::Bsock => ("c-examples", link_flags()),
            Form::Libc | Form::Recorded => ("c-examples/posix", Vec::new()),
            Form::BsockPosix => {
                ("c-examples/posix", [link_flags(), ["-include", "bsock_posix.h"].map(String::from).into()].concat())
            }
        };
        Self { program: compile_c(&root().join(folder).join(format!("{name}.c")), &flags), form }
    }

    pub(crate) fn command(&self) -> Command {
        if self.form != Form::Recorded {
            return self.program.command();
        }
        let mut command = Command::new(target_dir().join("bsock"));
        command.env_remove("LD_LIBRARY_PATH").args(["run", "--"]).arg(self.program.path());
        command
    }

    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        Server::start(self.command().args(arguments))
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        run_with_input(self.command().args(arguments), input)
    }

    /// Runs it to its end, which has to be a good one without a word on standard error. Answers what it printed.
    pub(crate) fn talk(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), complained.as_str()), (Some(0), ""), "{:?} said {said}", self.form);
        said
    }
}

/// An example over libbsock.
pub(crate) fn example(name: &str) -> Example {
    Example::new(name, Form::Bsock)
}
