//! `check`: everything that a login needs on the database host, in the order in which it is needed.

mod certificates;
mod configuration;
mod installed;
mod name;
mod network;
mod proxy;
mod sts;
mod tunnel;
mod users;

use mongodb_aws_auth::options::Options;
use serde::Serialize;
use serde_json::json;

use name::Name;

use crate::args::Check;
use crate::output::{Exit, Paint, Report, Unusable, wrapped};
use crate::server_config::ServerConfig;

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

    fn report(self, paint: Paint) -> Report {
        let (failed, warned) = (self.count(Status::Fail), self.count(Status::Warn));
        let summary = format!(
            "{} passed, {warned} with a warning, {failed} failed, {} left out",
            self.count(Status::Pass),
            self.count(Status::Skip)
        );
        let mut text: String = self.0.iter().map(|step| step.text(paint)).collect();
        text.push_str(&format!("\n{summary}\n"));
        let exit = if failed == 0 { Exit::Fine } else { Exit::Wrong };
        Report {
            json: json!({ "summary": summary, "steps": self.0 }),
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
        let mut text = format!("{word}  {}: {}\n", self.name, self.found);
        if !self.remedy.is_empty() {
            text.push_str(&wrapped("      ", &format!("-> {}", self.remedy)));
        }
        text
    }
}

/// Runs `check`.
pub fn check(args: &Check, paint: Paint) -> Result<Report, Unusable> {
    let mut config = match &args.config {
        Some(path) => ServerConfig::read(path)?,
        None => ServerConfig::default(),
    };
    for parameter in &args.set_parameter {
        config.set_parameter(&parameter.name, &parameter.value);
    }
    let users = args.users.as_deref().map(users::read).transpose()?;
    let environment = proxy::environment(args, &config)?;

    let mut findings = Findings::default();
    let known = args.config.is_some();
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
            findings.skip(Name::Sts, "left out: the options are not legal");
            Vec::new()
        }
    };
    let verified = installed::login(args, &config, usable, library, &reached, &mut findings);
    if let Some(users) = &users {
        let settings = usable.map(|options| &options.settings.identity);
        users::check(users, settings, verified.as_deref(), &mut findings);
    }
    Ok(findings.report(paint))
}
