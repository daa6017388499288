"""What can go wrong with the data tools. Names and headlines are Metaflow's."""

from __future__ import annotations

from ..errors import MetaflowException


class MetaflowS3Exception(MetaflowException):
    """The store refuses, or does not answer."""

    headline = "S3 access failed"


class MetaflowS3InvalidObject(MetaflowException):
    """A value that is neither text, bytes nor a binary stream."""

    headline = "Not a string-like object"


class MetaflowS3URLException(MetaflowException):
    """An address that cannot be one."""

    headline = "Invalid address"


class MetaflowS3NotFound(MetaflowException):
    """There is no such object, or no such bucket."""

    headline = "S3 object not found"


class MetaflowS3AccessDenied(MetaflowException):
    """The store knows who asks, and says no."""

    headline = "S3 access denied"


class MetaflowS3InvalidRange(MetaflowS3Exception):
    """A part of an object that it does not have."""

    headline = "S3 invalid range"


class MetaflowS3InsufficientDiskSpace(MetaflowException):
    """What is fetched does not fit on this disk."""

    headline = "Insufficient disk space"
