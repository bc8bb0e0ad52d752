//! Why a command could not do its work, and the exit status that goes with it.

use crate::Status;
use cutover_codegen::EmitError;
use cutover_codegen::disk::DiskError;
use cutover_interpreter::GivenInRust;
use cutover_runtime::RunError;
use cutover_runtime::connection::StoreError;
use std::fmt;

/// A failure: a sentence for people, a status for programs.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    status: Status,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: Status::Usage }
    }

    pub(crate) fn environment(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: Status::Environment }
    }

    pub(crate) fn findings(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: Status::Findings }
    }

    /// The same as a mistake in the call.
    pub(crate) fn into_usage(self) -> Failure {
        Failure { status: Status::Usage, ..self }
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        let status = match &error {
            RunError::Irreversible(_) | RunError::StillReferred { .. } | RunError::UnknownStep { .. } => Status::Usage,
            RunError::NoSuchMap { .. } | RunError::NoSuchReason { .. } | RunError::NobodyRuns => Status::Usage,
            _ => Status::Environment,
        };
        Failure { message: error.to_string(), status }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::environment(error.to_string())
    }
}

impl From<GivenInRust> for Failure {
    fn from(error: GivenInRust) -> Failure {
        Failure::usage(error.to_string())
    }
}

impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Failure {
        Failure::environment(error.to_string())
    }
}

impl From<EmitError> for Failure {
    fn from(error: EmitError) -> Failure {
        Failure::findings(error.to_string())
    }
}
