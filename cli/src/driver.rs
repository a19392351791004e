//! The client's side of a login, as MongoDB's drivers do it (driver specification, auth.md).

use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::aws::Credentials;

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const GLOBAL_HOST: &str = "sts.amazonaws.com";
const GLOBAL_REGION: &str = "us-east-1";
const NONCE_BYTES: usize = 32;

/// What the server answers to the first message.
#[derive(Debug, PartialEq, Eq)]
pub struct ServerFirst {
    /// Both nonces, the client's first.
    pub nonce: Vec<u8>,
    /// The host to sign for.
    pub host: String,
}

/// A random nonce.
pub fn nonce() -> Option<[u8; NONCE_BYTES]> {
    let mut nonce = [0; NONCE_BYTES];
    let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    random.fill(&mut nonce).ok()?;
    Some(nonce)
}

/// `{r: binData(nonce), p: 110}`
pub fn client_first(nonce: &[u8]) -> Vec<u8> {
    let mut elements = b"\x05r\0".to_vec();
    elements.extend(length(nonce.len()));
    elements.push(0);
    elements.extend(nonce);
    elements.extend(b"\x10p\0");
    elements.extend(i32::from(b'n').to_le_bytes());
    document(&elements)
}

/// Reads `{s: binData, h: string}`, in any order.
pub fn read_server_first(reply: &[u8]) -> Option<ServerFirst> {
    let (mut nonce, mut host) = (None, None);
    let mut rest = reply.get(4..reply.len().checked_sub(1)?)?;
    while let Some((&kind, after)) = rest.split_first() {
        let end = after.iter().position(|&b| b == 0)?;
        let (name, value) = (after.get(..end)?, after.get(end + 1..)?);
        let size = usize::try_from(i32::from_le_bytes(value.get(..4)?.try_into().ok()?)).ok()?;
        rest = match kind {
            0x05 => {
                let bytes = value.get(5..size.checked_add(5)?)?;
                if name == b"s" {
                    nonce = Some(bytes.to_vec());
                }
                value.get(size + 5..)?
            }
            0x02 => {
                let text = value.get(4..size.checked_add(3)?)?;
                if name == b"h" {
                    host = Some(std::str::from_utf8(text).ok()?.to_owned());
                }
                value.get(size + 4..)?
            }
            _ => return None,
        };
    }
    Some(ServerFirst {
        nonce: nonce?,
        host: host?,
    })
}

/// The region that drivers sign for: they know nothing but the host.
fn region(host: &str) -> &str {
    if host == GLOBAL_HOST {
        return GLOBAL_REGION;
    }
    host.split('.').nth(1).unwrap_or(GLOBAL_REGION)
}

/// `{a: Authorization, d: X-Amz-Date, t: session token, if there is one}`
pub fn client_second(
    credentials: &Credentials,
    first: &ServerFirst,
    now: SystemTime,
) -> Option<Vec<u8>> {
    let region = region(&first.host);
    let date = amz_date(now)?;
    let day = date.get(..8)?;
    let nonce = STANDARD.encode(&first.nonce);
    let length = BODY.len().to_string();
    // In the order that the signature needs.
    let mut headers = vec![
        ("content-length", length.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", &first.host),
        ("x-amz-date", &date),
    ];
    headers.extend(
        credentials
            .session_token()
            .map(|t| ("x-amz-security-token", t)),
    );
    headers.push(("x-mongodb-gs2-cb-flag", "n"));
    headers.push(("x-mongodb-server-nonce", &nonce));

    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(BODY));
    let scope = format!("{day}/{region}/sts/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&canonical));
    let key = generate_signing_key(credentials.secret_access_key(), now, region, "sts");
    let signature = calculate_signature(key, to_sign.as_bytes());
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key_id()
    );
    let mut elements = string("a", &authorization);
    elements.extend(string("d", &date));
    if let Some(token) = credentials.session_token() {
        elements.extend(string("t", token));
    }
    Some(document(&elements))
}

fn amz_date(now: SystemTime) -> Option<String> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(now).format(&format).ok()
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn string(name: &str, text: &str) -> Vec<u8> {
    let mut element = vec![2];
    element.extend(name.bytes().chain([0]));
    element.extend(length(text.len() + 1));
    element.extend(text.bytes().chain([0]));
    element
}

fn document(elements: &[u8]) -> Vec<u8> {
    let mut document = length(elements.len() + 5).to_vec();
    document.extend(elements);
    document.push(0);
    document
}

/// Messages are far below the 2 GiB that fit.
fn length(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sts_emulator::client;

    #[test]
    fn the_signature_is_that_of_the_drivers() {
        let ours = Credentials::new("ASIAX", "secret", Some("token".into()), None, "test");
        let theirs = client::Credentials {
            access_key_id: "ASIAX".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: Some("token".to_owned()),
        };
        let first = ServerFirst {
            nonce: vec![7; 64],
            host: "sts.eu-west-1.amazonaws.com".to_owned(),
        };
        let now = SystemTime::now();
        let wanted = client::client_second(&theirs, &first.host, &first.nonce, now);
        let message = client_second(&ours, &first, now).unwrap();
        let mut elements = string("a", &wanted.a);
        elements.extend(string("d", &wanted.d));
        elements.extend(string("t", &wanted.t.unwrap()));
        assert_eq!(message, document(&elements));
    }

    #[test]
    fn server_first_is_read_in_any_order_and_never_beyond_its_end() {
        let binary = [&b"\x05s\0\x02\0\0\0\0"[..], &[8, 9]].concat();
        let host = string("h", "a.b");
        let wanted = ServerFirst {
            nonce: vec![8, 9],
            host: "a.b".to_owned(),
        };
        for elements in [[&binary[..], &host].concat(), [&host[..], &binary].concat()] {
            let whole = document(&elements);
            assert_eq!(read_server_first(&whole).as_ref(), Some(&wanted));
            for end in 0..whole.len() - 1 {
                assert_eq!(read_server_first(&whole[..end]), None, "{end}");
            }
        }
    }
}
