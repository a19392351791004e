use super::*;

const SOON: Duration = Duration::from_millis(50);

#[test]
fn what_a_program_prints_is_its_answer() {
    assert_eq!(run("printf x; echo noise >&2", LIMIT), Ok(b"x".to_vec()));
}

#[test]
fn a_program_that_fails_is_told_by_its_status_and_without_its_standard_error() {
    for (command, words) in [
        ("echo hunter2 >&2; exit 7", "exit status: 7"),
        ("kill -9 $$", "signal: 9"),
        ("/none/program", "exit status: 127"),
        ("yes", "longer than 64 KiB"),
    ] {
        let why = run(command, LIMIT).unwrap_err();
        assert!(why.contains(words), "{command}: {why}");
        assert!(!why.contains("hunter2"), "{why}");
    }
}

#[test]
fn a_program_that_takes_too_long_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    for command in [
        "sleep 1000",
        "sleep 1000 & echo $! >PIDS; wait",
        "sleep 1000 & echo $! >PIDS; exec sleep 1000",
        "exec >&-; sleep 1000",
    ] {
        let _not_there = std::fs::remove_file(&pids);
        let command = command.replace("PIDS", pids.to_str().unwrap());
        // The limit runs from the start on, and the shell needs some of it.
        let limit = if command.contains("echo") {
            SOON * 20
        } else {
            SOON
        };
        let why = run(&command, limit).unwrap_err();
        assert!(why.contains("no answer within"), "{command}: {why}");
        let started = std::fs::read_to_string(&pids).unwrap_or_default();
        if let Ok(pid) = started.trim().parse::<i32>() {
            // Whoever reaps it comes later: a zombie has ended, too.
            let state = format!("/proc/{pid}/stat");
            let lives = || std::fs::read_to_string(&state).is_ok_and(|stat| !stat.contains(") Z "));
            while lives() {
                thread::yield_now();
            }
        }
    }
}

#[test]
fn an_answer_has_the_form_that_aws_asks_for() {
    let found = read(br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"b","SessionToken":"","Expiration":"2999-01-01T00:00:00Z"}"#);
    let found = found.unwrap();
    assert_eq!((found.access_key_id(), found.session_token()), ("A", None));
    for (answer, words) in [
        ("", "wrong at line"),
        ("hunter2", "wrong at line"),
        (
            r#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"hunter2"}"#,
            "version 2",
        ),
        (
            r#"{"Version":1,"SecretAccessKey":"hunter2"}"#,
            "wrong at line",
        ),
        (
            r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":["hunter2"]}"#,
            "wrong at line",
        ),
        (
            r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hunter2","Expiration":"2001-01-01T00:00:00Z"}"#,
            "expired",
        ),
        (
            r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hunter2","Expiration":"hunter2"}"#,
            "no date",
        ),
    ] {
        let why = read(answer.as_bytes()).unwrap_err();
        assert!(
            why.contains(words) && !why.contains("hunter2"),
            "{answer}: {why}"
        );
    }
}
