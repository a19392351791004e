//! The time stamp of Signature Version 4: `YYYYMMDDTHHMMSSZ`, always UTC.

use std::time::SystemTime;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const AMZ_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Writes a time as `X-Amz-Date` has it.
pub fn format(at: SystemTime) -> String {
    OffsetDateTime::from(at)
        .format(AMZ_DATE)
        .unwrap_or_default()
}

/// Reads an `X-Amz-Date` value; `None` if it has another form or is no date of the calendar.
pub fn parse(text: &str) -> Option<SystemTime> {
    let date_time = PrimitiveDateTime::parse(text, AMZ_DATE).ok()?;
    Some(date_time.assume_utc().into())
}

/// Writes a time as the HTTP header `Date` has it.
pub(crate) fn format_http(at: SystemTime) -> String {
    OffsetDateTime::from(at)
        .format(HTTP_DATE)
        .unwrap_or_default()
}

/// The day of a time stamp, as the credential scope has it: its first eight characters.
pub(crate) fn day(amz_date: &str) -> &str {
    amz_date.get(..8).unwrap_or(amz_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_formatting_and_parsing() {
        let at = parse("20260131T235959Z").unwrap();
        assert_eq!(format(at), "20260131T235959Z");
        assert_eq!(format_http(at), "Sat, 31 Jan 2026 23:59:59 GMT");
    }

    #[test]
    fn other_forms_and_impossible_dates_are_refused() {
        for text in [
            "",
            "20260131",
            "20260131T235959",
            "20260131t235959z",
            "20260230T000000Z",
            "20260131T240000Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
