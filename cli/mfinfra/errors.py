"""Errors that users can see, with their exit codes. A message is one line; the hint is the next command."""

from __future__ import annotations

from .printable import without_credentials


class MfinfraError(Exception):
    """A message with an optional hint, which is the next command. `exit_code` is that of the process."""

    exit_code = 1
    meaning = "The command failed. The message describes the error, the hint the next command."

    def __init__(self, message: str, hint: str | None = None):
        self.message = without_credentials(message)  # settings and errors of libraries can contain URLs with passwords
        self.hint = None if hint is None else without_credentials(hint)
        super().__init__(self.message)


class UsageError(MfinfraError):
    exit_code = 2
    meaning = "The command line is invalid: an unknown option or command, or a missing argument."


class StackFileError(MfinfraError):
    exit_code = 3
    meaning = "The stack file, or an option that overrides it, is invalid."


class NotFound(MfinfraError):
    exit_code = 4
    meaning = "The stack, profile or runtime was not found."


class Refused(MfinfraError):
    exit_code = 5
    meaning = "The command would change something that mfinfra did not create, or was not confirmed."


class Locked(MfinfraError):
    exit_code = 6
    meaning = "Another command is changing the same stack."


class Unsupported(MfinfraError):
    exit_code = 7
    meaning = "This version of mfinfra does not support the operation. Nothing was changed."


class InstallFailed(MfinfraError):
    exit_code = 8
    meaning = "The runtime could not be installed."


class SmokeTestFailed(MfinfraError):
    exit_code = 9
    meaning = "The stack exists, but its smoke test failed."


class DoctorFoundProblems(MfinfraError):
    exit_code = 10
    meaning = "`mfinfra doctor` found problems that stop flows from running."


class CloudError(MfinfraError):
    """`code` is the error code of the cloud, for callers that handle some of them; `kind` is what it means, such as
    `quota` or `permission`, empty if it is not known."""

    exit_code = 11
    code = ""
    kind = ""
    meaning = (
        "The cloud refused a request: credentials, permissions, quota or a name in use. The message contains the cause."
    )


class EngineError(MfinfraError):
    exit_code = 12
    meaning = "Terraform or CloudFormation is missing, too old, or failed. Completed changes are kept."


class Interrupted(MfinfraError):
    exit_code = 130
    meaning = "Interrupted by Ctrl-C. Completed changes are kept; running the command again continues."


#: Every class with its own exit code, for the reference page.
EXIT_CODES: tuple[type[MfinfraError], ...] = (
    MfinfraError,
    UsageError,
    StackFileError,
    NotFound,
    Refused,
    Locked,
    Unsupported,
    InstallFailed,
    SmokeTestFailed,
    DoctorFoundProblems,
    CloudError,
    EngineError,
    Interrupted,
)
