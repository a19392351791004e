//! What STS checks before it names the caller, in its order and its words.

use std::time::{Duration, SystemTime};

use crate::amz_date;
use crate::answers::StsError;
use crate::http::Request;
use crate::identities::{AccessKey, Caller, Keys};
use crate::region::{region_of_host, region_served};
use crate::sigv4::{Authorization, Scope, Signed, TERMINATOR};

/// The body of `GetCallerIdentity`.
pub(crate) const BODY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Judges a request: who signed it, or the error that STS answers with.
///
/// `region` is served under hosts that are none of STS's own names; without it, such a host stands for
/// the region that drivers derive from it.
pub(crate) fn verify(
    request: &Request,
    keys: &Keys,
    region: Option<&str>,
    now: SystemTime,
) -> Result<Caller, StsError> {
    check_operation(request)?;
    authenticate(request, keys, region, now)
}

/// Tells who signed a request, whatever it asks for.
pub(crate) fn authenticate(
    request: &Request,
    keys: &Keys,
    region: Option<&str>,
    now: SystemTime,
) -> Result<Caller, StsError> {
    let header = request.header("authorization").ok_or_else(|| {
        StsError::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        )
    })?;
    let authorization =
        Authorization::parse(header).map_err(|incomplete| incomplete_signature(&incomplete.0))?;
    let amz_date = request.header("x-amz-date").ok_or_else(|| {
        incomplete_signature(&format!(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization={header}"
        ))
    })?;
    let signed_at = amz_date::parse(amz_date).ok_or_else(|| {
        incomplete_signature(&format!(
            "Date must be in ISO-8601 'basic format'. Got '{amz_date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })?;
    let host = request.header("host").unwrap_or_default();
    let served = region_served(host)
        .or(region)
        .unwrap_or_else(|| region_of_host(host));
    check_scope(&authorization.scope, served, amz_date)?;
    check_window(amz_date, signed_at, now)?;
    let key = keys
        .get(&authorization.access_key_id)
        .ok_or_else(invalid_token)?;
    check_token(key, request.header("x-amz-security-token"), now)?;
    check_signature(request, &authorization, amz_date, key)?;
    Ok(key.caller.clone())
}

fn check_operation(request: &Request) -> Result<(), StsError> {
    if request.method != "POST" {
        return Err(StsError::new(
            405,
            "MethodNotAllowed",
            "Only POST is supported.",
        ));
    }
    if request.target != "/" {
        return Err(StsError::new(
            404,
            "UnknownOperationException",
            "The requested operation is unknown.",
        ));
    }
    if request.body != BODY {
        return Err(StsError::new(
            400,
            "InvalidAction",
            "Could not find the requested operation for version 2011-06-15",
        ));
    }
    Ok(())
}

fn check_scope(scope: &Scope, region: &str, amz_date: &str) -> Result<(), StsError> {
    let Scope {
        date,
        region: scope_region,
        service,
        terminator,
    } = scope;
    if scope_region != region {
        return Err(mismatch("Credential should be scoped to a valid region. "));
    }
    if service != "sts" {
        return Err(mismatch(
            "Credential should be scoped to correct service: 'sts'. ",
        ));
    }
    if terminator != TERMINATOR {
        return Err(mismatch(&format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
        )));
    }
    let day = amz_date::day(amz_date);
    if date != day {
        return Err(mismatch(&format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{day}', from '{amz_date}'."
        )));
    }
    Ok(())
}

fn check_window(amz_date: &str, signed_at: SystemTime, now: SystemTime) -> Result<(), StsError> {
    let text = amz_date::format;
    let (earliest, latest) = (now - WINDOW, now + WINDOW);
    if signed_at < earliest {
        return Err(mismatch(&format!(
            "Signature expired: {amz_date} is now earlier than {} ({} - 15 min.)",
            text(earliest),
            text(now)
        )));
    }
    if signed_at > latest {
        return Err(mismatch(&format!(
            "Signature not yet current: {amz_date} is still later than {} ({} + 15 min.)",
            text(latest),
            text(now)
        )));
    }
    Ok(())
}

fn check_token(key: &AccessKey, token: Option<&str>, now: SystemTime) -> Result<(), StsError> {
    match (&key.temporary, token) {
        (None, None) => Ok(()),
        (Some(temporary), Some(token)) if temporary.token == token => {
            if now < temporary.expires {
                return Ok(());
            }
            Err(StsError::new(
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
            ))
        }
        _ => Err(invalid_token()),
    }
}

fn check_signature(
    request: &Request,
    authorization: &Authorization,
    amz_date: &str,
    key: &AccessKey,
) -> Result<(), StsError> {
    if !authorization
        .signed_headers
        .iter()
        .any(|name| name == "host")
    {
        return Err(mismatch(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    let signed = Signed {
        method: &request.method,
        path: request.path(),
        headers: &request.headers,
        signed_headers: &authorization.signed_headers,
        body: &request.body,
        amz_date,
    };
    let expected = signed.signature(&key.secret, &authorization.scope);
    if expected.as_deref() == Some(authorization.signature.as_str()) {
        return Ok(());
    }
    Err(mismatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    ))
}

fn incomplete_signature(message: &str) -> StsError {
    StsError::new(400, "IncompleteSignature", message)
}

fn mismatch(message: &str) -> StsError {
    StsError::new(403, "SignatureDoesNotMatch", message)
}

fn invalid_token() -> StsError {
    StsError::new(
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )
}

#[cfg(test)]
#[path = "verification_tests.rs"]
mod tests;
