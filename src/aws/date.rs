//! `X-Amz-Date`: ISO 8601 basic format in UTC (AWS Signature Version 4).

use crate::reason::{Failure, Reason};

/// Checks `YYYYMMDDTHHMMSSZ`, each part in its range, and gives the day, `YYYYMMDD`.
///
/// The calendar and the distance to the present are left to STS, which has the rule and the clock.
pub fn check(date: &str) -> Result<&str, Failure> {
    day_of(date).ok_or_else(|| {
        let detail = format!("it has {} bytes", date.len());
        Failure::new(Reason::DateMalformed, detail)
    })
}

fn day_of(date: &str) -> Option<&str> {
    let (day, time) = date.strip_suffix('Z')?.split_once('T')?;
    let has_digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if !has_digits(day, 8) || !has_digits(time, 6) {
        return None;
    }
    // Texts of two digits have the order of their numbers.
    let is_in_range = ("01"..="12").contains(&day.get(4..6)?)
        && ("01"..="31").contains(&day.get(6..)?)
        && time.get(..2)? <= "23"
        && time.get(2..4)? <= "59"
        && time.get(4..)? <= "59";
    is_in_range.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s8_a_time_of_the_form_is_accepted_and_gives_its_day() {
        for (date, day) in [
            ("20261123T190102Z", "20261123"),
            ("20240229T235959Z", "20240229"),
            ("00000101T000000Z", "00000101"),
            ("99991231T235959Z", "99991231"),
        ] {
            assert_eq!(check(date), Ok(day));
        }
    }

    #[test]
    fn s8_the_calendar_is_left_to_sts() {
        for date in [
            "20260230T000000Z",
            "20230229T000000Z",
            "20250229T120000Z",
            "20260431T000000Z",
        ] {
            assert_eq!(check(date), Ok(&date[..8]));
        }
    }

    #[test]
    fn s8_any_other_text_is_refused() {
        for date in [
            "",
            "20261123T190102",
            "20261123T190102z",
            "20261123t190102Z",
            "20261123T190102ZZ",
            "20261123T12000Z",
            "20261123T1200000Z",
            "2026-11-23T12:00:00Z",
            "Mon, 23 Nov 2026 12:00:00 GMT",
            "T20261123190102Z",
            "2026112T3190102Z",
            "20261123 190102Z",
            "20261123T190102+00:00",
            "20260001T000000Z",
            "20261301T000000Z",
            "20260100T000000Z",
            "20260132T000000Z",
            "20261100T120000Z",
            "20261132T120000Z",
            "20261123T240000Z",
            "20261123T126000Z",
            "20261123T236000Z",
            "20261123T120060Z",
            "20261123T235960Z",
            "\u{0662}\u{0660}261123T120000Z",
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
