//! What a socket is connected to, in the form that people write it: `127.0.0.1:41234->127.0.0.1:8989`.

use std::fmt;

use super::Endpoint;

/// Shows what is known of an endpoint's two addresses: `local->remote`, `->remote` where the kernel chose a local one that
/// no call told, `local` alone of what is bound, `local listening` of a listener; nothing of a socket that is neither.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a>(pub &'a Endpoint);

impl fmt::Display for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { local, told, remote, .. } = self.0;
        if let Some(local) = told.as_ref().or(local.as_ref()) {
            write!(f, "{local}")?;
        }
        if let Some(remote) = remote {
            write!(f, "->{remote}")?;
        }
        f.write_str(if self.0.is_listening() { " listening" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::model::endpoint::Endpoints;

    #[test]
    fn it_shows_what_is_known() {
        let mut endpoints = Endpoints::default();
        let id = endpoints.create(2, 1);
        let shown = |endpoints: &Endpoints| Connection(endpoints.get(id).expect("alive")).to_string();
        assert_eq!(shown(&endpoints), "");
        let address = |port| Some(Address::Inet(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port)));
        endpoints.get_mut(id).expect("alive").remote = address(8989);
        assert_eq!(shown(&endpoints), "->127.0.0.1:8989");
        endpoints.get_mut(id).expect("alive").local = address(41234);
        assert_eq!(shown(&endpoints), "127.0.0.1:41234->127.0.0.1:8989");
        let listener = endpoints.get_mut(id).expect("alive");
        (listener.remote, listener.backlog) = (None, Some(5));
        assert_eq!(shown(&endpoints), "127.0.0.1:41234 listening");
    }
}
