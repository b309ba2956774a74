//! What is wrong with the settings, in words for the person who sets them.

use std::fmt;

/// One thing to put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: String,
    /// Its value as given; `None` for secrets and for variables that are not set.
    pub value: Option<String>,
    /// What is wrong and what to do, as the rest of a sentence that begins with the name.
    pub advice: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value:?} {}", self.name, self.advice),
            None => write!(f, "{} {}", self.name, self.advice),
        }
    }
}

/// Everything that is wrong, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems, in the order of the settings; never empty.
    pub fn list(&self) -> &[Problem] {
        &self.0
    }

    /// The variables concerned.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|problem| problem.name.as_str()).collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}
