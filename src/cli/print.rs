//! What people see: colours on a terminal, none elsewhere.

use std::io::{IsTerminal, stdout};

/// Colours, where they are seen.
#[derive(Clone, Copy)]
pub struct Style(bool);

impl Style {
    /// For standard output.
    pub fn stdout() -> Self {
        Self(stdout().is_terminal())
    }

    /// Whether standard output is a terminal.
    pub const fn is_terminal(self) -> bool {
        self.0
    }

    /// `text` in bold.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// `text` in grey.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// `text` in green.
    pub fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// `text` in red.
    pub fn bad(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// `text` in yellow.
    pub fn warn(self, text: &str) -> String {
        self.wrap("33", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
