//! What the compiler has to say: a code, a sentence, places, and what to write instead.
//! Drawing for people is in `diagnostic/human.rs`, the machine form in `diagnostic/json.rs`.

mod codes;
mod human;
mod insert;
mod json;

pub use codes::{CODES, Code};
pub use human::render;
pub(crate) use insert::before_brace;
pub use json::to_json;

use crate::source::Span;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No plan is made.
    Error,
    /// Worth a look.
    Warning,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How grave it is.
    pub level: Level,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Places: the first is where it is wrong, the others explain.
    pub labels: Vec<Label>,
    /// Facts that explain.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// Changes that mend it.
    pub patches: Vec<Patch>,
}

/// A place with a remark.
#[derive(Debug, Clone)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark; may be empty.
    pub text: String,
}

/// How sure it is that a change is what the author wants; the names are rustc's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// A tool may make the change without asking.
    MachineApplicable,
    /// It may be meant otherwise.
    MaybeIncorrect,
    /// It holds words that the author has to replace, such as a reason.
    HasPlaceholders,
}

/// A change to the mapping's text.
#[derive(Debug, Clone)]
pub struct Patch {
    /// How sure it is.
    pub applicability: Applicability,
    /// What it does.
    pub message: String,
    /// What to replace.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl Diagnostic {
    /// Returns an error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Level::Error, code, span, message)
    }

    /// Returns a warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Level::Warning, code, span, message)
    }

    fn new(level: Level, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        let labels = vec![Label { span, text: String::new() }];
        Diagnostic { code, level, message: message.into(), labels, notes: Vec::new(), help: None, patches: Vec::new() }
    }

    /// Sets the remark at the place itself.
    pub fn here(mut self, text: impl Into<String>) -> Diagnostic {
        self.labels[0].text = text.into();
        self
    }

    /// Adds a place that explains.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact that explains.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Says what to write instead.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Offers a change that may be meant.
    pub fn patch(self, message: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.patch_as(Applicability::MaybeIncorrect, message, span, replacement)
    }

    /// Offers a change, and says how sure it is.
    pub fn patch_as(
        mut self,
        applicability: Applicability,
        message: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Diagnostic {
        self.patches.push(Patch { applicability, message: message.into(), span, replacement: replacement.into() });
        self
    }

    /// Returns what to write instead, unless a change says so already.
    fn help_beside_patches(&self) -> Option<&str> {
        let help = self.help.as_deref()?;
        self.patches.iter().all(|patch| patch.message != help).then_some(help)
    }
}
