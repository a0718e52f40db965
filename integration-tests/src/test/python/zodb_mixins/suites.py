"""The tests: classes and documents of the packages ZODB and ZEO, imported, not copied."""
import doctest
import re
import unittest

import ZEO.tests.IterationTests
import ZEO.tests.testConnection
import ZEO.tests.testZEO
import zope.testing.setupstack
from ZEO.tests import forker
from ZODB.tests import HistoryStorage
from ZODB.tests import IteratorStorage
from ZODB.tests import PackableStorage
from ZODB.tests import PersistentStorage
from ZODB.tests import testblob
from zope.testing import renormalizing

PREFIXES = ("check", "test")  # ZODB < 6 and >= 6


class Storage(
    ZEO.tests.testZEO.FileStorageTests,
    PersistentStorage.PersistentStorage,
    HistoryStorage.HistoryStorage,
    IteratorStorage.ExtendedIteratorStorage,
):
    """All mixins that ZEO's own suite has, and those that it has not."""


class Recovery(ZEO.tests.testZEO.FileStorageRecoveryTests):
    """Copies from storage to storage."""


class Blobs(ZEO.tests.testZEO.GenericTestBase, ZEO.tests.testZEO.CommonBlobTests):
    """Blobs by the storage's own calls."""

    getConfig = ZEO.tests.testZEO.CommonBlobTests.getConfig


class Connection(ZEO.tests.testConnection.FileStorageConnectionTests):
    """Servers that come and go, and invalidations under load."""


class Reconnection(ZEO.tests.testConnection.FileStorageReconnectionTests):
    pass


class Verification(ZEO.tests.testConnection.FileStorageInvqTests):
    pass


class Timeouts(ZEO.tests.testConnection.FileStorageTimeoutTests):
    pass


CLASSES = [Storage, Recovery, Blobs]
STOPPABLE_CLASSES = [Connection, Reconnection, Verification, Timeouts]
DOCUMENTS = [
    "client-config.test",
    "drop_cache_rather_than_verify.txt",
    "dynamic_server_ports.test",
    "invalidation-age.txt",
    "new_addr.test",
    "protocols.test",
    "zeo-fan-out.test",
    "zeo_blob_cache.test",
]

NORMAL_FORM = renormalizing.RENormalizing(
    [
        (re.compile(r"'start': '[^\n]+'"), "start"),
        (re.compile(r"'last-transaction': '[0-9a-f]+'"), "last-transaction"),
        (re.compile(r"(?:\w+\.)+(ConflictError|POSKeyError|ClientDisconnected|ClientStorageError)"), r"\1"),
    ]
)


def tests():
    """Pairs of a name and a test; those that stop their server apart."""
    return {False: list(_ordinary()), True: list(_stopping())}


def _ordinary():
    for each in CLASSES:
        yield from _methods(each)
    yield from _blob_documents()


def _stopping():
    for each in STOPPABLE_CLASSES:
        yield from _methods(each)
    for module in ZEO.tests.testZEO, ZEO.tests.IterationTests:
        for test in _doctests(module):
            yield "%s.%s" % (module.__name__.split(".")[-1], test.id().split(".")[-1]), test
    for document in DOCUMENTS:
        suite = doctest.DocFileSuite(
            document,
            package=ZEO.tests,
            setUp=forker.setUp,
            tearDown=zope.testing.setupstack.tearDown,
            checker=NORMAL_FORM,
        )
        for test in suite:
            yield document, test


def _doctests(module):
    return doctest.DocTestSuite(
        module,
        setUp=forker.setUp,
        tearDown=zope.testing.setupstack.tearDown,
        checker=NORMAL_FORM,
    )


def _methods(case):
    seen = {}
    for prefix in PREFIXES:
        for method in unittest.TestLoader.getTestCaseNames(_loader(prefix), case):
            # Where there are both, ZEO has switched the second one off.
            seen.setdefault(method[len(prefix):], case(method))
    for name in sorted(seen):
        yield "%s.%s" % (case.__name__, name), seen[name]


def _loader(prefix):
    loader = unittest.TestLoader()
    loader.testMethodPrefix = prefix
    return loader


def _blob_documents():
    factory = ZEO.tests.testZEO.ServerManagingClientStorage
    suite = testblob.storage_reusable_suite("BlobsOfClients", factory, test_packing=True)
    gc = ZEO.tests.testZEO.ServerManagingClientStorageForIExternalGCTest
    for test in _flat(suite):
        yield "testblob.%s" % test.id().split(".")[-1], test
    for test in _flat(PackableStorage.IExternalGC_suite(lambda: gc("data.fs", "blobs"))):
        yield "IExternalGC.test", test


def _flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test
