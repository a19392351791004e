//! An HTTP proxy that knows CONNECT alone.

use std::io::{self, Read, Write as _, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A proxy on loopback; its threads end with their connections.
pub struct ConnectProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    /// Answers each request with this status line, and connects if that begins with 200.
    pub fn start(status: &'static str) -> io::Result<ConnectProxy> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&heads);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || serve(client, status, &seen));
            }
        });
        Ok(ConnectProxy { address, heads })
    }

    /// Its URL, with `USER:PASSWORD@` or nothing before the address.
    pub fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.address)
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.clone()
    }
}

/// The head of a request; none if the client closes before its end.
pub fn read_head(client: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        client.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    String::from_utf8(head).ok()
}

/// The target of a request, `HOST:PORT` for CONNECT.
pub fn target(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

fn serve(mut client: TcpStream, status: &str, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let Some(head) = read_head(&mut client) else {
        return Ok(());
    };
    let mut heads = seen.lock().unwrap_or_else(PoisonError::into_inner);
    heads.push(head.clone());
    drop(heads);
    write!(client, "HTTP/1.1 {status}\r\nX-Proxy: yes\r\n\r\n")?;
    if !status.starts_with("200") {
        return Ok(());
    }
    let server = TcpStream::connect(target(&head))?;
    let back = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || carry(back.0, back.1));
    carry(client, server);
    let _panicked = back.join();
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    // Either side may be gone.
    let _end = copy(&mut from, &mut to);
    let _gone = to.shutdown(Shutdown::Both);
}
