//! The calls that a recording can hold, in one table: number in the record, name, and what the argument words mean.
//! Hooks, trace and model all speak of a call by its [`Function`].

macro_rules! functions {
    ($($(#[doc = $doc:literal])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// A recorded call. The numbers are part of the recording format: append, never renumber.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Function {
            $($(#[doc = $doc])* $variant = $number,)*
        }

        impl Function {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The function of a record's kind, if this version knows it.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name by which C programs call it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

functions! {
    /// args: domain, type, protocol. The result is the descriptor.
    Socket = 1, "socket";
    /// args: address pointer, its length; section ADDRESS.
    Bind = 2, "bind";
    /// args: backlog.
    Listen = 3, "listen";
    /// args: address pointer, the length's value before the call ([`UNREAD`](crate::event::UNREAD) if NULL or unreadable);
    /// section ADDRESS_RESULT.
    Accept = 4, "accept";
    /// As [`Accept`](Self::Accept), and the flags.
    Accept4 = 5, "accept4";
    /// As [`Bind`](Self::Bind).
    Connect = 6, "connect";
    /// args: buffer, length, flags.
    Send = 7, "send";
    /// args: buffer, length, flags.
    Recv = 8, "recv";
    /// args: buffer, length.
    Write = 9, "write";
    /// args: buffer, length.
    Read = 10, "read";
    /// args: how.
    Shutdown = 11, "shutdown";
    /// No args.
    Close = 12, "close";
    /// The result is the child; recorded by the parent.
    Fork = 13, "fork";
    /// Section PATH. Recorded when it begins (unfinished), and again should it return, which it does only to fail.
    Execve = 14, "execve";
    /// args: status. Unfinished: it does not return.
    Exit = 15, "exit";
    /// As [`Exit`](Self::Exit), without handlers.
    UnderscoreExit = 16, "_exit";
}

impl Function {
    /// The number that stands in [`Line::kind`](crate::layout::Line::kind).
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn numbers_lead_back_and_names_are_unique() {
        for (index, function) in Function::ALL.iter().enumerate() {
            assert_eq!(Function::from_number(function.number()), Some(*function));
            assert!(function.number() < 256, "kinds from 256 on are not calls");
            assert!(Function::ALL[..index].iter().all(|other| other.name() != function.name()));
        }
        assert_eq!(Function::from_number(0), None);
    }
}
