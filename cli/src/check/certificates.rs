//! The certificates that a server shows, kept also where they are refused: their issuer tells who
//! breaks TLS open.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Object identifiers of X.520 in DER.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANISATION: &[u8] = &[0x55, 4, 10];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// Verifies as the plugin does, and keeps what was shown.
#[derive(Debug)]
pub struct Witness {
    inner: Arc<WebPkiServerVerifier>,
    shown: Mutex<Vec<CertificateDer<'static>>>,
}

impl Witness {
    /// A client configuration with these authorities, and its witness.
    pub fn config(roots: RootCertStore) -> Result<(Arc<ClientConfig>, Arc<Witness>), String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let inner =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| error.to_string())?;
        let witness = Arc::new(Witness {
            inner,
            shown: Mutex::default(),
        });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&witness) as _)
            .with_no_client_auth();
        Ok((Arc::new(config), witness))
    }

    /// Subject and issuer of each certificate shown, the server's own first.
    pub fn chain(&self) -> Vec<(String, String)> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.iter().filter_map(names).collect()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        let all = all.map(|certificate| certificate.clone().into_owned());
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = all.collect();
        self.inner
            .verify_server_cert(end_entity, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn names(certificate: &CertificateDer<'static>) -> Option<(String, String)> {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    Some((name(parsed.subject()), name(parsed.issuer())))
}

/// Organisation and common name of a distinguished name, whose outer tag has been taken off.
fn name(mut der: &[u8]) -> String {
    let (mut organisation, mut common_name) = (None, None);
    while let Some((SET, set, rest)) = element(der) {
        der = rest;
        let attribute = element(set).filter(|(tag, ..)| *tag == SEQUENCE);
        let Some((_, oid, value)) = attribute.and_then(|(_, attribute, _)| element(attribute))
        else {
            continue;
        };
        let text = element(value).map(|(_, text, _)| String::from_utf8_lossy(text).into_owned());
        match oid {
            COMMON_NAME => common_name = text,
            ORGANISATION => organisation = text,
            _ => {}
        }
    }
    let parts = [organisation, common_name];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Tag and content of the first element, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        length = 0;
        for _ in 0..usize::from(first & 0x7F).min(3) {
            let (&byte, after) = rest.split_first()?;
            length = length * 256 + usize::from(byte);
            rest = after;
        }
    }
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_organisation_and_common_name() {
        let attribute = |oid: &[u8], text: &[u8]| {
            let inner = [&[6, oid.len() as u8], oid, &[12, text.len() as u8], text].concat();
            let sequence = [&[SEQUENCE, inner.len() as u8][..], &inner].concat();
            [&[SET, sequence.len() as u8][..], &sequence].concat()
        };
        let der = [
            attribute(&[0x55, 4, 6], b"US"),
            attribute(ORGANISATION, b"Amazon"),
            attribute(COMMON_NAME, b"Amazon RSA 2048 M02"),
        ]
        .concat();
        assert_eq!(name(&der), "Amazon, Amazon RSA 2048 M02");
        for end in 0..der.len() {
            name(&der[..end]);
        }
    }
}
