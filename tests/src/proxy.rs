//! A TCP proxy that cuts connections when so many bytes have gone through it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A proxy before a server on this machine. It ends with the process.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    left: Arc<AtomicI64>,
}

impl Proxy {
    /// Starts a proxy before a port. It lets everything through until [`Proxy::cut_after`].
    pub fn before(server: u16) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let bytes = left.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                forward(&client, &server, &bytes);
                forward(&server, &client, &bytes);
            }
        });
        Proxy { port, left }
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts all connections once so many more bytes have gone through, in whatever direction.
    pub fn cut_after(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }
}

fn forward(from: &TcpStream, to: &TcpStream, left: &Arc<AtomicI64>) {
    let (mut from, mut to, left) = (from.try_clone().unwrap(), to.try_clone().unwrap(), left.clone());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let before = left.fetch_sub(read as i64, Ordering::SeqCst);
            let through = usize::try_from(before).unwrap_or(0).min(read);
            // What is cut off in the middle still arrives as far as it goes.
            if to.write_all(&buffer[..through]).is_err() || through < read {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
