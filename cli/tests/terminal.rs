//! The tool at a terminal: completions in real shells, widths, output that cannot be written, standard
//! input.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use support::{ALICE, Machine};

const TOOL: &str = env!("CARGO_BIN_EXE_mongodb-aws-auth");

/// What the shell prints for this script, after the tool's completions for it.
fn in_shell(machine: &Machine, shell: &str, script: &str) -> String {
    let completions = machine.run(&["completions", shell]);
    assert_eq!(completions.status, 0, "{completions:?}");
    let file = machine.file("completions", &completions.stdout);
    let output = Command::new(shell)
        .args(["-c", script, shell, &file])
        .env_clear()
        .env("HOME", machine.home.path())
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap_or_else(|error| panic!("{shell}: {error}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{shell}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// What can stand in the place of the last word.
fn bash(words: &[&str]) -> Vec<String> {
    let script = r#"
        . "$1"
        words="$2"
        IFS='|' read -ra COMP_WORDS <<<"$WORDS"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        function=$(complete -p mongodb-aws-auth | sed 's/.*-F \([^ ]*\) .*/\1/')
        "$function" mongodb-aws-auth "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let line = words.join("|");
    let text = in_shell(
        &Machine::new(),
        "bash",
        &format!("WORDS='{line}'\n{script}"),
    );
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_their_options_and_values() {
    for (words, wanted, not) in [
        (&["mongodb-aws-auth", "who"][..], "whoami", "check"),
        (
            &["mongodb-aws-auth", "whoami", "--gr"],
            "--grant",
            "--config",
        ),
        (
            &["mongodb-aws-auth", "check", "--set"],
            "--setParameter",
            "--grant",
        ),
        (
            &["mongodb-aws-auth", "check", "--config", "x", "--off"],
            "--offline",
            "--config",
        ),
        (
            &["mongodb-aws-auth", "whoami", "--format", "sts"],
            "stsWildcard",
            "iamRole",
        ),
        (&["mongodb-aws-auth", "completions", "fi"], "fish", "bash"),
        (
            &["mongodb-aws-auth", "--json", "explain", "--js"],
            "--json",
            "--out",
        ),
    ] {
        let found = bash(words);
        assert!(
            found.iter().any(|word| word == wanted),
            "{words:?}: {found:?}"
        );
        assert!(
            !found.iter().any(|word| word == not),
            "{words:?}: {found:?}"
        );
    }
}

#[test]
fn fish_completes_commands_and_their_options() {
    for (line, wanted) in [
        ("mongodb-aws-auth who", "whoami"),
        ("mongodb-aws-auth whoami --gr", "--grant"),
        ("mongodb-aws-auth check --off", "--offline"),
        ("mongodb-aws-auth whoami --format sts", "stsWildcard"),
        ("mongodb-aws-auth completions fi", "fish"),
        ("mongodb-aws-auth completions ", "powershell"),
        ("mongodb-aws-auth check --config x --set", "--setParameter"),
        ("mongodb-aws-auth --json explain --js", "--json"),
    ] {
        let script = format!("source $argv[2]; complete --do-complete '{line}'");
        let text = in_shell(&Machine::new(), "fish", &script);
        let mut found = text.lines().map(|line| line.split('\t').next().unwrap());
        assert!(found.any(|word| word == wanted), "{line}: {text}");
    }
}

#[test]
fn zsh_completes_commands_their_options_and_values() {
    // A shell at a terminal, in which a key completes the line and shows it.
    let script = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=; autoload -Uz compinit && compinit -u -D; source $1; show() {
            zle complete-word; print -r -- \"<\$BUFFER>\" >>$HOME/lines; BUFFER=; print DO''NE
        }; zle -N show; bindkey '^T' show; print READ''Y"
        zpty -r shell out '*READY*'
        while read -r line; do
            zpty -w -n shell "$line"$'\C-t'
            zpty -r shell out '*DONE*'
        done <<<"$LINES_TO_COMPLETE"
        cat $HOME/lines
    "#;
    let lines = [
        ("mongodb-aws-auth who", "mongodb-aws-auth whoami "),
        (
            "mongodb-aws-auth whoami --gr",
            "mongodb-aws-auth whoami --grant=",
        ),
        (
            "mongodb-aws-auth check --off",
            "mongodb-aws-auth check --offline ",
        ),
        (
            "mongodb-aws-auth whoami --format sts",
            "mongodb-aws-auth whoami --format stsWildcard ",
        ),
        (
            "mongodb-aws-auth completions fi",
            "mongodb-aws-auth completions fish ",
        ),
        (
            "mongodb-aws-auth --json explain --js",
            "mongodb-aws-auth --json explain --json ",
        ),
        (
            "mongodb-aws-auth check --config x --set",
            "mongodb-aws-auth check --config x --setParameter=",
        ),
    ];
    let given = lines.map(|(line, _)| line).join("\n");
    let script = format!("LINES_TO_COMPLETE='{given}'\n{script}");
    let text = in_shell(&Machine::new(), "zsh", &script);
    let wanted = lines.map(|(_, wanted)| format!("<{wanted}>\n")).concat();
    assert_eq!(text, wanted);
}

fn longest_line(machine: &Machine, arguments: &[&str]) -> usize {
    let run = machine.run(arguments);
    let widths = run.stdout.lines().map(|line| line.chars().count());
    widths.max().unwrap()
}

#[test]
fn lines_are_as_long_as_the_terminal_is_wide() {
    for arguments in [
        &["explain", "302"][..],
        &["explain", "391"],
        &["options"],
        &["check", "--offline"],
        &["principal", "alice"],
        &["--help"],
        &["check", "--help"],
    ] {
        let usual = longest_line(&Machine::new(), arguments);
        assert!(usual <= 80, "{arguments:?}: {usual}");
        let wide = longest_line(&Machine::new().set("COLUMNS", "132"), arguments);
        assert!((usual..=132).contains(&wide), "{arguments:?}: {wide}");
    }
    let narrow = Machine::new().set("COLUMNS", "60");
    assert!(longest_line(&narrow, &["explain", "302"]) <= 60);
    for odd in ["0", "-1", "moon", ""] {
        let machine = Machine::new().set("COLUMNS", odd);
        assert!(longest_line(&machine, &["explain", "302"]) <= 80, "{odd}");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    for arguments in [
        &["principal", ALICE][..],
        &["explain", "301", "--json"],
        &["options"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
        &["whoami", "--help"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut tool = Command::new(TOOL);
        let output = tool.args(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains("standard output"),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn help_and_manual_pages_have_examples_and_the_environment() {
    for command in [
        "whoami",
        "check",
        "principal",
        "options",
        "explain",
        "completions",
        "man",
    ] {
        let help = Machine::new().run(&[command, "--help"]);
        help.assert_says(0, &["Example", &format!("mongodb-aws-auth {command}")]);
    }
    let machine = Machine::new();
    let folder = machine.home.path().join("man");
    machine.run(&["man", "--out", folder.to_str().unwrap()]);
    for (page, words) in [
        ("mongodb-aws-auth", ["NO_COLOR", "Exit status"]),
        ("mongodb-aws-auth-whoami", ["AWS_CA_BUNDLE", "no_proxy"]),
        ("mongodb-aws-auth-check", ["https_proxy", "Examples"]),
    ] {
        let text = std::fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        for word in words {
            assert!(text.contains(word), "{page}: {word}");
        }
    }
}

fn explain(arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = Command::new(TOOL)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A tool that does not read it ends before.
    let _not_read = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

#[test]
fn explain_reads_lines_from_standard_input() {
    let log = "{\"msg\":\"Connection accepted\"}\n\
               {\"msg\":\"MONGODB-AWS login refused\",\"attr\":{\"reason\":304}}\n\
               {\"msg\":\"MONGODB-AWS login refused\",\"attr\":{\"reason\":310}}\n\
               {\"msg\":\"MONGODB-AWS login refused\",\"attr\":{\"reason\":304}}\n";
    for arguments in [&["explain"][..], &["explain", "-"]] {
        let (status, text) = explain(arguments, log);
        assert_eq!(status, 0, "{text}");
        assert_eq!(text.matches("304 SignatureExpired").count(), 1, "{text}");
        assert!(text.contains("310 AccountNotAllowed"), "{text}");
    }
    assert_eq!(explain(&["explain"], "the moon\nis full\n").0, 1);
    let (status, text) = explain(&["explain"], "");
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("nothing to explain"), "{text}");
    let (status, text) = explain(&["explain"], &"a line\n".repeat(3 << 20));
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("larger than 16 MiB"), "{text}");
    assert_eq!(
        explain(&["explain", "301"], log).1.matches("301").count(),
        1
    );
}

#[test]
fn explain_comes_to_its_end_on_a_large_log() {
    const SIZE: usize = 2 << 20;
    // What would be looked at again and again, and lines that all mean something else.
    let lines_of = |words: &str| {
        let line = words.repeat(60_000 / words.len());
        format!("{line}\n").repeat(SIZE / 60_000)
    };
    let distinct = |number| {
        format!("MONGODB-AWS login verified principal=arn:aws:iam::123456789012:user/u{number}")
    };
    for log in [
        lines_of("login reason "),
        lines_of("principal=\"verified "),
        lines_of("SignatureMismatchIsNoCode "),
        lines_of("could not find user \" "),
        lines_of("{\"a\":"),
        lines_of("login code reason principal "),
        "x\n".repeat(SIZE / 40),
        (0..SIZE / 80).map(distinct).collect::<Vec<_>>().join("\n"),
    ] {
        let (status, text) = explain(&["explain"], &log);
        assert!([0, 1].contains(&status), "{text}");
    }
}

#[test]
fn explain_says_which_of_several_numbers_nobody_knows() {
    let (status, text) = explain(&["explain", "301", "302"], "");
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains("301 Sig") && text.contains("302 Acc"),
        "{text}"
    );
    let (status, text) = explain(&["explain", "301", "999"], "");
    assert_eq!(status, 1, "{text}");
    assert!(
        text.contains("301 Sig") && text.contains("999: no known"),
        "{text}"
    );
}

#[test]
fn messages_on_standard_error_are_as_wide_as_the_terminal() {
    for (columns, width) in [("40", 40), ("64", 64), ("0", 80)] {
        let machine = Machine::new().set("COLUMNS", columns);
        let old = machine.file("c", "port = 27017\n");
        for arguments in [
            &["check", "--offline", "--config", &old][..],
            &["check", "--offline", "--config", "/none"],
            &["whoami", "--grant", "readWrite"],
            &["whoami", "--nope", "x"],
        ] {
            let run = machine.run(arguments);
            assert_eq!(run.status, 2, "{run:?}");
            for line in run.stderr.lines() {
                let is_one_word = line.split_whitespace().count() == 1;
                assert!(
                    line.chars().count() <= width || is_one_word,
                    "{width}: {run:?}"
                );
            }
        }
    }
}
