//! The options that say where STS is.

use std::sync::Arc;

use super::OptionError;
use super::table::Draft;
use crate::aws::{Endpoint, HostForm, sts_host_form, sts_partition};

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
    if !urls.is_empty() && urls.len() != hosts.len() {
        let valid = "one URL for each host of awsStsHost, in the same order, or none at all";
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
    let form = sts_host_form(host).map_err(|valid| OptionError::new("awsStsHost", host, valid))?;
    if form == HostForm::Custom && !draft.allow_custom_host {
        let valid = "sts.amazonaws.com, sts.REGION.amazonaws.com or another of AWS's names of STS; \
                     to connect elsewhere (VPC endpoint, proxy) set awsStsEndpoint, and for an \
                     STS-compatible service awsStsAllowCustomHost=true";
        return Err(OptionError::new("awsStsHost", host, valid));
    }
    let region = (!draft.region.is_empty()).then_some(draft.region.as_str());
    if let (Some(region), HostForm::Sts) = (region, form) {
        let valid = "drivers derive the region from awsStsHost; this is for custom hosts only";
        return Err(OptionError::new("awsStsRegion", region, valid));
    }
    Endpoint::new(host, region, url)
        .map_err(|valid| OptionError::new("awsStsEndpoint", url.unwrap_or_default(), valid))
}
