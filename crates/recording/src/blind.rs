//! Ways by which a program makes socket calls that the recorder cannot see. A hook that notices one says so by a record of
//! kind [`BLIND`](crate::layout::kind::BLIND), once for each way and process, and the command makes a sentence of it.
//!
//! The record: args: the way's number, a detail (which, the table says), 0; fd: the descriptor it is about, or -1; section
//! PATH: a name that belongs to it, if there is one. A reader that does not know the number still tells that there was
//! something.

macro_rules! ways {
    ($($(#[doc = $doc:literal])* $variant:ident = $number:literal, $sentence:literal;)*) => {
        /// A way around the hooks. The numbers are part of the recording format: append, never renumber.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u64)]
        pub enum Way {
            $($(#[doc = $doc])* $variant = $number,)*
        }

        impl Way {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The way of a record, if this version knows it.
            #[must_use]
            pub const fn from_number(number: u64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// What happened, to follow "process 7 (./server) ".
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                }
            }
        }
    };
}

ways! {
    /// `dlopen` with RTLD_DEEPBIND. PATH: the object.
    DeepBind = 1, "loaded an object with RTLD_DEEPBIND, whose calls go past the recorder";
    /// `dlmopen` into a namespace of its own. PATH: the object.
    Namespace = 2, "loaded an object into a namespace of its own (dlmopen), whose calls go past the recorder";
    /// `syscall()` with the number of a call on sockets. Detail: that number.
    RawCall = 3, "made a socket call by syscall(), which is not in the recording";
    /// `io_uring_setup`, by `syscall()`. What its rings submit is never a call.
    IoUring = 4, "uses io_uring, whose operations are not in the recording";
    /// `fdopen` on a socket. fd: the socket.
    Stdio = 5, "uses stdio on a socket (fdopen): what stdio reads and writes there is not in the recording";
    /// `exec` with an environment that does not name the recording. PATH: the program.
    Environment = 6, "executed a program without the recorder in its environment, so that one is not recorded";
}

impl Way {
    /// The number that stands in the record.
    #[must_use]
    pub const fn number(self) -> u64 {
        self as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Way;

    #[test]
    fn numbers_lead_back() {
        for way in Way::ALL {
            assert_eq!(Way::from_number(way.number()), Some(*way));
        }
        assert_eq!(Way::from_number(0), None);
    }
}
