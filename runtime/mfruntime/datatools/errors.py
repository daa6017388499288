"""What can go wrong with the data tools: one class for each thing, the same for every store.

Those of S3 have Metaflow's names and headlines and are kinds of the general ones, so that `except ObjectNotFound` is
enough for a program that works with more than one store.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import MetaflowException


class DataToolsException(MetaflowException):
    """The store refuses, or does not answer."""

    headline = "Object store access failed"


class InvalidObject(DataToolsException):
    """A value that is neither text, bytes nor a binary stream."""

    headline = "Not a string-like object"


class InvalidAddress(DataToolsException):
    """An address that cannot be one."""

    headline = "Invalid address"


class ObjectNotFound(DataToolsException):
    """There is no such object, or no such bucket or container."""

    headline = "Object not found"


class AccessDenied(DataToolsException):
    """The store knows who asks, and says no."""

    headline = "Access denied"


class InvalidRange(DataToolsException):
    """A part of an object that it does not have."""

    headline = "Invalid range"


class NameClash(DataToolsException):
    """The store keeps folders, and a folder or an object is where the other is to be."""

    headline = "Names clash"


class InsufficientDiskSpace(DataToolsException):
    """What is fetched does not fit on this disk."""

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
    """The classes that the tools of one store raise."""

    failed: type[DataToolsException] = DataToolsException
    invalid_object: type[DataToolsException] = InvalidObject
    invalid_address: type[DataToolsException] = InvalidAddress
    not_found: type[DataToolsException] = ObjectNotFound
    denied: type[DataToolsException] = AccessDenied
    invalid_range: type[DataToolsException] = InvalidRange
    name_clash: type[DataToolsException] = NameClash
    disk_full: type[DataToolsException] = InsufficientDiskSpace
