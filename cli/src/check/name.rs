//! The names of the steps.

use std::fmt;

use serde::{Serialize, Serializer};

/// An enum of names with their words, and the list of all.
macro_rules! names {
    ($($name:ident = $words:literal,)*) => {
        /// What a step looks at. Its words never change: programs look for them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Name {
            $($name,)*
        }

        impl Name {
            /// All, in the order in which they come.
            #[cfg(test)]
            pub const ALL: &[Name] = &[$(Name::$name,)*];

            fn words(self) -> &'static str {
                match self {
                    $(Name::$name => $words,)*
                }
            }
        }
    };
}

names! {
    Program = "server program",
    Mechanisms = "mechanisms",
    Configuration = "configuration",
    PluginPath = "plugin path",
    Authorization = "authorization",
    LdapAuthorization = "LDAP authorization",
    ClientTls = "TLS for clients",
    Proxy = "proxy",
    Options = "options",
    PluginFile = "plugin file",
    Plugin = "plugin",
    FipsMode = "FIPS mode",
    Sts = "STS",
    Resolution = "name resolution",
    Route = "route",
    WayThroughProxy = "way through the proxy",
    StsTls = "TLS with STS",
    StsAnswer = "answer of STS",
    Clock = "clock",
    Latency = "latency",
    PluginStart = "start of the plugin",
    Login = "login",
    RandomBytes = "random bytes",
    SecondLogin = "second login",
    PluginLog = "plugin's log",
    Users = "users",
    UserOfLogin = "user of the login",
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_a_row_for_each_step_in_their_order_and_no_other() {
        let document = include_str!("../../../docs/tool.md");
        let (_, below) = document.split_once("\n| step | ").unwrap();
        let rows = below
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let rows: Vec<_> = rows
            .map(|row| row.split('|').nth(1).unwrap().trim())
            .collect();
        let names: Vec<_> = Name::ALL.iter().map(|name| name.words()).collect();
        assert_eq!(rows, names);
    }
}
