//! AWS's partitions, each with its regions and domains: botocore, `botocore/data/partitions.json`
//! (regionRegex, dnsSuffix, dualStackDnsSuffix) as of August 2026.

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As in an ARN.
    pub name: &'static str,
    /// How the names of its regions begin; empty for `aws`, to which all other regions belong.
    region_prefix: &'static str,
    /// Domains of its endpoints: IPv4 alone, and dual-stack.
    pub domains: [&'static str; 2],
}

const fn partition(
    name: &'static str,
    region_prefix: &'static str,
    domains: [&'static str; 2],
) -> Partition {
    Partition {
        name,
        region_prefix,
        domains,
    }
}

static AWS: Partition = partition("aws", "", ["amazonaws.com", "api.aws"]);
static OTHERS: [Partition; 7] = [
    partition(
        "aws-cn",
        "cn-",
        ["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
    ),
    partition("aws-us-gov", "us-gov-", ["amazonaws.com", "api.aws"]),
    partition(
        "aws-eusc",
        "eusc-",
        ["amazonaws.eu", "api.amazonwebservices.eu"],
    ),
    partition("aws-iso", "us-iso-", ["c2s.ic.gov", "api.aws.ic.gov"]),
    partition("aws-iso-b", "us-isob-", ["sc2s.sgov.gov", "api.aws.scloud"]),
    partition(
        "aws-iso-e",
        "eu-isoe-",
        ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"],
    ),
    partition(
        "aws-iso-f",
        "us-isof-",
        ["csp.hci.ic.gov", "api.aws.hci.ic.gov"],
    ),
];

impl Partition {
    /// The partition of a region; `aws` for one that is not known, as botocore has it.
    pub fn of_region(region: &str) -> &'static Partition {
        let is_its = |p: &&Partition| region.starts_with(p.region_prefix);
        OTHERS.iter().find(is_its).unwrap_or(&AWS)
    }

    /// Every known partition.
    pub fn all() -> impl Iterator<Item = &'static Partition> {
        std::iter::once(&AWS).chain(&OTHERS)
    }

    /// Some partition has this domain.
    pub fn has_domain(domain: &str) -> bool {
        Partition::all().any(|p| p.domains.contains(&domain))
    }

    /// None if there is a partition of this name; otherwise the one whose name is nearest.
    pub fn nearest_to(name: &str) -> Option<&'static str> {
        let all = || Partition::all().map(|p| p.name);
        match all().any(|known| known == name) {
            true => None,
            false => all().min_by_key(|known| distance(&letters(known), &letters(name))),
        }
    }
}

/// Hyphens are what is most often wrong.
fn letters(name: &str) -> String {
    name.replace('-', "")
}

/// Characters to insert, remove or replace to make one of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        let cells = row.iter_mut().skip(1).zip(b.bytes());
        for (cell, to) in cells {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_belongs_to_one_partition() {
        for (region, name) in [
            ("us-east-1", "aws"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-west-1", "aws-iso-b"),
            ("us-isof-east-1", "aws-iso-f"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("cn-northwest-1", "aws-cn"),
            ("eusc-de-east-1", "aws-eusc"),
            // A region to come.
            ("nz-north-1", "aws"),
        ] {
            assert_eq!(Partition::of_region(region).name, name, "{region}");
        }
    }

    #[test]
    fn a_partition_that_is_not_known_has_a_nearest_one() {
        for (name, nearest) in [
            ("aws", None),
            ("aws-iso-f", None),
            ("aws-usgov", Some("aws-us-gov")),
            ("aws-gov", Some("aws-us-gov")),
            ("aws-china", Some("aws-cn")),
            ("aws-ch", Some("aws-cn")),
            ("aws-isob", Some("aws-iso-b")),
            ("aws-eucs", Some("aws-eusc")),
        ] {
            assert_eq!(Partition::nearest_to(name), nearest, "{name}");
        }
    }
}
