//! URLs of databases on servers: `scheme://user:password@host:port/database?name=value`. Messages never repeat a URL,
//! since it may hold a password.

use crate::Secret;
use std::fmt;

/// A URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// What stands before the colon.
    pub scheme: String,
    /// The user.
    pub user: Option<String>,
    /// The password, if the URL holds one.
    pub password: Option<Secret>,
    /// Name or address of the host; none means this machine.
    pub host: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The database.
    pub database: String,
    /// What stands after the question mark, in order.
    pub parameters: Vec<(String, String)>,
}

/// Why a URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlError(pub String);

impl fmt::Display for UrlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for UrlError {}

impl ServerUrl {
    /// Takes a URL apart.
    pub fn parse(text: &str) -> Result<ServerUrl, UrlError> {
        let wrong = |what: &str| UrlError(format!("{what}; the URL of a server is scheme://user@host/database"));
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("there is no `://` in it"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        // A password may hold an `@` that nobody has encoded; a host cannot.
        let (login, address) = authority.rsplit_once('@').map_or((None, authority), |(login, at)| (Some(login), at));
        let (user, password) =
            match login.map(|login| login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)))) {
                Some((user, password)) => (Some(decode(user)?), password.map(decode).transpose()?),
                None => (None, None),
            };
        let (host, port) = address_parts(address).ok_or_else(|| wrong("host or port is wrong"))?;
        if database.is_empty() {
            return Err(wrong("it names no database"));
        }
        let parameters = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        Ok(ServerUrl {
            scheme: scheme.to_string(),
            user: user.filter(|user| !user.is_empty()),
            password: password.map(Secret::new),
            host: host.filter(|host| !host.is_empty()).map(|host| decode(&host)).transpose()?,
            port,
            database: decode(database)?,
            parameters: parameters.collect::<Result<_, UrlError>>()?,
        })
    }

    /// Returns a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that are not among these, or given twice: one that is passed over may be the one that matters.
    pub fn allow(&self, names: &[&str]) -> Result<(), UrlError> {
        for (at, (name, _)) in self.parameters.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                return Err(UrlError(format!("the URL has a parameter {name}; known are {}", names.join(", "))));
            }
            if self.parameters[..at].iter().any(|(before, _)| before == name) {
                return Err(UrlError(format!("the URL has the parameter {name} twice")));
            }
        }
        Ok(())
    }

    /// Returns how messages name the database: no user, no password, no parameters.
    pub fn place(&self) -> String {
        let host = self.host.as_deref().unwrap_or("");
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_string() };
        let port = self.port.map_or(String::new(), |port| format!(":{port}"));
        format!("{}://{host}{port}/{}", self.scheme, self.database)
    }
}

fn address_parts(address: &str) -> Option<(Option<String>, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some(""))?)
        }
        None => address.split_once(':').unwrap_or((address, "")),
    };
    let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
    Some((Some(host.to_string()), port))
}

/// Replaces `%20` and the like.
fn decode(text: &str) -> Result<String, UrlError> {
    let wrong = || UrlError("a part of the URL is not encoded as URLs are: write % as %25".to_string());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let url = ServerUrl::parse("postgresql://me:p%40ss@[::1]:6543/my%20db?host=/run/pg&x=").unwrap();
        assert_eq!((url.user.as_deref(), url.host.as_deref(), url.port), (Some("me"), Some("::1"), Some(6543)));
        assert_eq!(url.password.as_ref().unwrap().reveal(), "p@ss");
        assert_eq!(
            (url.database.as_str(), url.parameter("host"), url.parameter("x")),
            ("my db", Some("/run/pg"), Some(""))
        );
        assert_eq!(url.place(), "postgresql://[::1]:6543/my db");
        assert_eq!(url.allow(&["host", "x"]), Ok(()));
        assert!(url.allow(&["host"]).unwrap_err().to_string().contains("parameter x"));
        let twice = ServerUrl::parse("mysql://db/shop?sslmode=verify-full&sslmode=disable").unwrap();
        assert_eq!(twice.allow(&["sslmode"]).unwrap_err().to_string(), "the URL has the parameter sslmode twice");
        let url = ServerUrl::parse("mysql:///shop").unwrap();
        assert_eq!((url.user, url.host, url.port), (None, None, None));
        let url = ServerUrl::parse("mysql://me:a@b:c@db/shop").unwrap();
        assert_eq!((url.password.unwrap().reveal(), url.host.as_deref()), ("a@b:c", Some("db")));
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_secrets() {
        for text in [
            "mysql:hush",
            "mysql://me:hush@db",
            "mysql://me:hush@db:port/x",
            "mysql://me:hush%zz@db/x",
            "mysql://me:hush@[::1/x",
        ] {
            let told = ServerUrl::parse(text).unwrap_err().to_string();
            assert!(told.contains("URL") && !told.contains("hush"), "{text}: {told}");
        }
    }
}
