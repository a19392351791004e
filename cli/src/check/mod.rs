//! `check`: everything that a login needs on the database host, in the order in which it is needed.

mod certificates;
mod client_tls;
mod configuration;
mod installed;
mod mechanisms;
mod name;
mod network;
mod placement;
mod proxy;
mod server_program;
mod sts;
mod tunnel;
mod users;

use mongodb_aws_auth::options::Options;
use serde::Serialize;
use serde_json::json;

use name::Name;

use crate::args::Check;
use crate::files;
use crate::input::server_config::ServerConfig;
use crate::output::{Exit, Paint, Report, Unusable, wrapped_behind};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pass,
    Warn,
    Fail,
    Skip,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    pub name: Name,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do; empty where there is nothing.
    pub remedy: String,
}

/// The steps so far.
#[derive(Debug, Default)]
pub struct Findings(Vec<Step>);

impl Findings {
    pub fn pass(&mut self, name: Name, found: impl Into<String>) {
        self.add(name, Status::Pass, found.into(), String::new());
    }

    pub fn skip(&mut self, name: Name, found: impl Into<String>) {
        self.add(name, Status::Skip, found.into(), String::new());
    }

    pub fn warn(&mut self, name: Name, found: impl Into<String>, remedy: impl Into<String>) {
        self.add(name, Status::Warn, found.into(), remedy.into());
    }

    pub fn fail(&mut self, name: Name, found: impl Into<String>, remedy: impl Into<String>) {
        self.add(name, Status::Fail, found.into(), remedy.into());
    }

    fn add(&mut self, name: Name, status: Status, found: String, remedy: String) {
        self.0.push(Step {
            name,
            status,
            found,
            remedy,
        });
    }

    /// Some step failed for the option that stands first in this fault. Two versions of the plugin may
    /// say the same in other words.
    pub fn failed_for(&self, fault: &str) -> bool {
        let option = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        self.of(Status::Fail)
            .any(|step| option(&step.found) == option(fault))
    }

    /// Where the next step will stand.
    pub fn mark(&self) -> usize {
        self.0.len()
    }

    /// Names what the steps from the mark on are about, where there are several such.
    pub fn label(&mut self, mark: usize, name: &str) {
        for step in self.0.iter_mut().skip(mark) {
            step.found = format!("{name}: {}", step.found);
        }
    }

    fn count(&self, status: Status) -> usize {
        self.0.iter().filter(|step| step.status == status).count()
    }

    fn of(&self, status: Status) -> impl Iterator<Item = &Step> {
        self.0.iter().filter(move |step| step.status == status)
    }

    /// The report; `unseen` is what no step looks at.
    fn report(self, unseen: &[&str], paint: Paint) -> Report {
        let (failed, warned) = (self.count(Status::Fail), self.count(Status::Warn));
        let summary = format!(
            "{} passed, {warned} with a warning, {failed} failed, {} left out",
            self.count(Status::Pass),
            self.count(Status::Skip)
        );
        let mut text: String = self.0.iter().map(|step| step.text(paint)).collect();
        text.push_str("\nNot checked:\n");
        let skipped = self.of(Status::Skip);
        let skipped = skipped.map(|step| format!("{}: {}", step.name, step.found));
        let unseen: Vec<String> = skipped
            .chain(unseen.iter().map(|what| (*what).to_owned()))
            .collect();
        for what in &unseen {
            text.push_str(&wrapped_behind("  - ", "    ", what));
        }
        if failed > 0 {
            text.push_str("\nFailed:\n");
            text.extend(self.of(Status::Fail).map(|step| step.text(paint)));
        }
        text.push_str(&format!("\n{summary}\n"));
        let exit = if failed == 0 { Exit::Fine } else { Exit::Wrong };
        Report {
            json: json!({ "summary": summary, "steps": self.0, "notLookedAt": unseen }),
            text,
            exit,
        }
    }
}

impl Step {
    fn text(&self, paint: Paint) -> String {
        let word = match self.status {
            Status::Pass => paint.green("pass"),
            Status::Warn => paint.yellow("warn"),
            Status::Fail => paint.red("FAIL"),
            Status::Skip => paint.dim("-   "),
        };
        let said = format!("{}: {}", self.name, self.found);
        let mut text = wrapped_behind(&format!("{word}  "), "      ", &said);
        if !self.remedy.is_empty() {
            text.push_str(&wrapped_behind("      -> ", "         ", &self.remedy));
        }
        text
    }
}

/// What no step looks at, beside those that were left out.
fn unseen(args: &Check) -> Vec<&'static str> {
    let mut unseen = Vec::new();
    if args.users.is_none() {
        unseen.push(
            "users: whether the user of a login exists in $external, under the name that its login has \
             (--users, as docs/tool.md shows)",
        );
    }
    unseen
        .push("clients: their way to this server, their credentials (whoami there), their driver");
    unseen.push(
        "other members of the replica set and other mongos: run this on each host; and what the running server \
         was started with, where the configuration changed since",
    );
    unseen
}

/// Runs `check`.
pub fn check(args: &Check, paint: Paint) -> Result<Report, Unusable> {
    let mut config = match &args.config {
        Some(path) => {
            let text = files::read_text(path, files::SETTINGS_LIMIT)?;
            ServerConfig::parse(&text).map_err(|error| Unusable::file(path, error))?
        }
        None => ServerConfig::default(),
    };
    for parameter in &args.set_parameter {
        config.set_parameter(&parameter.name, &parameter.value);
    }
    let users = args.users.as_deref().map(users::read).transpose()?;
    let environment = proxy::environment(args, &config)?;

    let mut findings = Findings::default();
    let known = args.config.is_some();
    server_program::check(args, &config, environment.pid, &mut findings);
    configuration::check(&config, known, &mut findings);
    let no_proxy = proxy::settle(&environment, &mut config, &mut findings);
    let options = configuration::options(&config, &no_proxy, &mut findings);
    let library = installed::load(args, &config, &mut findings);
    let usable: Option<&Options> = options.as_ref();
    let reached = match usable {
        Some(_) if args.offline => {
            findings.skip(Name::Sts, "left out (--offline)");
            Vec::new()
        }
        Some(options) => sts::check(options, &mut findings),
        None => {
            findings.skip(Name::Sts, "left out: the options are not valid");
            Vec::new()
        }
    };
    let verified = installed::login(args, &config, usable, library, &reached, &mut findings)?;
    if let Some(users) = &users {
        let settings = usable.map(|options| &options.settings);
        users::check(users, settings, verified.as_deref(), &mut findings);
    }
    Ok(findings.report(&unseen(args), paint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_an_option_is_known_in_whatever_words() {
        let mut findings = Findings::default();
        findings.fail(
            Name::Options,
            "awsStsWorkers: \"0\" is invalid: 1 to 1024",
            "",
        );
        findings.warn(Name::Options, "awsStsProxy: \"x\": a warning", "");
        for (fault, known) in [
            ("awsStsWorkers: \"0\" is invalid: 1 to 1024", true),
            ("awsStsWorkers: a number of another version", true),
            ("awsStsProxy: \"x\" is invalid", false),
            ("awsStsHost: \"x\" is invalid", false),
            ("the plugin has no such function", false),
        ] {
            assert_eq!(findings.failed_for(fault), known, "{fault}");
        }
    }
}
