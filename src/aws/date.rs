//! `X-Amz-Date`: ISO 8601 basic format in UTC (AWS Signature Version 4).

use crate::reason::{Failure, Reason};

/// Checks `YYYYMMDDTHHMMSSZ` and gives the day, `YYYYMMDD`.
///
/// Whether the time is near now is for STS to judge: it knows the rule and has the right clock.
pub fn check(date: &str) -> Result<&str, Failure> {
    let malformed = || {
        Failure::new(
            Reason::DateMalformed,
            format!("it has {} bytes", date.len()),
        )
    };
    let &[
        y1,
        y2,
        y3,
        y4,
        m1,
        m2,
        d1,
        d2,
        b'T',
        h1,
        h2,
        i1,
        i2,
        s1,
        s2,
        b'Z',
    ] = date.as_bytes()
    else {
        return Err(malformed());
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let parts = (
        number(&[y1, y2, y3, y4]),
        number(&[m1, m2]),
        number(&[d1, d2]),
        number(&[h1, h2]),
        number(&[i1, i2]),
        number(&[s1, s2]),
    );
    let (Some(year), Some(month), Some(day), Some(0..=23), Some(0..=59), Some(0..=59)) = parts
    else {
        return Err(malformed());
    };
    if day == 0 || day > days_in(year, month) {
        return Err(malformed());
    }
    date.get(..8).ok_or_else(malformed)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_time_is_accepted_and_gives_its_day() {
        for (date, day) in [
            ("20261123T190102Z", "20261123"),
            ("20240229T235959Z", "20240229"),
            ("20000229T000000Z", "20000229"),
        ] {
            assert_eq!(check(date), Ok(day));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for date in [
            "",
            "20261123T190102",
            "20261123T190102z",
            "20261123T190102ZZ",
            "20261123 190102Z",
            "20261123T190102+00:00",
            "20260230T000000Z",
            "20230229T000000Z",
            "19000229T000000Z",
            "20260001T000000Z",
            "20261301T000000Z",
            "20260100T000000Z",
            "20261123T240000Z",
            "20261123T236000Z",
            "20261123T235960Z",
            "2026112\u{0663}T90102Z",
            "2026112aT190102Z",
            "20261123T19010\nZ",
            "20261123T190102\0",
        ] {
            assert_eq!(
                check(date).map_err(|f| f.reason),
                Err(Reason::DateMalformed),
                "{date:?}"
            );
        }
    }
}
