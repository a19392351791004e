//! `whoami` and `principal`: identities and their user names.

use serde_json::json;

use mongodb_aws_auth::identity::PrincipalFormat;

use crate::args::{Principal as PrincipalArgs, Whoami};
use crate::aws::{CaFile, Client, Failure, OddToken, Source};
use crate::input::arn_faults::shown;
use crate::input::credentials::shown_key_id;
use crate::input::principal::{Principal, create_user, look_at};
use crate::output::{Exit, Paint, Report, Unusable, facts, wrapped, wrapped_behind};

/// Runs `whoami`.
pub fn whoami(args: &Whoami, paint: Paint) -> Result<Report, Unusable> {
    if let Some(arn) = &args.arn {
        return Ok(present(args, arn, &[], None, paint));
    }
    let ca_file = CaFile::of(args.ca_file.as_deref());
    let client = Client::new(&args.aws, ca_file.as_ref())?;
    let endpoint = client.endpoint(args.sts_endpoint.as_deref())?;
    Ok(match client.caller(endpoint.as_deref()) {
        Ok(caller) => {
            let source = caller.source.to_string();
            let key_id = shown_key_id(&caller.access_key_id);
            let identity = shown(&caller.arn);
            let rows = [
                ("identity", identity.as_str()),
                ("account", &caller.account),
                ("user id", &caller.user_id),
                ("access key id", &key_id),
                ("credentials", &source),
                ("region", &caller.region),
            ];
            present(args, &caller.arn, &rows, caller.odd_token, paint)
        }
        Err((failure, source)) => refused(&failure, source, paint),
    })
}

fn present(
    args: &Whoami,
    arn: &str,
    rows: &[(&str, &str)],
    odd_token: Option<OddToken>,
    paint: Paint,
) -> Report {
    let principal = match look_at(arn) {
        Ok(principal) => principal,
        Err(why) => {
            let facts = facts(rows);
            return Report {
                text: format!(
                    "{facts}{}",
                    wrapped("", &paint.red(&format!("{}: {why}", shown(arn))))
                ),
                json: json!({ "arn": shown(arn), "error": why }),
                exit: Exit::Wrong,
            };
        }
    };
    let name = principal.name(args.format.into());
    let command = name.map(|name| create_user(name, &args.grant));
    let warning = odd_token.map(|odd| odd.to_string());
    let mut document = json!({
        "principal": principal,
        "userName": name,
        "createUser": command,
        "warning": warning,
    });
    if let Some(document) = document.as_object_mut() {
        for (key, value) in rows.iter().skip(1) {
            document.insert(camel(key), json!(value));
        }
    }
    let mut all = rows.to_vec();
    if rows.is_empty() {
        all.push(("ARN", arn));
        all.push(("account", &principal.account));
    }
    all.push(("kind", principal.kind));
    let title = paint.bold(name.unwrap_or("none in this format"));
    all.push(("user name", &title));
    let mut text = facts(&all);
    for note in warning.iter().chain(&principal.notes) {
        text.push_str(&wrapped_behind("  - ", "    ", note));
    }
    if let Some(command) = &command {
        text.push_str(&format!(
            "\nIn mongosh, as an administrator:\n\n{command}\n"
        ));
        if args.grant.is_empty() {
            text.push('\n');
            text.push_str(&wrapped(
                "",
                "It may log in and do nothing yet: give roles with --grant readWrite@DATABASE.",
            ));
        }
    }
    let exit = match name {
        Some(_) => Exit::Fine,
        None => Exit::Wrong,
    };
    Report {
        json: document,
        text,
        exit,
    }
}

fn camel(words: &str) -> String {
    let mut out = String::new();
    for word in words.split(' ') {
        match (out.is_empty(), word.chars().next()) {
            (false, Some(first)) => {
                out.extend(first.to_uppercase());
                out.extend(word.chars().skip(1));
            }
            _ => out.push_str(word),
        }
    }
    out
}

fn refused(failure: &Failure, source: Option<Source>, paint: Paint) -> Report {
    let remedy = failure.remedy();
    let source = source.map_or(String::new(), |source| source.to_string());
    Report {
        text: format!(
            "{}{}{}",
            facts(&[("credentials", &source)]),
            wrapped("", &paint.red(&failure.to_string())),
            wrapped("  ", &remedy)
        ),
        json: json!({
            "error": failure.to_string(),
            "credentials": (!source.is_empty()).then_some(source),
            "stsErrorCode": failure.sts_code(),
            "reason": failure.reason().map(|reason| reason.number()),
            "remedy": remedy,
        }),
        exit: Exit::Wrong,
    }
}

/// Runs `principal`.
pub fn principal(args: &PrincipalArgs, paint: Paint) -> Report {
    let looks: Vec<_> = args.arn.iter().map(|arn| (arn, look_at(arn))).collect();
    let fine = looks.iter().all(|(_, look)| look.is_ok());
    let texts = looks.iter().map(|(arn, look)| match look {
        Ok(principal) => describe(principal, paint),
        Err(why) => format!(
            "{}\n{}",
            shown(arn),
            wrapped("  ", &format!("{} {why}", paint.red("no user:")))
        ),
    });
    let json = looks.iter().map(|(arn, look)| match look {
        Ok(principal) => json!({ "ok": true, "principal": principal }),
        Err(why) => json!({ "ok": false, "arn": shown(arn), "error": why }),
    });
    Report {
        text: texts.collect::<Vec<_>>().join("\n"),
        json: json!({ "principals": json.collect::<Vec<_>>() }),
        exit: if fine { Exit::Fine } else { Exit::Wrong },
    }
}

fn describe(principal: &Principal, paint: Paint) -> String {
    let name = |format| principal.name(format).unwrap_or("refused in this format");
    let mut text = format!("{} ({})\n", principal.arn, principal.kind);
    for (label, format) in [
        ("iamRole    ", PrincipalFormat::IamRole),
        ("stsWildcard", PrincipalFormat::StsWildcard),
    ] {
        text.push_str(&format!("  {label}  {}\n", paint.bold(name(format))));
    }
    for note in &principal.notes {
        text.push_str(&wrapped_behind("  - ", "    ", note));
    }
    text
}
