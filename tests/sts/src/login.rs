//! The client's side of one login, for a server that is tried without a driver.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::SystemTime;

use aws_lc_rs::rand;
use sts_emulator::client::{self, Credentials};
use sts_emulator::payloads::{NONCE, client_first, client_second, read_server_first};

/// Writes client-first, reads server-first and writes client-second: lines of hexadecimal digits.
pub(crate) fn run(
    credentials: &Credentials,
    server: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut nonce = [0; NONCE];
    rand::fill(&mut nonce).map_err(|_| "the system gives no random bytes")?;
    write_line(out, &client_first(&nonce))?;
    let mut line = String::new();
    server.read_line(&mut line)?;
    let (host, nonce) = decode(line.trim_end())
        .and_then(|reply| read_server_first(&reply))
        .ok_or_else(|| format!("not server-first in hexadecimal: {line:?}"))?;
    let second = client::client_second(credentials, &host, &nonce, SystemTime::now());
    write_line(out, &client_second(&second))?;
    Ok(())
}

fn write_line(out: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    let digits: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(out, "{digits}")?;
    out.flush()
}

fn decode(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes = pairs.iter().map(|pair| byte(pair)).collect();
    if rest.is_empty() { bytes } else { None }
}
