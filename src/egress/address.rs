//! Which kind of network an address belongs to, and which addresses a worker may connect to.
//!
//! What counts is the address that a connection is made to, after the name was looked up: a name
//! may change its address between two look-ups, and anybody may point a public name at 127.0.0.1.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use url::Host;

use crate::project::{OutboundRules, PrivateHosts};

/// Whose an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// Anybody's: the internet.
    Public,
    /// This machine's own.
    Loopback,
    /// No address in particular; systems take it for this machine.
    Unspecified,
    /// Of a private network, such as 10.0.0.0/8 or fc00::/7.
    Private,
    /// Of the cable or wireless network at hand.
    LinkLocal,
    /// Of an internet provider's inner network, 100.64.0.0/10.
    CarrierGrade,
    /// Of many machines at once.
    Multicast,
    /// Set apart for documentation, tests or the future.
    Reserved,
    /// Where clouds tell a machine its secrets.
    Metadata,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Network::Public => "a public address",
            Network::Loopback => "an address of this machine",
            Network::Unspecified => "an unspecified address",
            Network::Private => "an address of a private network",
            Network::LinkLocal => "a link-local address",
            Network::CarrierGrade => "an address of a provider's inner network",
            Network::Multicast => "a multicast address",
            Network::Reserved => "a reserved address",
            Network::Metadata => "the address of a cloud's metadata service",
        })
    }
}

impl Network {
    /// Whose `address` is. An IPv6 address that stands for an IPv4 one counts as that one.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match embedded_v4(address) {
                Some(inner) => Self::of_v4(inner),
                None => Self::of_v6(address),
            },
        }
    }

    /// By the registry of special addresses, RFC 6890 and its followers.
    fn of_v4(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        match (a, b, c, d) {
            // Amazon, Google, Azure and most others; Alibaba; Oracle
            (169, 254, 169, 254) | (100, 100, 100, 200) | (192, 0, 0, 192) => Network::Metadata,
            // Azure's platform address lies among public ones
            (168, 63, 129, 16) => Network::Metadata,
            (0, ..) => Network::Unspecified,
            (127, ..) => Network::Loopback,
            (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => Network::Private,
            (169, 254, ..) => Network::LinkLocal,
            (100, 64..=127, ..) => Network::CarrierGrade,
            (192, 0, 0 | 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => Network::Reserved,
            (192, 88, 99, _) | (198, 18..=19, ..) => Network::Reserved,
            (224..=239, ..) => Network::Multicast,
            (240.., ..) => Network::Reserved,
            _ => Network::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let [a, b, ..] = address.segments();
        match (a, b) {
            _ if address.is_unspecified() => Network::Unspecified,
            _ if address.is_loopback() => Network::Loopback,
            // Amazon's and Google's
            _ if address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Network::Metadata,
            _ if address.segments() == [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Network::Metadata,
            (0xfc00..=0xfdff, _) => Network::Private,
            (0xfe80..=0xfebf, _) => Network::LinkLocal,
            // site-local, an older kind of private
            (0xfec0..=0xfeff, _) => Network::Private,
            (0xff00.., _) => Network::Multicast,
            // documentation, and what has no meaning between networks
            (0x2001, 0x0000..=0x01ff | 0xdb8) | (0x3fff, 0..=0xfff) => Network::Reserved,
            // all that has been given out so far
            (0x2000..=0x3fff, _) => Network::Public,
            _ => Network::Reserved,
        }
    }
}

/// The IPv4 address that packets to this one end up at: mapped, compatible, translated (NAT64) or
/// tunnelled (6to4).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => v4(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

/// Why a worker may not connect somewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The project names the hosts that it connects to, and this is none of them.
    #[error(
        "Connecting to {host} is not allowed: \"lapidary.outbound.allow\" in the project's configuration does not list it. Add \"{host}\" there to allow it."
    )]
    NotListed {
        /// The host as it was asked for, with its port.
        host: String,
    },
    /// None of its addresses is a public one.
    #[error(
        "Connecting to {host} is not allowed: {address} is {network}. To allow it, add \"{host}\" to \"lapidary.outbound.allow_private\" in the project's configuration."
    )]
    Private {
        /// The host as it was asked for, with its port.
        host: String,
        /// The address that its name stands for.
        address: IpAddr,
        /// What it is, in words.
        network: String,
    },
}

/// Whether the list of hosts lets a worker connect to `host` at all.
pub(super) fn may_ask(rules: &OutboundRules, host: &Host<&str>, port: u16) -> Result<(), Refusal> {
    let listed = match (&rules.allow, &rules.private) {
        (None, _) => true,
        (Some(allow), private) => {
            let private = match private {
                PrivateHosts::Listed(list) => list.as_slice(),
                _ => &[],
            };
            allow
                .iter()
                .chain(private)
                .any(|pattern| pattern.covers(host, port))
        }
    };
    let narrowed = rules.only.as_ref();
    let within = narrowed.is_none_or(|only| only.iter().any(|pattern| pattern.covers(host, port)));
    if listed && within {
        return Ok(());
    }
    Err(Refusal::NotListed {
        host: format!("{host}:{port}"),
    })
}

/// Whether a worker may connect to `address`, which `host` stands for. `open` allows what
/// `allow_private: true` does, whatever the project says.
pub(super) fn may_connect(
    rules: &OutboundRules,
    open: bool,
    host: &Host<&str>,
    port: u16,
    address: IpAddr,
) -> Result<(), Refusal> {
    let network = Network::of(address);
    let allowed = match (&rules.private, network) {
        (_, Network::Public) => true,
        (PrivateHosts::Listed(list), _) if list.iter().any(|it| it.covers(host, port)) => true,
        (_, Network::Metadata) => false,
        (PrivateHosts::All, _) => true,
        _ => open,
    };
    if allowed {
        return Ok(());
    }
    Err(Refusal::Private {
        host: format!("{host}:{port}"),
        address,
        network: network.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::project::HostPattern;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn every_special_network_is_known() {
        let all = [
            ("8.8.8.8", Network::Public),
            ("2606:4700:4700::1111", Network::Public),
            ("127.0.0.1", Network::Loopback),
            ("127.255.255.255", Network::Loopback),
            ("::1", Network::Loopback),
            ("0.0.0.0", Network::Unspecified),
            ("0.1.2.3", Network::Unspecified),
            ("::", Network::Unspecified),
            ("10.0.0.1", Network::Private),
            ("172.15.0.1", Network::Public),
            ("172.16.0.1", Network::Private),
            ("172.31.255.255", Network::Private),
            ("172.32.0.1", Network::Public),
            ("192.168.1.1", Network::Private),
            ("fc00::1", Network::Private),
            ("fdff::1", Network::Private),
            ("fec0::1", Network::Private),
            ("169.254.0.1", Network::LinkLocal),
            ("fe80::1", Network::LinkLocal),
            ("febf::1", Network::LinkLocal),
            ("100.64.0.1", Network::CarrierGrade),
            ("100.127.255.255", Network::CarrierGrade),
            ("100.63.0.1", Network::Public),
            ("100.128.0.1", Network::Public),
            ("224.0.0.1", Network::Multicast),
            ("239.255.255.255", Network::Multicast),
            ("ff02::1", Network::Multicast),
            ("240.0.0.1", Network::Reserved),
            ("255.255.255.255", Network::Reserved),
            ("192.0.2.1", Network::Reserved),
            ("198.18.0.1", Network::Reserved),
            ("2001:db8::1", Network::Reserved),
            ("2001::1", Network::Reserved),
            ("4000::1", Network::Reserved),
            ("64:ff9b:1::8.8.8.8", Network::Reserved),
            ("169.254.169.254", Network::Metadata),
            ("100.100.100.200", Network::Metadata),
            ("168.63.129.16", Network::Metadata),
            ("fd00:ec2::254", Network::Metadata),
        ];
        for (address, expected) in all {
            assert_eq!(network(address), expected, "{address}");
        }
    }

    #[test]
    fn an_address_inside_an_address_counts() {
        for prefix in ["::ffff:", "::", "::ffff:0:", "64:ff9b::"] {
            assert_eq!(
                network(&format!("{prefix}10.0.0.1")),
                Network::Private,
                "{prefix}"
            );
            assert_eq!(
                network(&format!("{prefix}8.8.8.8")),
                Network::Public,
                "{prefix}"
            );
            let metadata = network(&format!("{prefix}169.254.169.254"));
            assert_eq!(metadata, Network::Metadata, "{prefix}");
        }
        assert_eq!(network("2002:7f00:1::"), Network::Loopback);
        assert_eq!(network("2002:a00:1::1"), Network::Private);
    }

    fn rules(allow: Option<&[&str]>, private: PrivateHosts) -> OutboundRules {
        let parse = |list: &[&str]| {
            list.iter()
                .map(|it| HostPattern::parse(it).unwrap())
                .collect()
        };
        OutboundRules {
            allow: allow.map(parse),
            only: None,
            private,
        }
    }

    fn listed(hosts: &[&str]) -> PrivateHosts {
        PrivateHosts::Listed(
            hosts
                .iter()
                .map(|it| HostPattern::parse(it).unwrap())
                .collect(),
        )
    }

    fn connects(rules: &OutboundRules, open: bool, host: &str, address: &str) -> bool {
        let name = Host::Domain(host);
        may_connect(rules, open, &name, 80, address.parse().unwrap()).is_ok()
    }

    #[test]
    fn private_addresses_need_a_setting() {
        let none = rules(None, PrivateHosts::None);
        assert!(connects(&none, false, "a.example", "8.8.8.8"));
        assert!(!connects(&none, false, "a.example", "127.0.0.1"));
        assert!(connects(&none, true, "a.example", "127.0.0.1"));
        assert!(connects(
            &rules(None, PrivateHosts::All),
            false,
            "a.example",
            "10.1.1.1"
        ));
        let one = rules(None, listed(&["a.example:80"]));
        assert!(connects(&one, false, "a.example", "10.1.1.1"));
        assert!(!connects(&one, false, "b.example", "10.1.1.1"));
    }

    #[test]
    fn secrets_of_clouds_must_be_asked_for_by_name() {
        let metadata = "169.254.169.254";
        assert!(!connects(
            &rules(None, PrivateHosts::All),
            true,
            "a.example",
            metadata
        ));
        assert!(connects(
            &rules(None, listed(&["a.example"])),
            false,
            "a.example",
            metadata
        ));
    }

    #[test]
    fn a_list_of_hosts_closes_all_others() {
        let asks = |rules: &OutboundRules, host| may_ask(rules, &Host::Domain(host), 443).is_ok();
        let some = rules(Some(&["a.example"]), listed(&["db.example"]));
        assert!(asks(&some, "a.example") && asks(&some, "db.example"));
        assert!(!asks(&some, "b.example"));
        let nothing = rules(Some(&[]), PrivateHosts::All);
        assert!(!asks(&nothing, "a.example"));
        assert!(asks(&rules(None, PrivateHosts::None), "a.example"));
    }

    #[test]
    fn a_refusal_names_host_reason_and_setting() {
        let none = rules(Some(&[]), PrivateHosts::None);
        let host = Host::Domain("db.internal");
        let text = may_ask(&none, &host, 5432).unwrap_err().to_string();
        assert!(text.contains("db.internal:5432") && text.contains("lapidary.outbound.allow"));
        let refused = may_connect(&none, false, &host, 5432, [10, 0, 0, 5].into());
        let text = refused.unwrap_err().to_string();
        for part in [
            "db.internal:5432",
            "10.0.0.5 is an address of a private network",
            "allow_private",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    proptest! {
        #[test]
        fn mapped_addresses_are_judged_as_their_inner_one(bits in any::<u32>()) {
            let inner = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(
                Network::of(inner.to_ipv6_mapped().into()),
                Network::of(inner.into())
            );
        }

        #[test]
        fn what_the_standard_library_knows_is_never_public(bits in any::<u32>(), wide in any::<u128>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!special || Network::of(v4.into()) != Network::Public);
            let v6 = Ipv6Addr::from_bits(wide);
            let special = v6.is_loopback() || v6.is_multicast() || v6.is_unicast_link_local()
                || v6.is_unique_local() || v6.is_unspecified();
            prop_assert!(!special || Network::of(v6.into()) != Network::Public);
        }
    }
}
