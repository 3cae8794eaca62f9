//! `farebox coupon`: what issuers of coupons sign with, and their signatures.

use crate::{chance, input, moment, output};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use farebox_billing::requests::problems_of_coupon;
use farebox_coupons::{Audience, Claims, ISSUER_ID_RULE, Issuer, SECRET_BYTES, Secret, is_issuer_id};
use farebox_fare::Timestamp;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// The variable that the secret of an issuer is in.
const SECRET: &str = "FAREBOX_ISSUER_SECRET";

/// What can be done for issuers of coupons.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "what each does is said where its arguments are, and the command line says that")]
pub enum Coupon {
    Issuer(NewIssuer),
    Sign(Sign),
}

/// Make a secret that an issuer signs coupons with, and its public key
///
/// The secret goes to the standard output and is not shown again. The public key, as the document of a city lists it, goes to the standard
/// error.
///
/// Example:
///
///   (umask 077; farebox coupon issuer marketing-2026 > marketing.secret)
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct NewIssuer {
    /// What tokens name it by: 1 to 64 characters.
    #[arg(value_parser = parse_issuer)]
    id: String,
}

/// Sign a coupon, and print its token
///
/// The coupon is a JSON object, as a request has it, without `token`. The secret is in a file, or in FAREBOX_ISSUER_SECRET.
///
/// Example:
///
///   echo '{"id": "c-1", "kind": "amount", "value": "5.00"}' |
///     farebox coupon sign - --issuer marketing-2026 --secret-file marketing.secret --city 110000 --passenger p-1
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Sign {
    /// The coupon; "-" is the standard input.
    #[arg(value_name = "FILE")]
    coupon: PathBuf,
    /// What the issuer is called in the documents of cities.
    #[arg(long, value_name = "ID", value_parser = parse_issuer)]
    issuer: String,
    /// The file that its secret is in, as `farebox coupon issuer` prints it; "-" is the standard input. Without it the variable
    /// FAREBOX_ISSUER_SECRET is read.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A city that it is good in. Can be said several times.
    #[arg(long = "city", value_name = "CITY", required = true)]
    cities: Vec<String>,
    /// Whose it is, the `id` of the passenger; anybody's without.
    #[arg(long, value_name = "ID")]
    passenger: Option<String>,
    /// Rides begin at this moment or later.
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    from: Option<Timestamp>,
    /// Rides begin before this moment.
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    until: Option<Timestamp>,
}

impl Coupon {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// What is wrong with what is given; that the answer cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Issuer(issuer) => issuer.run()?,
            Self::Sign(sign) => sign.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl NewIssuer {
    fn run(&self) -> anyhow::Result<()> {
        let secret = Secret::new(&chance::bytes()?);
        let issuer = Issuer { id: self.id.clone(), public_key: secret.public_key().to_string() };
        output::print_secret(secret.reveal() + "\n")?;
        let entry = serde_json::to_string(&issuer)?;
        output::say(format_args!(
            "the secret is on the standard output and is not shown again: keep it where coupons are signed, and nowhere else\n\
             for `coupons.issuers` in config/cities/<city>.json: {entry}"
        ));
        Ok(())
    }
}

impl Sign {
    fn run(&self) -> anyhow::Result<()> {
        if input::is_stdin(&self.coupon) && self.secret_file.as_deref().is_some_and(input::is_stdin) {
            bail!("--secret-file and the coupon cannot both be the standard input; name a file for one of them");
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| from >= until) {
            bail!("--until has to be after --from: no ride could begin with the coupon");
        }
        let coupon: Value = input::read_document(&self.coupon, "a coupon")?;
        let problems = problems_of_coupon(&coupon);
        if !problems.is_empty() {
            bail!(input::with_problems(&format!("{} is not a coupon; it has", input::name(&self.coupon)), &problems));
        }
        if coupon.get("token").is_some() {
            bail!("the coupon has a `token` already; take it out, and sign the rest");
        }
        let aud = match self.cities.as_slice() {
            [city] => Audience::City(city.clone()),
            cities => Audience::Cities(cities.to_vec()),
        };
        let claims = Claims { aud, sub: self.passenger.clone(), nbf: self.from, exp: self.until, coupon };
        let token = self.secret()?.sign(&self.issuer, &claims);
        output::print(token + "\n")
    }

    fn secret(&self) -> anyhow::Result<Secret> {
        let (name, text) = input::file_or_variable(self.secret_file.as_deref(), SECRET)?;
        let text = text.with_context(|| {
            format!("there is no secret to sign with; name the file that it is in with --secret-file, or set {SECRET}")
        })?;
        Secret::parse(&text).with_context(|| {
            format!(
                "{name} has no secret, which is {SECRET_BYTES} bytes in base64url, as `farebox coupon issuer` prints it"
            )
        })
    }
}

fn parse_issuer(text: &str) -> Result<String, String> {
    if is_issuer_id(text) { Ok(text.to_owned()) } else { Err(format!("an issuer is named by {ISSUER_ID_RULE}")) }
}
