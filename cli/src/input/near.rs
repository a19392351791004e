//! Names that are spelt almost like a known one.

/// Longer words are no misspelt names.
const LENGTH_LIMIT: usize = 128;

/// The known name that is nearest to this one, if it is near: up to a fifth of its letters differ.
/// Upper and lower case, hyphens and underscores are alike. A name that is known is nearest to itself.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.is_empty() || name.len() > LENGTH_LIMIT {
        return None;
    }
    let plain = |name: &str| name.to_lowercase().replace(['_', ' '], "-");
    let wanted = plain(name);
    let distances = known.into_iter().map(|known| {
        let distance = strsim::osa_distance(&wanted, &plain(known));
        (distance, known)
    });
    let near = distances.filter(|(distance, known)| *distance <= (known.len() / 5).clamp(1, 3));
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        const KNOWN: [&str; 3] = ["SCRAM-SHA-256", "MONGODB-AWS", "awsStsHost"];
        for (name, wanted) in [
            ("SCRAM-SHA256", Some("SCRAM-SHA-256")),
            ("mongodb_aws", Some("MONGODB-AWS")),
            ("MONGO-AWS", Some("MONGODB-AWS")),
            ("awsStsHots", Some("awsStsHost")),
            ("AWSSTSHOST", Some("awsStsHost")),
            ("PLAIN", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, KNOWN), wanted, "{name}");
        }
        assert_eq!(nearest(&"a".repeat(100_000), KNOWN), None);
    }
}
