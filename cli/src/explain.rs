//! `explain`: what a message means, and what to do.

use std::io::{IsTerminal as _, Read as _};

use mongodb_aws_auth::reason::Reason;
use serde_json::{Value, json};

use crate::args::Explain;
use crate::input::catalogue::{self, code_name};
use crate::input::line::{self, Whose};
use crate::input::principal::{create_user, look_at};
use crate::input::signing_clock;
use crate::input::texts::{self, Text};
use crate::output::{Exit, Paint, Report, Unusable, wrapped};

/// Most of standard input that is read, in bytes.
const INPUT_LIMIT: u64 = 16 * 1024 * 1024;
/// Entries that have the words of a text that nothing explains, as suggestions.
const SUGGESTIONS: usize = 5;

/// What one line means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    pub reasons: Vec<Reason>,
    pub texts: Vec<Text>,
    /// What the line says of the client's clock.
    pub clock: Option<String>,
    /// The command that creates the user of a verified login.
    pub create_user: Option<String>,
}

impl Meaning {
    fn is_empty(&self) -> bool {
        *self == Meaning::default()
    }
}

/// Finds what the line means: only what it names, no guess.
pub fn meaning(text: &str) -> Meaning {
    let text = line::bounded(text);
    let mut meaning = match line::number(text) {
        Some((whose, number)) => of_number(whose, number),
        None => of_word(text).unwrap_or_else(|| of_line(text)),
    };
    if meaning.reasons.iter().any(|reason| is_clock(*reason)) {
        meaning.clock = signing_clock::note(text);
    }
    meaning
}

fn is_clock(reason: Reason) -> bool {
    [Reason::SignatureExpired, Reason::SignatureNotYetCurrent].contains(&reason)
}

fn of_number(whose: Whose, number: i64) -> Meaning {
    let reason = u32::try_from(number).ok().and_then(catalogue::by_number);
    let texts = texts::named(&number.to_string());
    let mut meaning = Meaning {
        reasons: reason.into_iter().collect(),
        texts,
        ..Meaning::default()
    };
    if number < 0 {
        meaning.reasons = catalogue::by_status(&number.to_string());
    }
    match whose {
        Whose::Reason if !meaning.reasons.is_empty() => meaning.texts.clear(),
        Whose::Code if !meaning.texts.is_empty() => meaning.reasons.clear(),
        _ => {}
    }
    meaning
}

fn of_word(text: &str) -> Option<Meaning> {
    let word = line::word(text)?;
    let texts = texts::named(word);
    let by_name = catalogue::by_name(word);
    // STS's own spelling is one of capitals; another is looked for among those that are documented.
    let by_code = || catalogue::by_sts_code(&canonical(word));
    let mut reasons: Vec<Reason> = by_name.or_else(by_code).into_iter().collect();
    if reasons.is_empty() {
        reasons = catalogue::by_status(word);
    }
    let meaning = Meaning {
        reasons,
        texts,
        ..Meaning::default()
    };
    (!meaning.is_empty()).then_some(meaning)
}

/// STS's spelling of an error code.
fn canonical(word: &str) -> String {
    const CODES: [&str; 13] = [
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "ExpiredToken",
        "ExpiredTokenException",
        "AccessDenied",
        "AccessDeniedException",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequests",
    ];
    let known = CODES.iter().find(|code| code.eq_ignore_ascii_case(word));
    known.map_or(word, |code| *code).to_owned()
}

fn of_line(line: &str) -> Meaning {
    let verified = line.to_lowercase().contains("verified");
    let principal = line::field(line, "principal").filter(|_| verified);
    let verified = principal.filter(|name| look_at(name).is_ok());
    let create_user = verified.map(|name| create_user(name, &[]));
    let mut found = Meaning {
        create_user,
        ..Meaning::default()
    };
    let reason = line::number_of(line, "reason").and_then(|number| u32::try_from(number).ok());
    if let Some(reason) = reason.and_then(catalogue::by_number) {
        found.reasons.push(reason);
        return found;
    }
    let said = texts::find(line);
    if let Some(reason) = catalogue::in_words(line) {
        // The longer words say more.
        match said {
            Some(said) if said.message.len() > reason.summary().len() && !said.is_code => {
                found.texts.push(said);
            }
            _ => found.reasons.push(reason),
        }
        return found;
    }
    let mut codes = line::names(line);
    if let Some(reason) = codes.find_map(|name| sts_error(name, line)) {
        found.reasons.push(reason);
        return found;
    }
    let code = line::number_of(line, "code").map(|code| texts::named(&code.to_string()));
    let code = code.and_then(|texts| texts.into_iter().find(|text| text.is_code));
    let by_name = || texts::code_among(line::names(line));
    found.texts.extend(said.or(code).or_else(by_name));
    found
}

/// The reason of STS's error code, with the rest of the line as its message.
fn sts_error(code: &str, line: &str) -> Option<Reason> {
    catalogue::by_sts_code(code)?;
    Some(catalogue::of_sts(code, line))
}

/// Runs `explain`.
pub fn explain(args: &Explain, paint: Paint) -> Result<Report, Unusable> {
    let text = match args.message.as_slice() {
        [] => standard_input(false)?,
        [dash] if dash == "-" => standard_input(true)?,
        words => words.join(" "),
    };
    let mut meanings: Vec<Meaning> = Vec::new();
    for meaning in text.lines().map(meaning) {
        if !meaning.is_empty() && !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
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
    let read = stdin.lock().take(INPUT_LIMIT).read_to_end(&mut bytes);
    read.map_err(|error| Unusable(format!("standard input: {error}")))?;
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
    let mut commands = Vec::new();
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
        if let Some(command) = &meaning.create_user {
            blocks.push(format!(
                "If the user is missing, in mongosh, as an administrator:\n\n{command}\n"
            ));
            commands.push(command);
        }
    }
    blocks.dedup();
    Report {
        json: json!({ "entries": entries, "createUser": commands }),
        text: blocks.join("\n"),
        exit: Exit::Fine,
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
