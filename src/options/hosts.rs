//! The options that say where STS is.

use std::fmt::Display;
use std::sync::Arc;

use super::OptionError;
use super::table::Draft;
use super::values::separators;
use crate::aws::{
    Endpoint, HostForm, Partition, region_and_domain, sts_host_form, sts_partition, sts_region,
};
use crate::reason::printable;

/// AWS has fewer regions in each partition.
const MOST_HOSTS: usize = 64;

/// The STS endpoints in order of preference; there is always a first.
#[derive(Clone, Debug)]
pub struct Endpoints {
    first: Arc<Endpoint>,
    others: Vec<Arc<Endpoint>>,
}

impl Endpoints {
    /// How many there are.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// The endpoint of this number, counted from 0; the first where there is no such.
    pub fn at(&self, index: usize) -> &Arc<Endpoint> {
        let other = index.checked_sub(1).and_then(|at| self.others.get(at));
        other.unwrap_or(&self.first)
    }

    /// The partition of AWS that they all belong to; none for a custom host.
    pub fn partition(&self) -> Option<&'static str> {
        sts_partition(self.first.host())
    }

    /// Why an identity of another partition is not known there.
    pub fn of_one_partition(&self) -> String {
        let host = printable(self.first.host());
        let own = self.partition().unwrap_or_default();
        format!("the STS host {host} has the identities of partition {own} alone")
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// Checks the hosts one by one and against each other.
pub(super) fn build(draft: &Draft) -> Result<Endpoints, OptionError> {
    let hosts: Vec<_> = draft.hosts.split_ascii_whitespace().collect();
    let urls: Vec<_> = draft.endpoint_urls.split_ascii_whitespace().collect();
    let wrong = |valid: &str| OptionError::new("awsStsHost", &draft.hosts, valid);
    if hosts.len() > MOST_HOSTS {
        return Err(wrong(&format!("at most {MOST_HOSTS} hosts")));
    }
    if !urls.is_empty() && urls.len() != hosts.len() {
        let valid = format!(
            "one URL for each host of awsStsHost, in the same order, or none at all{}",
            separators(&draft.endpoint_urls)
        );
        return Err(OptionError::new(
            "awsStsEndpoint",
            &draft.endpoint_urls,
            valid,
        ));
    }
    let mut endpoints = Vec::new();
    for (index, host) in hosts.iter().enumerate() {
        if hosts.iter().take(index).any(|earlier| earlier == host) {
            return Err(wrong("a host is duplicated"));
        }
        endpoints.push(Arc::new(endpoint(draft, host, urls.get(index).copied())?));
    }
    let mut partitions = hosts.iter().map(|host| sts_partition(host));
    let first = partitions.next().flatten();
    if !partitions.all(|other| other == first) {
        return Err(wrong(
            "all hosts belong to one AWS partition: accounts and keys of one mean nothing in another",
        ));
    }
    let mut endpoints = endpoints.into_iter();
    Ok(Endpoints {
        first: endpoints
            .next()
            .ok_or_else(|| wrong("a host has 1 to 255 characters"))?,
        others: endpoints.collect(),
    })
}

fn endpoint(draft: &Draft, host: &str, url: Option<&str>) -> Result<Endpoint, OptionError> {
    let wrong_host = |valid: &dyn Display| {
        OptionError::new("awsStsHost", host, format!("{valid}{}", separators(host)))
    };
    let form = sts_host_form(host).map_err(|valid| wrong_host(&valid))?;
    if form == HostForm::Custom && !draft.allow_custom_host {
        let valid = match expected_domains(host) {
            Some(domains) => format!("a region of AWS has its STS hosts at {domains}"),
            None => {
                "sts.amazonaws.com, sts.REGION.amazonaws.com or another of AWS's names of STS; \
                     to connect elsewhere (VPC endpoint, proxy) set awsStsEndpoint, and for an \
                     STS-compatible service awsStsAllowCustomHost=true"
                    .to_owned()
            }
        };
        return Err(wrong_host(&valid));
    }
    let region = (!draft.region.is_empty()).then_some(draft.region.as_str());
    if let (Some(region), HostForm::Sts) = (region, form) {
        let valid = "drivers derive the region from awsStsHost; this is for custom hosts only";
        return Err(OptionError::new("awsStsRegion", region, valid));
    }
    let shown = url.unwrap_or_default();
    let wrong_url = |valid: &dyn Display| {
        OptionError::new(
            "awsStsEndpoint",
            shown,
            format!("{valid}{}", separators(shown)),
        )
    };
    let endpoint = Endpoint::new(host, region, url).map_err(|valid| wrong_url(&valid))?;
    match sts_region(endpoint.server_name()) {
        Some(there) if form == HostForm::Sts && there != endpoint.region() => {
            let region = endpoint.region();
            Err(wrong_url(&format!(
                "it is in region {there}, and for {host} clients sign for {region}, so that STS refuses them"
            )))
        }
        _ => Ok(endpoint),
    }
}

/// The domains that the region in a host belongs to, if it is one of STS with another domain of AWS.
fn expected_domains(host: &str) -> Option<String> {
    let (region, domain) = region_and_domain(host)?;
    let is_aws = Partition::has_domain(domain);
    let partition = Partition::of_region(region);
    is_aws.then(|| format!("{} ({})", partition.domains.join(" and "), partition.name))
}
