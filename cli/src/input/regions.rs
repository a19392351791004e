//! AWS's regions, for the spelling of one: STS itself says which it takes.

use mongodb_aws_auth::aws::check_region;
use mongodb_aws_auth::reason::printable;

use super::near::nearest;

/// Of botocore's `partitions.json`.
const REGIONS: [&str; 48] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
    // Names of STS's that are no regions.
    "aws-global",
    "global",
];

/// What is wrong with the form of a region, and the one that may be meant; `whence` says who set it.
pub fn fault(whence: &str, region: &str) -> Option<String> {
    check_region(region).err()?;
    let mut fault = format!(
        "{whence}: \"{}\" is no region; one looks like eu-central-1",
        printable(region)
    );
    if let Some(meant) = meant(region) {
        fault.push_str(&format!(". Did you mean {meant}?"));
    }
    Some(fault)
}

/// The known region that this one may be a slip of; `None` for a known one.
pub fn meant(region: &str) -> Option<&'static str> {
    let trimmed = region.trim();
    // Of an availability zone, its region.
    let zone = trimmed.strip_suffix(|last: char| ('a'..='f').contains(&last));
    let zone = zone.and_then(|region| REGIONS.iter().find(|known| **known == region));
    let found = zone.copied().or_else(|| nearest(trimmed, REGIONS));
    found.filter(|known| *known != region && check_region(known).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_is_none_is_named_with_the_one_that_may_be_meant() {
        for (region, wanted) in [
            ("EU-CENTRAL-1", "Did you mean eu-central-1?"),
            ("us-east-1b", "Did you mean us-east-1?"),
            ("eu_west_1", "Did you mean eu-west-1?"),
            (" us-west-2\n", "Did you mean us-west-2?"),
            ("Frankfurt", "looks like eu-central-1"),
            ("", "looks like eu-central-1"),
        ] {
            let fault = fault("AWS_REGION", region).unwrap();
            assert!(fault.starts_with("AWS_REGION: "), "{fault}");
            assert!(fault.contains(wanted), "{region}: {fault}");
            assert!(!fault.contains('\n'), "{fault}");
        }
        assert_eq!(fault("AWS_REGION", "eu-central-1"), None);
        assert_eq!(fault("AWS_REGION", "eu-new-9"), None);
    }

    #[test]
    fn a_well_formed_slip_has_its_nearest_region() {
        assert_eq!(meant("eu-centrall-1"), Some("eu-central-1"));
        assert_eq!(meant("us-esat-1"), Some("us-east-1"));
        assert_eq!(meant("us-east-1"), None);
    }
}
