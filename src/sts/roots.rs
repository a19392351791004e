//! The certificate authorities that STS's certificate is checked against.

use std::fs;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::options::OptionError;

/// Where the distributions keep their bundle; environment variables change nothing.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL, Amazon Linux
    "/etc/pki/tls/certs/ca-bundle.crt",   // older RHEL
    "/etc/ssl/ca-bundle.pem",             // SUSE
    "/etc/ssl/cert.pem",
];

/// Reads the file, or the system's bundle where no file is named.
pub fn load(file: &str) -> Result<RootCertStore, OptionError> {
    let error = |legal: String| OptionError::new("awsStsCAFile", file, legal);
    let path = match file {
        "" => SYSTEM_BUNDLES
            .into_iter()
            .find(|path| fs::exists(path).unwrap_or(false))
            .ok_or_else(|| {
                error(format!(
                    "no CA bundle of the system at {}",
                    SYSTEM_BUNDLES.join(", ")
                ))
            })?,
        path => path,
    };
    let pem = fs::read(path).map_err(|e| error(format!("{path} cannot be read: {e}")))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| error(format!("{path} is not PEM: {e}")))?;
        let added = roots.add(certificate);
        // A system's bundle may hold a certificate of a kind that rustls does not take.
        if let (Err(e), false) = (added, file.is_empty()) {
            return Err(error(format!(
                "{path} has a certificate that cannot be used: {e}"
            )));
        }
    }
    match roots.is_empty() {
        true => Err(error(format!("{path} holds no certificate"))),
        false => Ok(roots),
    }
}
