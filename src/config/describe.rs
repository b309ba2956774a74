//! Where each setting's value comes from, with secrets hidden. Works on wrong settings too: `doctor` shows them.

use super::settings::{SETTINGS, Setting};
use super::{Env, Problem};
use std::fmt;
use std::io::Read;

/// No secret is larger; a file that is, is not one.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// A setting as a person may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The variable.
    pub name: &'static str,
    /// The value; of a secret only `set` or `not set`.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The variable itself.
    Variable,
    /// The file at this path, which NAME_FILE names.
    File(String),
    /// Nowhere: it is the default.
    Default,
    /// Nowhere, and there is no default.
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => f.write_str("environment"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Default => f.write_str("default"),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// Every setting in the order of [`SETTINGS`].
pub fn describe(env: Env<'_>) -> Vec<Described> {
    SETTINGS
        .iter()
        .map(|setting| match find(setting, env) {
            Ok(found) => Described { name: setting.name, value: found.shown(setting), source: found.source },
            Err(problem) => Described { name: setting.name, value: problem.advice, source: Source::Unset },
        })
        .collect()
}

/// A value and where it was.
pub(super) struct Found {
    value: Option<String>,
    source: Source,
}

impl Found {
    pub(super) fn into_value(self) -> Option<String> {
        self.value
    }

    fn shown(&self, setting: &Setting) -> String {
        match &self.value {
            Some(_) if setting.secret => "set".to_owned(),
            // An address with a password is refused, and not shown either.
            Some(value) if value.contains("://") && value.contains('@') => "set".to_owned(),
            Some(value) => value.clone(),
            None => "not set".to_owned(),
        }
    }
}

/// Looks a setting up. Surrounding white space is dropped; an empty value counts as none, since that is how compose
/// files and shells pass on what is not set.
pub(super) fn find(setting: &Setting, env: Env<'_>) -> Result<Found, Problem> {
    let given = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let value = given(setting.name);
    let file_name = format!("{}_FILE", setting.name);
    match (value, given(&file_name).filter(|_| setting.secret)) {
        (Some(_), Some(path)) => {
            let advice = format!("and {} are both set: keep one of them", setting.name);
            Err(Problem { name: file_name, value: Some(path), advice })
        }
        (Some(value), None) => Ok(Found { value: Some(value), source: Source::Variable }),
        (None, Some(path)) => match read_file(&path) {
            Ok(secret) => Ok(Found { value: Some(secret), source: Source::File(path) }),
            Err(advice) => Err(Problem { name: file_name, value: Some(path), advice }),
        },
        (None, None) => {
            let source = if setting.default.is_some() { Source::Default } else { Source::Unset };
            Ok(Found { value: setting.default.map(str::to_owned), source })
        }
    }
}

fn read_file(path: &str) -> Result<String, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err("names a file that is too large for a secret".to_owned());
    }
    let secret = text.trim();
    if secret.is_empty() { Err("names an empty file".to_owned()) } else { Ok(secret.to_owned()) }
}
