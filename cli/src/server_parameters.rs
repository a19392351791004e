//! The parameters that mongod and mongos have beside the plugin's options, from their definitions.

use mongodb_aws_auth::options::table::OPTIONS;
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
            _ => {}
        }
    }
    all.retain(|parameter| !parameter.help.is_empty());
    all.retain(|parameter| OPTIONS.iter().all(|spec| spec.key() != parameter.name));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

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
