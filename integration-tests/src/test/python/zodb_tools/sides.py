"""One of the two servers that a case runs with, and what it answered."""
import os
import re
import time

import transaction
import ZODB
from persistent.TimeStamp import TimeStamp
from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ServerException
from ZODB.utils import u64, z64

OLDEST_TID = TimeStamp(2000, 1, 1).raw()
NEWEST_TID = TimeStamp(2100, 1, 1).raw()
STORAGES = 2  # of one case
RUN = "%x" % time.time_ns()  # so that the same cluster does for another run


def storage_name(case, number):
    return "%s-%s-%d" % (RUN, case.__name__, number)


class Side:
    """All that a case says here is held against what it said on the other side."""

    def __init__(self, kind, addresses, case, directory):
        self.kind = kind
        self.addresses = addresses
        self.case = case
        self.directory = directory
        os.makedirs(directory)
        self.answers = []
        self._closed_at_end = []
        self._tids = {}

    def name(self, number=0):
        return storage_name(self.case, number)

    def storage(self, number=0, **options):
        options.setdefault("wait_timeout", 60)
        return self.keep(ClientStorage(self.addresses, storage=self.name(number), **options))

    def storage_on_first(self):
        """On the server that a tool with one address talks to; what is told there is here too."""
        return self.keep(ClientStorage(self.addresses[:1], storage=self.name(), wait_timeout=60))

    def db(self, number=0, **options):
        return self.keep(ZODB.DB(self.storage(number, **options)))

    def keep(self, closeable):
        self._closed_at_end.append(closeable)
        return closeable

    def servers(self):
        """The lines of a section of ZConfig."""
        return "".join("server %s:%d\n" % each for each in self.addresses)

    def say(self, what, function, *arguments):
        """Notes what a call returned or which error it raised, and returns what it returned."""
        value = error = None
        try:
            value = function(*arguments)
        except Exception as e:  # compared with the other side's
            error = e
        self.answers.append((what, self._kind(error) if error else self._comparable(value)))
        return value

    def differ(self, what, stock, cluster, function, *arguments):
        """Like say, of an answer that is known to be another one on each side."""
        self.say(what, function, *arguments)
        expected = stock if self.kind == "stock" else cluster
        found = self.answers.pop()[1]
        self.answers.append((what, "as known" if found == expected else (found, "expected here:", expected)))

    @staticmethod
    def _kind(error):
        if isinstance(error, ServerException):
            return "raised %s" % error.args[0]
        return "raised %s" % type(error).__name__

    def _comparable(self, value):
        """With tids by their order, and without what tells the sides apart."""
        if isinstance(value, bytes) and len(value) == len(z64) and OLDEST_TID < value < NEWEST_TID:
            return self._tids.setdefault(value, "tid %d" % len(self._tids))
        if isinstance(value, dict):
            return {key: self._comparable(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self._comparable(each) for each in value)
        if isinstance(value, str):
            return re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", value.replace(self.directory, "DIRECTORY"))
        return value

    def close(self):
        transaction.abort()
        for each in reversed(self._closed_at_end):
            each.close()


def later(tid, units=1):
    return (u64(tid) + units).to_bytes(8, "big")
