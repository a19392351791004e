//! The parameters that mongod and mongos have beside the plugin's options, from their definitions.

use mongodb_aws_auth::options::table::OPTIONS;
use mongodb_aws_auth::options::{OptionError, absolute_path, whole_number};
use serde::Serialize;

const DEFINITIONS: &str = include_str!("../../cpp_shim/mongod/aws_auth.idl");

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerParameter {
    /// Its name.
    pub name: &'static str,
    /// It changes without a restart.
    pub runtime: bool,
    /// What it does.
    pub help: &'static str,
    /// The least and the greatest number that it takes; none for a text.
    #[serde(skip)]
    range: Option<(u32, u32)>,
}

impl ServerParameter {
    /// What a server would not start with; a text is the path of a file.
    pub fn fault(&self, value: &str) -> Option<OptionError> {
        let valid = match self.range {
            Some((least, greatest)) => whole_number(value, least, greatest).err()?,
            None => absolute_path(value).err()?,
        };
        Some(OptionError::new(self.name, value, valid))
    }
}

/// Those that the plugin does not get.
pub fn all() -> Vec<ServerParameter> {
    let mut all: Vec<ServerParameter> = Vec::new();
    for line in DEFINITIONS.lines() {
        let indent = line.len() - line.trim_start().len();
        match (line.trim().split_once(':'), all.last_mut()) {
            (Some((name, "")), _) if indent == 2 => all.push(ServerParameter {
                name,
                ..ServerParameter::default()
            }),
            (Some(("description", text)), Some(last)) => last.help = text.trim().trim_matches('"'),
            (Some(("set_at", when)), Some(last)) => last.runtime = when.contains("runtime"),
            (Some(("validator", rule)), Some(last)) => last.range = range(rule),
            _ => {}
        }
    }
    all.retain(|parameter| !parameter.help.is_empty());
    all.retain(|parameter| OPTIONS.iter().all(|spec| spec.key() != parameter.name));
    all
}

/// The numbers of `{ gte: 0, lte: 9 }`.
fn range(rule: &str) -> Option<(u32, u32)> {
    let number = |mark: &str| {
        let (_, after) = rule.split_once(mark)?;
        let digits = after.trim_start().split(|c: char| !c.is_ascii_digit());
        digits.into_iter().next()?.parse().ok()
    };
    Some((number("gte:")?, number("lte:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_judged_by_the_definition() {
        let all = all();
        let fault = |name: &str, value: &str| {
            let parameter = all.iter().find(|parameter| parameter.name == name).unwrap();
            parameter.fault(value).map(|fault| fault.to_string())
        };
        for value in ["0", "3600", "31536000"] {
            assert_eq!(fault("awsMaxSessionSecs", value), None, "{value}");
        }
        for value in [
            "-1",
            "31536001",
            "1h",
            "",
            "3600.0",
            "never",
            "99999999999",
            "0x10",
        ] {
            let said = fault("awsMaxSessionSecs", value).unwrap();
            let wanted = format!(
                "awsMaxSessionSecs: \"{value}\" is invalid: a whole number from 0 to 31536000"
            );
            assert_eq!(said, wanted);
        }
        for value in ["", "/usr/lib/x.so"] {
            assert_eq!(fault("awsAuthPluginPath", value), None, "{value}");
        }
        for value in ["x.so", "./x.so", "~/x.so", "../usr/lib/x.so"] {
            let said = fault("awsAuthPluginPath", value).unwrap();
            assert!(said.contains("an absolute path"), "{said}");
        }
    }

    #[test]
    fn they_are_what_the_adapter_declares_beside_the_plugin_s_options() {
        let all = all();
        let names: Vec<_> = all.iter().map(|parameter| parameter.name).collect();
        assert_eq!(names, ["awsAuthPluginPath", "awsMaxSessionSecs"]);
        let runtime: Vec<_> = all.iter().map(|parameter| parameter.runtime).collect();
        assert_eq!(runtime, [false, true]);
        assert!(all.iter().all(|parameter| parameter.help.ends_with('.')));
    }
}
