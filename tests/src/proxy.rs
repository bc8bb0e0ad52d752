//! A TCP proxy that cuts connections when so many bytes have gone through it, or keeps what has gone through.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// A proxy before a server on this machine. It ends with the process.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    way: Way,
}

/// What both directions of all connections have in common.
#[derive(Debug, Clone)]
struct Way {
    left: Arc<AtomicI64>,
    /// What has gone through in each direction of each connection, if it is kept.
    seen: Option<Arc<Mutex<Vec<Vec<u8>>>>>,
}

impl Proxy {
    /// Starts a proxy before a port. It lets everything through until [`Proxy::cut_after`].
    pub fn before(server: u16) -> Proxy {
        Proxy::start(server, None)
    }

    /// Starts a proxy that keeps what goes through it.
    pub fn recording(server: u16) -> Proxy {
        Proxy::start(server, Some(Arc::default()))
    }

    fn start(server: u16, seen: Option<Arc<Mutex<Vec<Vec<u8>>>>>) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = Way { left: Arc::new(AtomicI64::new(i64::MAX)), seen };
        let ways = way.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                forward(&client, &server, &ways);
                forward(&server, &client, &ways);
            }
        });
        Proxy { port, way }
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts all connections once so many more bytes have gone through, in whatever direction.
    pub fn cut_after(&self, bytes: i64) {
        self.way.left.store(bytes, Ordering::SeqCst);
    }

    /// Returns in how many directions of connections a text went through in the clear, and in how many anything did.
    pub fn saw(&self, text: &str) -> (usize, usize) {
        let seen = self.way.seen.as_ref().expect("it was started to record").lock().unwrap();
        let holds = |bytes: &&Vec<u8>| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        (seen.iter().filter(holds).count(), seen.iter().filter(|bytes| !bytes.is_empty()).count())
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.way.left.store(i64::MAX, Ordering::SeqCst);
    }
}

fn forward(from: &TcpStream, to: &TcpStream, way: &Way) {
    let (mut from, mut to, way) = (from.try_clone().unwrap(), to.try_clone().unwrap(), way.clone());
    let direction = way.seen.as_ref().map(|seen| {
        let mut seen = seen.lock().unwrap();
        seen.push(Vec::new());
        seen.len() - 1
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let before = way.left.fetch_sub(read as i64, Ordering::SeqCst);
            let through = usize::try_from(before).unwrap_or(0).min(read);
            if let (Some(seen), Some(direction)) = (&way.seen, direction) {
                seen.lock().unwrap()[direction].extend(&buffer[..through]);
            }
            // What is cut off in the middle still arrives as far as it goes.
            if to.write_all(&buffer[..through]).is_err() || through < read {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
