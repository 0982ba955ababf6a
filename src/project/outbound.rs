//! Where a project's code may connect to: names and addresses as its configuration lists them.

use std::fmt;

use url::Host;

/// The table `lapidary.outbound`: which hosts the project's code, and dynamic workers that it
/// loads, may reach with `fetch`, `connect` and `WebSocket`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundRules {
    /// The only hosts that may be reached; `None` for all public ones.
    pub allow: Option<Vec<HostPattern>>,
    /// Of those, the only ones that may be reached; a limit that is set while the program runs.
    pub only: Option<std::sync::Arc<[HostPattern]>>,
    /// Which hosts may be reached although their address is not a public one.
    pub private: PrivateHosts,
}

/// `lapidary.outbound.allow_private`: hosts whose address is of this machine or of its network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PrivateHosts {
    /// `false`: none of them.
    #[default]
    None,
    /// `true`: all but the addresses at which clouds tell machines their secrets.
    All,
    /// These.
    Listed(Vec<HostPattern>),
}

/// One entry of a list of hosts: `api.example.com`, `*.example.org:8443`, `10.0.0.7`, `[::1]:80`
/// or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    name: Name,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Any,
    /// Every name below this one, at any depth, but not the name itself.
    Below(String),
    Exactly(Host),
}

impl HostPattern {
    /// Reads an entry.
    ///
    /// # Errors
    /// What is wrong with it, to be put behind the entry's own text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains("://") || text.contains('/') {
            return Err("is an address of a page; write only its host, such as api.example.com");
        }
        let (name, port) = split_port(text)?;
        let name = match name.strip_prefix("*.") {
            _ if name == "*" => Name::Any,
            Some(parent) => match parse_host(parent)? {
                Host::Domain(parent) => Name::Below(parent),
                _ => return Err("is no pattern of names; write an address in full"),
            },
            None => Name::Exactly(parse_host(name)?),
        };
        Ok(Self { name, port })
    }

    /// Whether it covers `host` on `port`.
    pub fn covers(&self, host: &Host<&str>, port: u16) -> bool {
        let name = match (&self.name, host) {
            (Name::Any, _) => true,
            (Name::Below(parent), Host::Domain(name)) => {
                let name = plain_name(name);
                name.strip_suffix(parent.as_str())
                    .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (Name::Exactly(Host::Domain(own)), Host::Domain(name)) => own == &plain_name(name),
            (Name::Exactly(Host::Ipv4(own)), Host::Ipv4(address)) => own == address,
            (Name::Exactly(Host::Ipv6(own)), Host::Ipv6(address)) => own == address,
            _ => false,
        };
        name && self.port.is_none_or(|own| own == port)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Any => f.write_str("*"),
            Name::Below(parent) => write!(f, "*.{parent}"),
            Name::Exactly(host) => write!(f, "{host}"),
        }?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Names are the same in capitals and with the dot that ends a full one.
fn plain_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let bracketed_only = text.ends_with(']');
    let bare_ipv6 = !text.starts_with('[') && text.matches(':').count() > 1;
    match text.rsplit_once(':') {
        Some((name, port)) if !bracketed_only && !bare_ipv6 => match port.parse() {
            Ok(port) if port > 0 => Ok((name, Some(port))),
            _ => Err("has a port that is not a number from 1 to 65535"),
        },
        _ => Ok((text, None)),
    }
}

fn parse_host(text: &str) -> Result<Host, &'static str> {
    let bare_ipv6 = !text.starts_with('[') && text.contains(':');
    let host = if bare_ipv6 {
        Host::parse(&format!("[{text}]"))
    } else {
        Host::parse(text)
    };
    match host {
        Ok(Host::Domain(name)) if name.contains('*') => Err(
            "has a `*` that does not stand for a whole part at its beginning, as in *.example.com",
        ),
        Ok(Host::Domain(name)) => match plain_name(&name) {
            name if name.is_empty() => Err("is not a host's name"),
            name => Ok(Host::Domain(name)),
        },
        Ok(address) => Ok(address),
        Err(_) => Err("is not a host's name"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covers(pattern: &str, host: &str, port: u16) -> bool {
        let host = Host::parse(host).unwrap();
        let host = match &host {
            Host::Domain(name) => Host::Domain(name.as_str()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        };
        HostPattern::parse(pattern).unwrap().covers(&host, port)
    }

    #[test]
    fn a_name_covers_itself_alone() {
        assert!(covers("api.example.com", "api.example.com", 443));
        assert!(covers("API.Example.com.", "api.example.com", 443));
        assert!(covers("api.example.com", "api.example.com.", 80));
        assert!(!covers("api.example.com", "v2.api.example.com", 443));
        assert!(!covers("example.com", "notexample.com", 443));
        assert!(covers("bücher.example", "xn--bcher-kva.example", 443));
    }

    #[test]
    fn a_star_covers_every_depth_but_not_the_parent() {
        assert!(covers("*.example.org", "a.example.org", 443));
        assert!(covers("*.example.org", "a.b.example.org.", 443));
        assert!(!covers("*.example.org", "example.org", 443));
        assert!(!covers("*.example.org", "badexample.org", 443));
        assert!(covers("*", "anything.example", 1) && covers("*", "10.0.0.1", 1));
    }

    #[test]
    fn a_port_narrows() {
        assert!(covers("*.example.org:8443", "a.example.org", 8443));
        assert!(!covers("*.example.org:8443", "a.example.org", 443));
        assert!(covers("*:443", "a.example.org", 443));
        assert!(covers("[::1]:80", "[::1]", 80) && !covers("[::1]:80", "[::1]", 81));
    }

    #[test]
    fn addresses_are_compared_as_such() {
        assert!(covers("127.0.0.1", "127.1", 80));
        assert!(covers("::1", "[0:0::1]", 80));
        assert!(!covers("127.0.0.1", "localhost", 80));
        assert!(!covers("127.0.0.1", "[::ffff:127.0.0.1]", 80));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "",
            "https://a.example",
            "a/b",
            "a*.example",
            "*.*.example",
            "*.10.0.0.1",
            "a:0",
            "a:b",
            "a:70000",
            "a b",
            "[::1",
            ".",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_reads_as_it_shows(name in "(\\*\\.)?[a-z]{1,8}(\\.[a-z]{1,8}){0,3}", port in proptest::option::of(1u16..)) {
            let text = port.map_or(name.clone(), |port| format!("{name}:{port}"));
            let pattern = HostPattern::parse(&text).unwrap();
            prop_assert_eq!(pattern.to_string(), text);
        }

        #[test]
        fn a_name_below_is_covered(parent in "[a-z]{1,8}\\.[a-z]{1,8}", child in "[a-z]{1,8}", port in 1u16..) {
            let pattern = format!("*.{parent}");
            let (below, beside) = (format!("{child}.{parent}"), format!("{child}{parent}"));
            prop_assert!(covers(&pattern, &below, port));
            prop_assert!(!covers(&pattern, &beside, port));
            prop_assert!(!covers(&pattern, &parent, port));
        }

        #[test]
        fn rubbish_never_panics(text in ".*") {
            let _ = HostPattern::parse(&text);
        }
    }
}
