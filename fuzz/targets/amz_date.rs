//! Any text as X-Amz-Date: accepted if and only if it is what its six numbers, each in its range,
//! are written as.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::date;

fuzz_target!(|text: &str| {
    let day = date::check(text).ok();
    assert_eq!(day, is_canonical(text).then(|| &text[..8]));
});

fn is_canonical(text: &str) -> bool {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u16>().ok();
    let numbers = (
        number(0, 4),
        number(4, 6),
        number(6, 8),
        number(9, 11),
        number(11, 13),
        number(13, 15),
    );
    let (
        Some(year),
        Some(month @ 1..=12),
        Some(day @ 1..=31),
        Some(hour @ 0..=23),
        Some(minute @ 0..=59),
        Some(second @ 0..=59),
    ) = numbers
    else {
        return false;
    };
    text == format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}
