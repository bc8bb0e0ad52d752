//! Passwords: from the URL, from the environment, or from a file. They have no form in which they could be printed.

use crate::{ServerUrl, UrlError};
use std::fmt;
use std::path::{Path, PathBuf};

/// A password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// Returns the text, to be handed to a driver and to nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

/// Where an engine's own tools look for a password.
#[derive(Debug, Clone, Copy)]
pub struct Sources {
    /// The variable that holds a password.
    pub variable: &'static str,
    /// The variable that names a file with one line for each server, as PostgreSQL has it.
    pub file_variable: Option<&'static str>,
    /// The same file where it lies by default, in the home folder.
    pub home_file: Option<&'static str>,
}

impl Sources {
    /// Returns the password for a URL: its own, that of its `password-file`, or what the environment says.
    pub fn password(&self, url: &ServerUrl) -> Result<Option<Secret>, UrlError> {
        if url.password.is_some() {
            return Ok(url.password.clone());
        }
        if let Some(path) = url.parameter("password-file") {
            return file(Path::new(path)).map(Some);
        }
        if let Ok(password) = std::env::var(self.variable) {
            return Ok(Some(Secret::new(password)));
        }
        Ok(self.line_file().and_then(|path| std::fs::read_to_string(path).ok()).and_then(|text| line(&text, url)))
    }

    fn line_file(&self) -> Option<PathBuf> {
        let named = self.file_variable.and_then(std::env::var_os).map(PathBuf::from);
        let home = || Some(Path::new(&std::env::var_os("HOME")?).join(self.home_file?));
        named.or_else(home)
    }
}

/// Reads a file that holds a password and nothing else but a line end.
fn file(path: &Path) -> Result<Secret, UrlError> {
    let failed = |error: std::io::Error| UrlError(format!("the password file {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let first = text.lines().next().unwrap_or_default();
    if first.is_empty() {
        Err(UrlError(format!("the password file {} is empty", path.display())))
    } else {
        Ok(Secret::new(first))
    }
}

/// Returns the password of the first line `host:port:database:user:password` that fits; `*` fits everything.
fn line(text: &str, url: &ServerUrl) -> Option<Secret> {
    let port = url.port.map_or("5432".to_string(), |port| port.to_string());
    let asked = [url.host.as_deref().unwrap_or("localhost"), &port, &url.database, url.user.as_deref().unwrap_or("")];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let fits = |(field, asked): (&String, &&str)| field == "*" || field == asked;
        (fields.len() == 5 && fields.iter().zip(&asked).all(fits)).then(|| Secret::new(fields[4].clone()))
    })
}

/// Splits at colons that no backslash protects.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let last = fields.last_mut().expect("there is one from the start");
        match letter {
            '\\' => last.extend(letters.next()),
            ':' => fields.push(String::new()),
            other => last.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Sources =
        Sources { variable: "CUTOVER_TEST_NO_SUCH_VARIABLE", file_variable: None, home_file: None };

    #[test]
    fn a_password_has_no_printed_form() {
        let url = ServerUrl::parse("mysql://me:hush@db/shop").unwrap();
        assert!(!format!("{url:?}").contains("hush"));
        assert!(!url.place().contains("hush"));
        assert_eq!(NOWHERE.password(&url).unwrap().unwrap().reveal(), "hush");
    }

    #[test]
    fn a_password_file_is_read_and_a_missing_one_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hush hush\r\n").unwrap();
        let url = ServerUrl::parse(&format!("mysql://me@db/shop?password-file={}", path.display())).unwrap();
        assert_eq!(NOWHERE.password(&url).unwrap().unwrap().reveal(), "hush hush");
        let url = ServerUrl::parse("mysql://me@db/shop?password-file=/no/such/file").unwrap();
        assert!(NOWHERE.password(&url).unwrap_err().to_string().contains("/no/such/file"));
        let url = ServerUrl::parse("mysql://me@db/shop").unwrap();
        assert_eq!(NOWHERE.password(&url).unwrap(), None);
    }

    #[test]
    fn lines_of_a_password_file_fit_or_not() {
        let text = "# comment\nother:5432:shop:me:wrong\ndb:*:shop:me:a\\:b\\\\c\n*:*:*:*:last";
        let password = |url: &str| line(text, &ServerUrl::parse(url).unwrap()).unwrap().reveal().to_string();
        assert_eq!(password("postgresql://me@db/shop"), "a:b\\c");
        assert_eq!(password("postgresql://you@db:6543/shop"), "last");
        assert_eq!(line("db:1:2", &ServerUrl::parse("postgresql://me@db/shop").unwrap()), None);
    }
}
