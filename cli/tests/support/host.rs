//! A database host, and the steps of `check` on it.

use std::collections::BTreeMap;

use serde_json::Value;
use sts_emulator::StsEmulator;

use super::{Machine, Run, ca_file, install_plugin, install_server, sts};

/// A database host with the plugin, and STS within its reach.
pub struct Host {
    pub machine: Machine,
    pub sts: StsEmulator,
    pub plugin: String,
    pub server: String,
}

impl Host {
    pub fn new() -> Host {
        Host::with(Machine::new())
    }

    pub fn with(machine: Machine) -> Host {
        Host::at(machine, sts())
    }

    /// With this STS.
    pub fn at(machine: Machine, sts: StsEmulator) -> Host {
        let plugin = install_plugin(machine.home.path());
        let server = install_server(machine.home.path(), "\u{7f}ELF awsAuthPluginPath");
        Host {
            machine,
            sts,
            plugin,
            server,
        }
    }

    /// A configuration that has nothing wrong, with these lines among its parameters.
    pub fn config(&self, parameters: &[&str]) -> String {
        let mut text = format!(
            "net:\n  tls:\n    mode: requireTLS\n    certificateKeyFile: /etc/ssl/mongod.pem\n    \
             CAFile: /etc/ssl/mongod-ca.pem\n    allowConnectionsWithoutCertificates: true\nsecurity:\n  authorization: enabled\n\
             setParameter:\n  awsStsEndpoint: {}\n  awsStsCAFile: {}\n  awsAuthPluginPath: {}\n",
            self.sts.endpoint(),
            ca_file(&self.sts),
            self.plugin
        );
        if !parameters
            .iter()
            .any(|line| line.starts_with("authenticationMechanisms"))
        {
            text.push_str("  authenticationMechanisms: SCRAM-SHA-256,MONGODB-AWS\n");
        }
        for line in parameters {
            text.push_str(&format!("  {line}\n"));
        }
        self.machine.file("mongod.conf", &text)
    }

    pub fn check(&self, config: &str, more: &[&str]) -> Steps {
        let base = [
            "check",
            "--config",
            config,
            "--mongod",
            &self.server,
            "--json",
        ];
        Steps::of(&self.machine.run(&[&base[..], more].concat()))
    }
}

/// The steps of one run by their names.
#[derive(Debug)]
pub struct Steps {
    pub status: i32,
    pub steps: BTreeMap<String, Vec<Value>>,
}

impl Steps {
    pub fn of(run: &Run) -> Steps {
        let json = run.json();
        let mut steps: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for step in json["steps"].as_array().unwrap() {
            let name = step["name"].as_str().unwrap().to_owned();
            steps.entry(name).or_default().push(step.clone());
        }
        assert_eq!(json["ok"], run.status == 0, "{run:?}");
        Steps {
            status: run.status,
            steps,
        }
    }

    /// How many steps ended so.
    pub fn count(&self, status: &str) -> usize {
        let steps = self.steps.values().flatten();
        steps.filter(|step| step["status"] == status).count()
    }

    /// One of the steps of this name ended so, and says all the words.
    #[track_caller]
    pub fn assert(&self, name: &str, status: &str, words: &[&str]) -> &Steps {
        let found = self.steps.get(name).map(Vec::as_slice).unwrap_or_default();
        let fits = |step: &&Value| {
            let text = step.to_string();
            step["status"] == status && words.iter().all(|word| text.contains(word))
        };
        assert!(found.iter().any(|step| fits(&step)), "{name}: {self:#?}");
        self
    }
}
