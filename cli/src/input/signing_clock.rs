//! What a refusal by STS says about the clock that the client signed with.

use mongodb_aws_auth::reason::printable;
use time::PrimitiveDateTime;
use time::macros::format_description;

/// STS takes signatures of this many seconds before and after its own time.
const ACCEPTED: i64 = 15 * 60;
/// Differences up to this far from a whole half hour look like a time zone.
const ZONE_TOLERANCE: i64 = 3 * 60;
const HALF_HOUR: i64 = 30 * 60;
const LARGEST_ZONE: i64 = 14 * 3600;
/// Years by which other calendars differ from the one that signatures are dated by.
const CALENDARS: [(i32, i32, &str); 8] = [
    (543, 544, "Buddhist"),
    (3760, 3761, "Hebrew"),
    (-8, -7, "Ethiopian"),
    (-284, -283, "Coptic"),
    (-580, -577, "Islamic"),
    (-622, -621, "Persian"),
    (-1912, -1911, "Minguo (Taiwan)"),
    (-2019, -1988, "Japanese"),
];

/// The dates in STS's message compared: `Signature expired: A is now earlier than B (C - 15 min.)`, where
/// A is the signature's and C STS's own.
pub fn note(message: &str) -> Option<String> {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let dates: Vec<&str> = words.filter(|word| is_date(word)).collect();
    let (first, last) = (dates.first()?, dates.last()?);
    let years = year(first)? - year(last)?;
    let mut calendars = CALENDARS.iter();
    let calendar = calendars.find(|(least, most, _)| (*least..=*most).contains(&years));
    if let Some((.., calendar)) = calendar {
        return Some(format!(
            "The signature is dated {}, STS's clock shows {}: as far apart as the {calendar} calendar \
             and the Gregorian one, by which the client has to date signatures: check its locale.",
            printable(first),
            printable(last)
        ));
    }
    let difference = seconds(first)? - seconds(last)?;
    let zone = (difference.abs() + HALF_HOUR / 2) / HALF_HOUR * HALF_HOUR;
    let is_zone = (difference.abs() - zone).abs() <= ZONE_TOLERANCE
        && (HALF_HOUR..=LARGEST_ZONE).contains(&difference.abs());
    let way = if difference > 0 { "ahead of" } else { "behind" };
    let hint = match is_zone {
        true => " That is a time zone: the clock is set to local time as if it were UTC.",
        false => "",
    };
    (difference.abs() > ACCEPTED / 2).then(|| {
        format!(
            "The client's clock is {} {way} STS's.{hint}",
            span(difference.abs())
        )
    })
}

fn is_date(word: &str) -> bool {
    let form = |(at, b): (usize, u8)| match at {
        8 => b == b'T',
        15 => b == b'Z',
        _ => b.is_ascii_digit(),
    };
    word.len() == 16 && word.bytes().enumerate().all(form)
}

fn year(date: &str) -> Option<i32> {
    date.get(..4)?.parse().ok()
}

fn seconds(date: &str) -> Option<i64> {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = PrimitiveDateTime::parse(date, &form).ok()?;
    Some(date.assume_utc().unix_timestamp())
}

/// In the largest units that fit.
fn span(seconds: i64) -> String {
    match seconds {
        ..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_told_as_a_difference() {
        for (message, wanted) in [
            (
                "Signature expired: 20261129T100000Z is now earlier than 20261129T101500Z (20261129T103000Z - 15 min.)",
                "30 minutes behind STS's. That is a time zone",
            ),
            (
                "Signature not yet current: 20261129T104100Z is still later than 20261129T102000Z (20261129T100500Z + 15 min.)",
                "36 minutes ahead of STS's.",
            ),
            (
                "Signature expired: 20261129T043000Z is now earlier than 20261129T094500Z (20261129T100000Z - 15 min.)",
                "5 h 30 min behind STS's. That is a time zone",
            ),
            (
                "Signature expired: 19700102T000000Z is now earlier than 20261129T094500Z (20261129T100000Z - 15 min.)",
                "days behind STS's.",
            ),
        ] {
            let note = note(message).unwrap();
            assert!(note.contains(wanted), "{message}: {note}");
        }
        assert!(!note("Signature expired: 20261129T092300Z is now earlier than 20261129T094500Z (20261129T100000Z - 15 min.)").unwrap().contains("zone"));
    }

    #[test]
    fn the_year_of_another_calendar_is_named() {
        for (year, calendar) in [
            ("2569", "Buddhist"),
            ("1448", "Islamic"),
            ("1405", "Persian"),
            ("0115", "Minguo"),
            ("0008", "Japanese"),
            ("5787", "Hebrew"),
            ("2019", "Ethiopian"),
        ] {
            let message = format!(
                "Signature expired: {year}0229T100000Z is now earlier than 20261129T094500Z (20261129T100000Z - 15 min.)"
            );
            let note = note(&message).unwrap();
            assert!(note.contains(calendar), "{year}: {note}");
        }
    }

    #[test]
    fn what_has_no_dates_says_nothing() {
        for message in [
            "",
            "Signature expired",
            "20261129T100000Z",
            "x20261399T999999Z 20261129T100000Z",
        ] {
            assert_eq!(note(message), None, "{message}");
        }
    }
}
