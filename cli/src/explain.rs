//! `explain`: what a message means, and what to do.

use std::collections::HashSet;
use std::io::{IsTerminal as _, Read as _};

use mongodb_aws_auth::reason::Reason;
use serde_json::{Value, json};

use crate::args::Explain;
use crate::input::catalogue::{self, code_name};
use crate::input::line;
use crate::input::meaning::{Meaning, meanings};
use crate::input::texts::Text;
use crate::output::{Exit, Paint, Report, Unusable, wrapped};

/// Most of standard input that is read, in bytes.
const INPUT_LIMIT: u64 = 16 * 1024 * 1024;
/// Entries that have the words of a text that nothing explains, as suggestions.
const SUGGESTIONS: usize = 5;

/// Runs `explain`.
pub fn explain(args: &Explain, paint: Paint) -> Result<Report, Unusable> {
    let text = match args.message.as_slice() {
        [] => standard_input(false)?,
        [dash] if dash == "-" => standard_input(true)?,
        words => words.join(" "),
    };
    let mut seen = HashSet::new();
    let meanings = meanings(&text).into_iter();
    let meanings = meanings.filter(|meaning| !meaning.is_empty());
    let meanings: Vec<Meaning> = meanings
        .filter(|meaning| seen.insert(meaning.clone()))
        .collect();
    Ok(match meanings.is_empty() {
        true => unexplained(&text),
        false => report(&meanings, paint),
    })
}

fn standard_input(asked_for: bool) -> Result<String, Unusable> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() && !asked_for {
        let what =
            "say what to explain: a number, a name or a line; or give lines on standard input";
        return Err(Unusable(what.to_owned()));
    }
    let mut bytes = Vec::new();
    let read = stdin.lock().take(INPUT_LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Unusable(format!("standard input: {error}")))?;
    if bytes.len() as u64 > INPUT_LIMIT {
        let what = "standard input is larger than 16 MiB: give less of the log, for example with \
                    grep MONGODB-AWS or tail";
        return Err(Unusable(what.to_owned()));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match text.trim().is_empty() {
        true => Err(Unusable("standard input has nothing to explain".to_owned())),
        false => Ok(text),
    }
}

fn unexplained(text: &str) -> Report {
    let mut what =
        "No known message matches. Give the number behind reason or code, a name such as \
                    SignatureMismatch, an error code of STS, or the whole line."
            .to_owned();
    let near = catalogue::about(line::bounded(text));
    let near = near.iter().take(SUGGESTIONS);
    let near: Vec<String> = near
        .map(|reason| format!("{} {}", reason.number(), reason.name()))
        .collect();
    if !near.is_empty() {
        what.push_str(&format!(" These have the same words: {}.", near.join(", ")));
    }
    Report {
        json: json!({ "entries": [], "suggestions": near }),
        text: wrapped("", &what),
        exit: Exit::Wrong,
    }
}

fn report(meanings: &[Meaning], paint: Paint) -> Report {
    let (mut blocks, mut entries) = (Vec::new(), Vec::new());
    let (mut commands, mut logins) = (Vec::new(), Vec::new());
    let mut unknown: Vec<i64> = Vec::new();
    for meaning in meanings {
        for reason in &meaning.reasons {
            let (mut block, mut entry) = of_reason(*reason, paint);
            if let (Some(clock), Some(members)) = (&meaning.clock, entry.as_object_mut()) {
                block.push_str(&wrapped("  ", clock));
                members.insert("clock".to_owned(), json!(clock));
            }
            blocks.push(block);
            entries.push(entry);
        }
        for text in &meaning.texts {
            blocks.push(of_text(text, paint));
            entries.push(json!(text));
        }
        if let Some(login) = &meaning.login {
            let whose = wrapped("  ", login);
            match blocks.last_mut() {
                Some(block) => block.push_str(&whose),
                None => blocks.push(whose),
            }
            logins.push(login);
        }
        if let Some(command) = &meaning.create_user {
            blocks.push(format!(
                "If the user is missing, in mongosh, as an administrator:\n\n{command}\n"
            ));
            commands.push(command);
        }
        unknown.extend(&meaning.unknown);
    }
    blocks.dedup();
    for number in &unknown {
        blocks.push(wrapped(
            "",
            &format!("{number}: no known message has this number."),
        ));
    }
    Report {
        json: json!({
            "entries": entries,
            "logins": logins,
            "createUser": commands,
            "unknown": unknown,
        }),
        text: blocks.join("\n"),
        exit: match unknown.is_empty() {
            true => Exit::Fine,
            false => Exit::Wrong,
        },
    }
}

fn of_reason(reason: Reason, paint: Paint) -> (String, Value) {
    let remedy = catalogue::remedy(reason);
    let title = format!("{} {}", reason.number(), reason.name());
    let words = format!("{} ({})", reason.summary(), code_name(reason.code()));
    let heading = wrapped("", &format!("{title}: {words}"));
    let text = format!(
        "{}{}",
        heading.replacen(&title, &paint.bold(&title), 1),
        wrapped("  ", &remedy)
    );
    let document = json!({
        "number": reason.number(),
        "name": reason.name(),
        "message": reason.summary(),
        "status": code_name(reason.code()),
        "section": reason.section().map(|section| section.title),
        "remedy": remedy,
    });
    (text, document)
}

fn of_text(text: &Text, paint: Paint) -> String {
    let heading = wrapped("", &text.title());
    let mut out: String = heading
        .lines()
        .map(|line| format!("{}\n", paint.bold(line)))
        .collect();
    out.push_str(&wrapped("  ", &text.cause));
    if !text.check.is_empty() {
        out.push_str(&wrapped("  ", &format!("Check: {}", text.check)));
    }
    out.push_str(&wrapped("  ", &format!("-> {}", text.remedy)));
    out
}
