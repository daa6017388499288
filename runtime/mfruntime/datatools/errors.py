"""Errors of the data tools, the same for every object store.

The errors of S3 have Metaflow's names and headlines and are subclasses of the general ones, so that a program for
several object stores only needs `except ObjectNotFound`.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import MetaflowException


class DataToolsException(MetaflowException):
    """The object store rejected a request, or did not respond."""

    headline = "Object store access failed"


class InvalidObject(DataToolsException):
    """A value that is neither a string, bytes nor a binary stream."""

    headline = "Not a string-like object"


class InvalidAddress(DataToolsException):
    """An invalid URL of an object."""

    headline = "Invalid address"


class ObjectNotFound(DataToolsException):
    """The object, or its bucket or container, does not exist."""

    headline = "Object not found"


class AccessDenied(DataToolsException):
    """The credentials have no permission for the request."""

    headline = "Access denied"


class InvalidRange(DataToolsException):
    """The requested byte range is outside of the object."""

    headline = "Invalid range"


class NameClash(DataToolsException):
    """The object store has directories, and a directory and an object would have the same name."""

    headline = "Names clash"


class InsufficientDiskSpace(DataToolsException):
    """A download does not fit on the local disk."""

    headline = "Insufficient disk space"


class MetaflowS3Exception(DataToolsException):
    headline = "S3 access failed"


class MetaflowS3InvalidObject(InvalidObject):
    headline = "Not a string-like object"


class MetaflowS3URLException(InvalidAddress):
    headline = "Invalid address"


class MetaflowS3NotFound(ObjectNotFound):
    headline = "S3 object not found"


class MetaflowS3AccessDenied(AccessDenied):
    headline = "S3 access denied"


class MetaflowS3InvalidRange(MetaflowS3Exception, InvalidRange):
    headline = "S3 invalid range"


class MetaflowS3NameClash(MetaflowS3Exception, NameClash):
    headline = "S3 names clash"


class MetaflowS3InsufficientDiskSpace(InsufficientDiskSpace):
    headline = "Insufficient disk space"


class Errors(NamedTuple):
    """The error classes of one object store."""

    failed: type[DataToolsException] = DataToolsException
    invalid_object: type[DataToolsException] = InvalidObject
    invalid_address: type[DataToolsException] = InvalidAddress
    not_found: type[DataToolsException] = ObjectNotFound
    denied: type[DataToolsException] = AccessDenied
    invalid_range: type[DataToolsException] = InvalidRange
    name_clash: type[DataToolsException] = NameClash
    disk_full: type[DataToolsException] = InsufficientDiskSpace
