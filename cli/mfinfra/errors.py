"""Errors that a user can meet, and the exit code of each. A message is one line; the hint is the next thing to type."""

from __future__ import annotations


class MfinfraError(Exception):
    """What happened to what, and why. `hint` is the next command; `exit_code` is what the process ends with."""

    exit_code = 1
    meaning = "The command failed; the message says what happened and what to type next."

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MfinfraError):
    exit_code = 2
    meaning = "The command line was wrong: an unknown option or command, or a missing argument."


class StackFileError(MfinfraError):
    exit_code = 3
    meaning = "The stack file, or a value given in its place, is not valid."


class NotFound(MfinfraError):
    exit_code = 4
    meaning = "There is no stack, profile or runtime of that name."


class Refused(MfinfraError):
    exit_code = 5
    meaning = "The command would touch something that mfinfra did not make, or needs a confirmation it did not get."


class Locked(MfinfraError):
    exit_code = 6
    meaning = "Another mfinfra works on the same stack."


class Unsupported(MfinfraError):
    exit_code = 7
    meaning = "This version of mfinfra cannot do what was asked; nothing was touched."


class InstallFailed(MfinfraError):
    exit_code = 8
    meaning = "The runtime could not be installed."


class SmokeTestFailed(MfinfraError):
    exit_code = 9
    meaning = "The stack exists, but the smoke flow did not run through it."


class DoctorFoundProblems(MfinfraError):
    exit_code = 10
    meaning = "`mfinfra doctor` found something that keeps flows from running."


class CloudError(MfinfraError):
    """`code` is the cloud's own word for it, for who has an answer to it."""

    exit_code = 11
    code = ""
    meaning = "The cloud refused: credentials, a permission, a quota, a name that is taken; the message says which."


class EngineError(MfinfraError):
    exit_code = 12
    meaning = "Terraform or CloudFormation is missing, too old, or failed; what was done is kept."


class Interrupted(MfinfraError):
    exit_code = 130
    meaning = "Ctrl-C: what was done is kept; the same command goes on from there."


#: Every class with an exit code of its own, for the reference page.
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
