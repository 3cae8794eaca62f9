//! What a dependency can inherit of what its component is granted.

/// What can be inherited, by the name it has in `inherit_configuration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapabilitySet {
    AiModels,
    AllowedOutboundHosts,
    Environment,
    Files,
    KeyValueStores,
    SqliteDatabases,
    Variables,
}

impl CapabilitySet {
    pub const ALL: [Self; 7] = [
        Self::AiModels,
        Self::AllowedOutboundHosts,
        Self::Environment,
        Self::Files,
        Self::KeyValueStores,
        Self::SqliteDatabases,
        Self::Variables,
    ];

    /// Its name in a manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AiModels => "ai_models",
            Self::AllowedOutboundHosts => "allowed_outbound_hosts",
            Self::Environment => "environment",
            Self::Files => "files",
            Self::KeyValueStores => "key_value_stores",
            Self::SqliteDatabases => "sqlite_databases",
            Self::Variables => "variables",
        }
    }

    /// The set with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// The set that has to be inherited for an import to reach the host, if it is a capability at all.
    #[must_use]
    pub fn of_import(import: &str) -> Option<Self> {
        let interface = import.split_once('@').map_or(import, |(interface, _)| interface);
        match interface {
            "spin:redis/redis" | "wasi:http/client" | "wasi:http/outgoing-handler" => Some(Self::AllowedOutboundHosts),
            "spin:sqlite/sqlite" => Some(Self::SqliteDatabases),
            "spin:variables/variables" => Some(Self::Variables),
            "wasi:cli/environment" => Some(Self::Environment),
            "wasi:filesystem/preopens" => Some(Self::Files),
            _ if interface.starts_with("wasi:sockets/") => Some(Self::AllowedOutboundHosts),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each name of `inherit_configuration` stands for the interfaces it stands for in Spin.
    #[test]
    fn capabilities_are_spins() {
        for (import, expected) in [
            ("spin:redis/redis@3.0.0", Some(CapabilitySet::AllowedOutboundHosts)),
            ("wasi:http/client@0.3.0", Some(CapabilitySet::AllowedOutboundHosts)),
            ("wasi:http/outgoing-handler@0.2.6", Some(CapabilitySet::AllowedOutboundHosts)),
            ("wasi:sockets/tcp@0.2.6", Some(CapabilitySet::AllowedOutboundHosts)),
            ("spin:sqlite/sqlite@3.1.0", Some(CapabilitySet::SqliteDatabases)),
            ("spin:variables/variables@3.0.0", Some(CapabilitySet::Variables)),
            ("wasi:cli/environment@0.2.6", Some(CapabilitySet::Environment)),
            ("wasi:filesystem/preopens@0.3.0", Some(CapabilitySet::Files)),
            ("wasi:http/types@0.3.0", None),
            ("wasi:filesystem/types@0.2.6", None),
            ("wasi:cli/stdout@0.2.6", None),
            ("farebox:types/types@0.1.0", None),
        ] {
            assert_eq!(CapabilitySet::of_import(import), expected, "{import}");
        }
    }
}
