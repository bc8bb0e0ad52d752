//! What a URL says about encryption: the words of PostgreSQL's own tools, for every server.

use crate::{ServerUrl, UrlError};
use cutover_runtime::connection::{StoreError, StoreErrorKind};
use std::path::PathBuf;

/// How far a connection is to be protected, as `sslmode` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server can, else not.
    Prefer,
    /// Encrypted; whoever answers is taken for the server.
    Require,
    /// Encrypted, and the certificate of the server is signed by an authority of the file.
    VerifyCa,
    /// The same, and the certificate is for the host that the URL names.
    VerifyFull,
}

impl SslMode {
    const ALL: [SslMode; 5] =
        [SslMode::Disable, SslMode::Prefer, SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull];

    /// Returns how URLs write it.
    pub fn name(self) -> &'static str {
        match self {
            SslMode::Disable => "disable",
            SslMode::Prefer => "prefer",
            SslMode::Require => "require",
            SslMode::VerifyCa => "verify-ca",
            SslMode::VerifyFull => "verify-full",
        }
    }

    /// Returns whether the server's certificate is looked at.
    pub fn verifies(self) -> bool {
        matches!(self, SslMode::VerifyCa | SslMode::VerifyFull)
    }

    fn read(word: &str) -> Result<SslMode, UrlError> {
        SslMode::ALL.into_iter().find(|mode| mode.name() == word).ok_or_else(|| {
            let known = SslMode::ALL.map(SslMode::name).join(", ");
            UrlError(format!("the URL says sslmode={word}; what may stand there is one of {known}"))
        })
    }
}

/// A certificate by which the client shows who it is, and the key to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The file of `sslcert`: the certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// The file of `sslkey`.
    pub key: PathBuf,
}

/// What a URL says about encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// How far the connection is to be protected.
    pub mode: SslMode,
    /// The file of `sslrootcert`: the authorities that are trusted. Without it, those of the operating system are.
    pub authorities: Option<PathBuf>,
    /// How the client shows who it is, where it does so by a certificate.
    pub identity: Option<Identity>,
}

impl Encryption {
    /// A connection that is not encrypted.
    pub const NONE: Encryption = Encryption { mode: SslMode::Disable, authorities: None, identity: None };

    /// Takes what a URL says. Refused is what would be passed over without a word, or would protect less than it seems.
    pub fn of(url: &ServerUrl) -> Result<Encryption, UrlError> {
        let mode = url.parameter("sslmode").map_or(Ok(SslMode::Prefer), SslMode::read)?;
        let authorities = url.parameter("sslrootcert").map(PathBuf::from);
        let says = mode.name();
        if authorities.is_some() && !mode.verifies() {
            let cause = format!("sslrootcert is looked at with sslmode=verify-full or verify-ca only, not with {says}");
            return Err(UrlError(cause));
        }
        if authorities.is_none() && mode == SslMode::VerifyCa {
            let cause = "sslmode=verify-ca needs sslrootcert=FILE: of the authorities that the operating system trusts, \
                         anybody can have a certificate; write sslmode=verify-full to trust those";
            return Err(UrlError(cause.to_string()));
        }
        let identity = match (url.parameter("sslcert"), url.parameter("sslkey")) {
            (None, None) => None,
            (Some(_), Some(_)) if mode == SslMode::Disable => {
                return Err(UrlError("with sslmode=disable no sslcert is shown to the server".to_string()));
            }
            (Some(certificate), Some(key)) => Some(Identity { certificate: certificate.into(), key: key.into() }),
            _ => return Err(UrlError("sslcert and sslkey go together: the URL has only one of them".to_string())),
        };
        Ok(Encryption { mode, authorities, identity })
    }

    /// Connects as the URL says; `dial` either encrypts or fails, unless it is told `disable`. With `prefer`, a server that
    /// cannot or will not encrypt is reached without encryption. Returns also how others are to connect: none of them is to
    /// be protected less than this one is.
    pub fn connect<C>(
        &self,
        dial: &mut dyn FnMut(&Encryption) -> Result<C, StoreError>,
    ) -> Result<(C, Encryption), StoreError> {
        let first = match dial(self) {
            Ok(connection) => return Ok((connection, self.settled())),
            Err(error) => error,
        };
        if self.mode != SslMode::Prefer || first.kind != StoreErrorKind::Encryption {
            return Err(first);
        }
        match dial(&Encryption::NONE) {
            Ok(connection) => Ok((connection, Encryption::NONE)),
            // The server can encrypt and wants to, so that the first attempt tells what is wrong.
            Err(second) if second.kind == StoreErrorKind::Encryption && first.cause != self.not_offered() => Err(first),
            Err(second) => Err(second),
        }
    }

    /// Returns the same, with nothing left open.
    fn settled(&self) -> Encryption {
        let mode = if self.mode == SslMode::Prefer { SslMode::Require } else { self.mode };
        Encryption { mode, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &str) -> Result<Encryption, String> {
        let url = ServerUrl::parse(&format!("postgresql://me:hush@db/shop?{parameters}")).unwrap();
        Encryption::of(&url).map_err(|error| error.to_string())
    }

    #[test]
    fn the_words_are_those_of_postgresql() {
        assert_eq!(read("").unwrap(), Encryption { mode: SslMode::Prefer, authorities: None, identity: None });
        assert_eq!(read("sslmode=disable").unwrap(), Encryption::NONE);
        for mode in SslMode::ALL {
            let file = if mode.verifies() { "&sslrootcert=/ca.pem" } else { "" };
            let encryption = read(&format!("sslmode={}{file}", mode.name())).unwrap();
            assert_eq!((encryption.mode, encryption.authorities.is_some()), (mode, mode.verifies()));
        }
        let encryption = read("sslmode=verify-full&sslcert=a%20b.pem&sslkey=k.pem").unwrap();
        assert_eq!(encryption.identity, Some(Identity { certificate: "a b.pem".into(), key: "k.pem".into() }));
    }

    #[test]
    fn what_would_be_passed_over_or_protect_less_than_it_seems_is_refused() {
        let told = |parameters| read(parameters).unwrap_err();
        assert_eq!(
            told("sslmode=yes"),
            "the URL says sslmode=yes; what may stand there is one of disable, prefer, require, verify-ca, verify-full"
        );
        assert!(told("sslmode=Require").contains("sslmode=Require"));
        assert!(told("sslmode=").contains("one of disable"));
        assert!(told("sslmode=require&sslrootcert=ca.pem").contains("not with require"));
        assert!(told("sslrootcert=ca.pem").contains("not with prefer"));
        assert!(told("sslmode=verify-ca").contains("needs sslrootcert=FILE"));
        assert!(told("sslcert=a.pem").contains("only one of them"));
        assert!(told("sslkey=a.pem").contains("only one of them"));
        assert!(told("sslmode=disable&sslcert=a.pem&sslkey=k.pem").contains("sslmode=disable"));
    }

    /// Connects to a server that answers so to encrypted and to plain connections; returns what came of it.
    fn connect(
        mode: &str,
        encrypted: Option<StoreErrorKind>,
        plain: Option<StoreErrorKind>,
    ) -> Result<SslMode, String> {
        let mut dial = |encryption: &Encryption| {
            let (how, answer) = match encryption.mode {
                SslMode::Disable => ("plain", plain),
                _ => ("encrypted", encrypted),
            };
            answer.map_or(Ok(()), |kind| Err(StoreError { kind, place: how.into(), cause: String::new() }))
        };
        read(mode).unwrap().connect(&mut dial).map(|(_, how)| how.mode).map_err(|error| error.place)
    }

    #[test]
    fn only_prefer_goes_on_without_encryption_and_only_where_encryption_is_what_failed() {
        use StoreErrorKind::{Denied, Encryption, Gone};
        assert_eq!(connect("", None, None), Ok(SslMode::Require));
        assert_eq!(connect("sslmode=verify-full", None, None), Ok(SslMode::VerifyFull));
        assert_eq!(connect("", Some(Encryption), None), Ok(SslMode::Disable));
        assert_eq!(connect("", Some(Encryption), Some(Denied)), Err("plain".to_string()));
        assert_eq!(connect("", Some(Encryption), Some(Encryption)), Err("encrypted".to_string()));
        assert_eq!(connect("", Some(Denied), None), Err("encrypted".to_string()));
        assert_eq!(connect("", Some(Gone), None), Err("encrypted".to_string()));
        for mode in ["sslmode=require", "sslmode=verify-full", "sslmode=verify-ca&sslrootcert=ca.pem"] {
            assert_eq!(connect(mode, Some(Encryption), None), Err("encrypted".to_string()), "{mode}");
        }
        assert_eq!(connect("sslmode=disable", None, Some(Encryption)), Err("plain".to_string()));
    }

    #[test]
    fn where_nothing_is_offered_the_answer_to_a_plain_connection_tells_more() {
        let preferring = read("").unwrap();
        let mut dial = |encryption: &Encryption| -> Result<(), StoreError> {
            let plain = encryption.mode == SslMode::Disable;
            let cause = if plain { "no line in pg_hba.conf".to_string() } else { encryption.not_offered() };
            Err(StoreError { kind: StoreErrorKind::Encryption, place: String::new(), cause })
        };
        assert_eq!(preferring.connect(&mut dial).unwrap_err().cause, "no line in pg_hba.conf");
    }
}
