//! Signing requests, with a secret that is never an argument: those can be seen by everybody on a machine.

use super::wire::Wire;
use crate::{chance, input};
use anyhow::{Context as _, bail};
use clap::Args;
use farebox_access::{MOST_SECRET_BYTES, SecretText};
use farebox_document::hex;
use farebox_signatures::{Request, SECRET_BYTES, Secret, sign};
use std::path::PathBuf;
use ureq::http::{HeaderName, HeaderValue};

/// The variable that the secret is in.
const SECRET: &str = "FAREBOX_KEY_SECRET";

/// The variable that names the key.
const KEY: &str = "FAREBOX_KEY";

/// What requests are signed with.
#[derive(Debug, Args)]
pub struct SigningArgs {
    /// The key to sign with. Without it the variable FAREBOX_KEY is read.
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// The file that its secret is in, as `farebox keys create` prints it; "-" is the standard input. Without it the variable
    /// FAREBOX_KEY_SECRET is read.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// A key that requests are signed with.
#[derive(Debug)]
pub struct Signer {
    key: String,
    secret: Secret,
}

impl SigningArgs {
    /// Whether the secret is read from the standard input.
    pub fn is_stdin(&self) -> bool {
        self.secret_file.as_deref().is_some_and(input::is_stdin)
    }

    /// What to sign with. `None` when nothing says that anything is to be signed.
    ///
    /// # Errors
    ///
    /// There is a key without a secret, a secret without a key, or what should be a secret is none.
    pub fn read(&self) -> anyhow::Result<Option<Signer>> {
        let key = match &self.key {
            Some(key) => Some(key.clone()),
            None => input::variable(KEY)?,
        };
        let (name, text) = input::file_or_variable(self.secret_file.as_deref(), SECRET)?;
        let (key, text) = match (key, text) {
            (None, None) => return Ok(None),
            (Some(key), Some(text)) => (key, text),
            (Some(key), None) => {
                bail!(
                    "there is no secret for the key {key:?}; name the file that it is in with --secret-file, or set {SECRET}"
                )
            }
            (None, Some(_)) => {
                bail!("there is a secret in {name}, and nothing says of which key; say --key, or set {KEY}")
            }
        };
        let secret = SecretText::parse(&text).and_then(|secret| Secret::new(secret.bytes()));
        let secret = secret.with_context(|| {
            format!(
                "{name} has no secret, which is {SECRET_BYTES} to {MOST_SECRET_BYTES} bytes in base64, as `farebox keys create` prints it"
            )
        })?;
        Ok(Some(Signer { key, secret }))
    }
}

impl Signer {
    /// Signs a request, as of now.
    ///
    /// # Errors
    ///
    /// No such request can be verified.
    pub fn sign(&self, wire: &mut Wire) -> anyhow::Result<()> {
        let bytes: [u8; 16] = chance::bytes()?;
        self.sign_at(wire, jiff::Timestamp::now().as_second(), &hex(&bytes))
    }

    fn sign_at(&self, wire: &mut Wire, created: i64, nonce: &str) -> anyhow::Result<()> {
        let request = Request::new(wire.method.as_str(), wire.path(), &[], &wire.body);
        let signature = sign(&self.key, &self.secret, &request, created, nonce)
            .map_err(|why| anyhow::anyhow!("this cannot be signed: {why}"))?;
        for (name, value) in signature.headers() {
            wire.headers.push((HeaderName::from_static(name), HeaderValue::from_str(value)?));
        }
        Ok(())
    }
}
