//! Any bytes as STS's response behind TLS, in records and writes of any size, then an end or none. The
//! login fails, or has what another reader finds in the bytes; the login after it, over the same agent,
//! has its own response.
#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Answer, read_answer};
use mongodb_aws_auth::ports::Attempt;
use second_opinion::http::{Response, first_response};
use second_opinion::sts::{Cut, Ending, Sts};

/// The deadline of a login whose response ends.
const LONG: Duration = Duration::from_secs(4);
/// The deadline of one whose response may never end.
const SHORT: Duration = Duration::from_millis(10);
/// Longer than the kernel takes from one socket to another.
const DELIVERY: Duration = Duration::from_millis(50);

static STS: LazyLock<Mutex<Sts>> = LazyLock::new(|| Mutex::new(Sts::start()));
static LOGINS: AtomicU64 = AtomicU64::new(0);

/// The first four bytes of an input; the rest is the response.
#[derive(Debug)]
struct Plan {
    ending: Ending,
    /// What follows the response is sent once the login has ended.
    late_surplus: bool,
    /// The connection has served a login before.
    reused: bool,
    cut: Cut,
}

impl Plan {
    fn read(&[mode, record, segment, withheld]: &[u8; 4]) -> Plan {
        Plan {
            ending: match mode & 3 {
                0 => Ending::Open,
                1 | 3 => Ending::Orderly,
                _ => Ending::Abrupt,
            },
            late_surplus: mode & 4 != 0,
            reused: mode & 8 != 0,
            cut: Cut {
                record,
                segment,
                withheld,
            },
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((plan, bytes)) = bytes.split_first_chunk() else {
        return;
    };
    let plan = Plan::read(plan);
    if run(&plan, bytes, Duration::ZERO).is_err() {
        // The kernel may deliver the end of a response after the next request has been sent. No client
        // can tell then what belongs to which.
        run(&plan, bytes, DELIVERY).expect("the next login has its own response");
    }
});

fn run(plan: &Plan, bytes: &[u8], pause: Duration) -> Result<(), Attempt> {
    let mut sts = STS.lock().expect("no panic");
    if plan.reused {
        undisturbed(&mut sts)?;
    }
    let expected = first_response(bytes);
    let end = expected.as_ref().and_then(|response| response.end);
    let (now, late) = match end {
        Some(end) if plan.late_surplus => bytes.split_at(end),
        _ => (bytes, &[][..]),
    };
    let may_wait = plan.ending == Ending::Open && (end.is_none() || plan.cut.withheld > 0);
    let total = if may_wait { SHORT } else { LONG };
    let first = sts.login(total, |sts| {
        sts.send(now, plan.cut);
        sts.end(plan.ending);
    });
    assert!(may_wait || !first.timed_out, "{first:?}");
    check(&first, expected.as_ref(), plan);

    sts.send(late, plan.cut);
    thread::sleep(pause);
    let second = undisturbed(&mut sts);
    sts.end(Ending::Abrupt);
    second
}

fn check(attempt: &Attempt, expected: Option<&Response>, plan: &Plan) {
    let Ok(answer) = &attempt.result else { return };
    let expected = expected.expect("a response");
    assert_eq!(attempt.status, Some(expected.status));
    assert!(!expected.encoded);
    let content_type = expected.content_type.as_deref();
    let other = read_answer(expected.status, content_type, &expected.body);
    assert_eq!(other.as_ref().ok(), Some(answer));
    if expected.end.is_none() {
        assert!(plan.ending == Ending::Orderly && plan.cut.withheld == 0);
    }
    if let Answer::Caller(caller) = answer {
        let body = str::from_utf8(&expected.body).expect("UTF-8");
        let is_escaped = body.contains(['\\', '&']);
        assert!(is_escaped || body.contains(&caller.arn.text));
    }
}

/// A login whose response is well-formed and has an identity that no other response has.
fn undisturbed(sts: &mut Sts) -> Result<(), Attempt> {
    let number = LOGINS.fetch_add(1, Ordering::Relaxed);
    let arn = format!("arn:aws:iam::210987654321:user/login-{number}");
    let body = format!(
        r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Arn":"{arn}","UserId":"AIDA","Account":"210987654321"}}}}}}"#
    );
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let attempt = sts.login(LONG, |sts| sts.send(response.as_bytes(), Cut::default()));
    match &attempt.result {
        Ok(Answer::Caller(caller)) if caller.arn.text == arn => Ok(()),
        _ => Err(attempt),
    }
}
