//! Which of the files can follow what is in force: a broken successor leaves the last good one where it is.

use super::card::{Card, ParsedCatalogue, ParsedCity, ParsedKeys, ParsedPolicy, limits, switches};
use super::city::Signed;
use super::place::{KEYS, LAYOUT, LIMITS, POLICY, Place};
use super::texts::Manifest;
use crate::engines::{Catalogue as _, Engines};
use farebox_access::MasterKeys;
use std::marker::PhantomData;
use std::rc::Rc;

/// A file that does not become part of the configuration as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
    /// Whether its last good text stays in force.
    pub last_good: bool,
}

/// What files come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What is to be in force.
    pub good: Manifest,
    /// What of the files is not.
    pub broken: Vec<Broken>,
}

/// What the document of keys is judged with.
#[derive(Clone, Copy, Debug)]
pub enum Master<'k> {
    /// Not known: the variables are wrong. It stays as it is in the base.
    Unknown,
    /// None, and nobody needs one: it is checked as far as it can be read.
    None,
    /// It has to open.
    Keys(&'k MasterKeys),
}

/// Judges the files that were found after a configuration.
///
/// A document that loads becomes part of the next configuration. One that does not leaves its last good text there. A
/// document that never loaded goes in as it is: it takes out itself, in every instance, and says why. `text` finds the text
/// of a version at a path, or says why there is none.
///
/// Copy is judged by who renders. Whoever does not leaves it as it is in the base, for the next one who does.
///
/// What is not there any more is withdrawn, but for what nothing can do without: the policy, the layout, and the last rate
/// card. A folder without them is being replaced, or was not mounted. A document of keys that is gone takes all keys with it, and one
/// of limits all limits, unless all rate cards are gone as well. A city that demands signed coupons and is still served has to say that it
/// does not any more: a document that is gone says nothing.
pub fn judge<E: Engines>(
    base: &Manifest,
    files: &Manifest,
    master: Master<'_>,
    text: impl Fn(&str, &str) -> Found,
) -> Judgement {
    let judge = Judge::<E, _> { base, files, master, text, engines: PhantomData };
    let mut judgement = Judgement::default();
    judge.alone(&mut judgement);
    judge.copy(&mut judgement);
    judge.indispensable(&mut judgement);
    judge.demanding(&mut judgement);
    judgement
}

/// What is wrong with a document whose file is gone.
const NOT_THERE: &str = "is not there";

/// The messages of a locale, with a layout.
struct Choice {
    path: String,
    /// The version that goes with it.
    taken: Option<String>,
    /// Why the new one does not.
    why: Option<String>,
}

/// The text of a version, or why it cannot be had.
pub type Found = Result<Rc<str>, String>;

struct Judge<'a, E, T> {
    base: &'a Manifest,
    files: &'a Manifest,
    master: Master<'a>,
    text: T,
    engines: PhantomData<E>,
}

impl<E: Engines, T: Fn(&str, &str) -> Found> Judge<'_, E, T> {
    /// The documents that depend on nothing else.
    fn alone(&self, judgement: &mut Judgement) {
        for (path, version) in self.files {
            let Some(place) = Place::of(path) else { continue };
            let loads = |version: &str| {
                let text = (self.text)(path, version)?;
                let parsed = match &place {
                    Place::Card { city, product, side, from } => {
                        Card::<E::Card>::of_file(&text, city, product, *side, from.as_deref()).map(drop)
                    }
                    Place::Policy => ParsedPolicy::<E::Policy>::parse(&text).map(drop),
                    Place::City { city } => ParsedCity::parse(&text, city).map(drop),
                    Place::Keys => match self.master {
                        Master::Keys(master) => ParsedKeys::open(&text, master).map(drop),
                        Master::None | Master::Unknown => ParsedKeys::check(&text),
                    },
                    Place::Limits => limits(&text).map(drop),
                    Place::Switches => switches(&text).map(drop),
                    Place::Layout | Place::Messages { .. } => Ok(()),
                };
                parsed.map_err(|problems| problems.join("; "))
            };
            if matches!(place, Place::Layout | Place::Messages { .. }) {
                continue;
            }
            let old = self.base.get(path);
            if matches!((&place, self.master), (Place::Keys, Master::Unknown)) {
                judgement.good.extend(old.map(|old| (path.clone(), old.clone())));
                continue;
            }
            if old == Some(version) {
                judgement.good.insert(path.clone(), version.clone());
                continue;
            }
            match loads(version) {
                Ok(()) => _ = judgement.good.insert(path.clone(), version.clone()),
                Err(why) => {
                    let good = old.filter(|old| loads(old).is_ok());
                    self.keep(judgement, path, version, good, why);
                }
            }
        }
    }

    /// The copy of all locales, which share a layout: a new one is taken when every locale goes with it that went with the
    /// old one.
    fn copy(&self, judgement: &mut Judgement) {
        let (new, old) = (self.files.get(LAYOUT), self.base.get(LAYOUT));
        if !E::Catalogue::RENDERS || of_copy(self.base).eq(of_copy(self.files)) {
            let same = of_copy(self.base).map(|(path, version)| (path.clone(), version.clone()));
            return judgement.good.extend(same);
        }
        let (with_new, with_old) = (self.choices(new), self.choices(old));
        let lost = |choice: &&Choice| {
            let goes = |with: &Choice| with.path == choice.path && with.taken.is_some();
            choice.taken.is_none() && with_old.iter().any(goes)
        };
        let lost: Vec<&Choice> = with_new.iter().filter(lost).collect();
        let stays = old.filter(|_| !lost.is_empty());
        if stays.is_some() && new != old {
            let why =
                |lost: &&Choice| format!("does not go with {}: {}", lost.path, lost.why.as_deref().unwrap_or_default());
            let why = match new {
                None => NOT_THERE.to_owned(),
                Some(_) => lost.iter().map(why).collect::<Vec<_>>().join("; "),
            };
            judgement.broken.push(Broken { path: LAYOUT.to_owned(), why, last_good: true });
        }
        let layout = stays.or(new).filter(|layout| !layout.is_empty());
        judgement.good.extend(layout.map(|layout| (LAYOUT.to_owned(), layout.clone())));
        for choice in if stays.is_some() { with_old } else { with_new } {
            match (choice.taken, choice.why) {
                (Some(taken), None) => _ = judgement.good.insert(choice.path, taken),
                (taken, why) => {
                    let version = self.files.get(&choice.path).map_or("", String::as_str);
                    self.keep(judgement, &choice.path, version, taken.as_ref(), why.unwrap_or_default());
                }
            }
        }
    }

    /// The messages of every locale that go with a layout: the new ones, else the old ones.
    fn choices(&self, layout: Option<&String>) -> Vec<Choice> {
        let goes = |path: &str, locale: &str, version: &str| {
            let layout = layout.ok_or_else(|| format!("{LAYOUT} {NOT_THERE}"))?;
            let (messages, layout) = ((self.text)(path, version)?, (self.text)(LAYOUT, layout)?);
            let parsed = ParsedCatalogue::<E::Catalogue>::parse(locale, &messages, &layout);
            parsed.map(drop).map_err(|problems| problems.join("; "))
        };
        let choose = |(path, version): (&String, &String)| {
            let Some(Place::Messages { locale }) = Place::of(path) else { return None };
            let (taken, why) = match goes(path, &locale, version) {
                Ok(()) => (Some(version.clone()), None),
                Err(why) => (self.base.get(path).filter(|old| goes(path, &locale, old).is_ok()).cloned(), Some(why)),
            };
            Some(Choice { path: path.clone(), taken, why })
        };
        self.files.iter().filter_map(choose).collect()
    }

    /// What nothing can do without stays, though its file is gone.
    fn indispensable(&self, judgement: &mut Judgement) {
        let is_card = |path: &&String| path.starts_with("cards/");
        let no_cards = !self.files.keys().any(|path| is_card(&path));
        for (path, version) in self.base {
            let needed =
                path == POLICY || path == LAYOUT || (no_cards && (is_card(&path) || path == KEYS || path == LIMITS));
            if needed && !judgement.good.contains_key(path) {
                judgement.good.insert(path.clone(), version.clone());
                let told = judgement.broken.iter().any(|broken| broken.path == *path);
                if !told {
                    let why = NOT_THERE.to_owned();
                    judgement.broken.push(Broken { path: path.clone(), why, last_good: true });
                }
            }
        }
    }

    /// The document of a city that demands signed coupons stays, though its file is gone: without one anybody's coupon would be taken.
    fn demanding(&self, judgement: &mut Judgement) {
        let gone = self.base.iter().filter(|(path, _)| !self.files.contains_key(*path));
        for (path, version) in gone {
            let Some(Place::City { city }) = Place::of(path) else { continue };
            let parsed = (self.text)(path, version).ok().and_then(|text| ParsedCity::parse(&text, &city).ok());
            let demands = parsed.is_some_and(|parsed| parsed.rules.coupons.signed == Signed::Required);
            let is_of_the_city =
                |path: &String| matches!(Place::of(path), Some(Place::Card { city: of, .. }) if of == city);
            if demands && judgement.good.keys().any(is_of_the_city) {
                let why = format!(
                    "{NOT_THERE}, and coupons have to be signed in {city}: put it back; to take any coupon, say \
                     \"signed\": \"optional\" in it first"
                );
                judgement.good.insert(path.clone(), version.clone());
                judgement.broken.push(Broken { path: path.clone(), why, last_good: true });
            }
        }
    }

    fn keep(&self, judgement: &mut Judgement, path: &str, version: &str, good: Option<&String>, why: String) {
        let kept = good.map(String::as_str).or((!version.is_empty()).then_some(version));
        if let Some(kept) = kept {
            judgement.good.insert(path.to_owned(), kept.to_owned());
        }
        judgement.broken.push(Broken { path: path.to_owned(), why, last_good: good.is_some() });
    }
}

/// The documents that copy consists of.
fn of_copy(manifest: &Manifest) -> impl Iterator<Item = (&String, &String)> {
    let is_copy = |path: &str| matches!(Place::of(path), Some(Place::Layout | Place::Messages { .. }));
    manifest.iter().filter(move |(path, _)| is_copy(path))
}
