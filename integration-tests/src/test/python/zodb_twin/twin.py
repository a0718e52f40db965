"""Does the same random operations with a FileStorage and with a storage of a cluster, and compares all that both say.

    twin.py ADDRESSES STORAGE SEED STEPS DIRECTORY

The cluster's tid is dictated to the FileStorage, so tids and oids are the same on both sides. The storage must be
empty. Ends with 1 at the first difference, and says which step it was. The same seed does the same again, but for
what depends on when: times of packs are near those of transactions.
"""
import base64
import logging
import os
import random
import shutil
import sys
import time

from BTrees.Length import Length
from persistent.mapping import PersistentMapping
from persistent.TimeStamp import TimeStamp
from ZEO.ClientStorage import ClientStorage
from ZODB.blob import Blob
from ZODB.Connection import TransactionMetaData
from ZODB.FileStorage import FileStorage
from ZODB.POSException import POSKeyError
from ZODB.serialize import referencesf
from ZODB.utils import maxtid, p64, u64, z64

from answers import POS_KEY_ERROR, Answer, Different, Time, record, references, shown, without_lists

WORDS = ["", "user", "/path/of zope", "J\u00fcrgen \u00d6", "\U0001f600 emoji", "two\nlines", "x" * 3000]
LIST = [1, "zwei", b"\xff", None, True, 1.5]
OBJECTS_MAX = 40
HISTORY_SIZES = [1, 2, 5, 100]


class Twin:
    def __init__(self, addresses, storage, seed, directory):
        self.random = random.Random(seed)
        self.addresses = addresses
        self.name = storage
        self.directory = directory
        self.files = 0
        self.file = self.new_file()
        self.cluster = self.connect(addresses[0], "writer")
        self.reader = self.connect(addresses[-1], "reader", cache_size=4096)
        self.tids = [z64]
        self.oids = []
        self.kinds = {}
        self.horizon = z64
        self.packs = 0
        self.counts = {}
        self.log = []
        self.operation = "set up"
        self.step = 0

    def connect(self, address, name, **options):
        blobs = os.path.join(self.directory, "blobs-" + name)
        return ClientStorage(
            [address], storage=self.name, blob_dir=blobs, wait_timeout=120, server_sync=True, **options
        )

    def close(self):
        self.file.close()
        self.cluster.close()
        self.reader.close()

    # ---- Operations

    def run(self, steps):
        self.store_root()
        operations = [
            (self.store, 40), (self.stale_store, 4), (self.undo, 8), (self.delete, 3), (self.check_current, 3),
            (self.abort, 2), (self.blob, 5), (self.read, 30), (self.pack, 1), (self.unlink, 3),
        ]
        for self.step in range(steps):
            operation = self.random.choices([o for o, _ in operations], [w for _, w in operations])[0]
            self.operation = operation.__name__
            self.counts[self.operation] = self.counts.get(self.operation, 0) + 1
            operation()
        self.step = "the end"
        self.compare_everything()

    def metadata(self):
        extension = {}
        if self.random.random() < 0.3:
            extension = {"text": self.random.choice(WORDS), "number": self.random.randrange(1 << 40), "list": LIST}
        return self.random.choice(WORDS), self.random.choice(WORDS), extension

    def both(self, change, may_fail=(), merged=False):
        """One transaction on both sides; change(storage, transaction) fills it. Its tid, or None if it failed."""
        metadata = self.metadata()
        answer = Answer(self.transact, self.cluster, change, metadata, None)
        tid = answer.value or self.later_tid()
        expected = Answer(self.transact, self.file, change, metadata, tid, finish=answer.error is None)
        if merged and answer.kind == "UndoError":
            return None  # which a cluster does not do
        if answer.kind != expected.kind:
            self.differ("transaction of %s" % self.operation, expected, answer)
        if answer.error is None:
            self.tids.append(answer.value)
        elif answer.kind not in may_fail:
            raise Different("step %s: %s failed on both sides: %r" % (self.step, self.operation, answer))
        self.log.append((self.operation, answer.value, answer.kind))
        return answer.value

    @staticmethod
    def transact(storage, change, metadata, tid, finish=True):
        transaction = TransactionMetaData(*metadata)
        storage.tpc_begin(transaction, *((tid,) if tid else ()))
        try:
            change(storage, transaction)
            storage.tpc_vote(transaction)
            if finish:
                return storage.tpc_finish(transaction)
            storage.tpc_abort(transaction)
        except Exception:
            storage.tpc_abort(transaction)
            raise

    def later_tid(self):
        return p64(u64(self.tids[-1]) + 1)

    def store_root(self):
        self.oids.append(z64)
        self.kinds[z64] = "mapping"
        data = record(PersistentMapping, {"data": {}})
        self.both(lambda storage, t: storage.store(z64, z64, data, "", t))

    def state(self, kind):
        if kind == "length":
            return record(Length, self.random.randrange(1000))
        filler = "f" * self.random.choice([0, 10, 300, 5000])
        oids = [oid for oid in self.sample(3) if self.kinds[oid] == "mapping"]
        return record(PersistentMapping, {"data": references(oids), "filler": filler})

    def sample(self, count):
        return self.random.sample(self.oids, min(len(self.oids), count))

    def serial(self, oid):
        """Of its newest record, which may say that it is gone."""
        try:
            return self.file.history(oid)[0]["tid"]
        except POSKeyError:
            return z64

    def live(self):
        return [oid for oid in self.oids if self.kinds[oid] != "blob"]

    def store(self):
        changes = []
        new = []
        for _ in range(self.random.choice([1, 1, 1, 2, 5, 12])):
            if len(self.oids) < OBJECTS_MAX or self.random.random() < 0.03:
                oid = self.cluster.new_oid()
                self.kinds[oid] = self.random.choice(["mapping", "mapping", "length"])
                new.append(oid)
            else:
                oid = self.random.choice(self.live())
            if oid not in [o for o, _, _ in changes]:
                changes.append((oid, self.serial(oid), self.state(self.kinds[oid])))
        linked = [oid for oid in new if self.kinds[oid] == "mapping"]
        if linked and z64 not in [o for o, _, _ in changes]:
            # Most of what is new hangs on the root for a while.
            changes.append((z64, self.serial(z64), record(PersistentMapping, {"data": references(linked)})))
        self.oids.extend(new)

        def change(storage, transaction):
            for oid, serial, data in changes:
                storage.store(oid, serial, data, "", transaction)

        self.both(change, may_fail=("POSKeyError",))

    def unlink(self):
        """The root, with other references."""
        data = record(PersistentMapping, {"data": references(self.sample(6))})
        serial = self.serial(z64)
        self.both(lambda storage, t: storage.store(z64, serial, data, "", t))

    def stale_store(self):
        oid = self.random.choice(self.live())
        data = self.state(self.kinds[oid])
        serial = self.random.choice(self.tids)
        other = self.random.choice(self.live())
        other_data, other_serial = self.state(self.kinds[other]), self.serial(other)

        def change(storage, transaction):
            if other != oid:
                storage.store(other, other_serial, other_data, "", transaction)
            storage.store(oid, serial, data, "", transaction)

        self.both(change, may_fail=("ConflictError", "POSKeyError"))

    def check_current(self):
        oid = self.random.choice([o for o in self.oids if Answer(self.file.load, o).error is None])
        serial = self.random.choice(self.tids)
        if self.random.random() < 0.6:
            serial = self.serial(oid)
        other = self.random.choice([o for o in self.live() if o != oid] or self.live())
        data, other_serial = self.state(self.kinds[other]), self.serial(other)

        def change(storage, transaction):
            storage.store(other, other_serial, data, "", transaction)
            storage.checkCurrentSerialInTransaction(oid, serial, transaction)

        self.both(change, may_fail=("ConflictError", "POSKeyError"))

    def delete(self):
        oid = self.random.choice(self.oids)
        if oid == z64:
            return
        serial = self.serial(oid) if self.random.random() < 0.8 else self.random.choice(self.tids)
        self.both(lambda storage, t: storage.deleteObject(oid, serial, t), may_fail=("ConflictError", "POSKeyError"))

    def abort(self):
        oid = self.cluster.new_oid()
        data = record(Length, 1)
        for storage in self.cluster, self.file:
            transaction = TransactionMetaData()
            storage.tpc_begin(transaction)
            storage.store(oid, z64, data, "", transaction)
            if self.random.random() < 0.5 and storage is self.cluster:
                storage.tpc_vote(transaction)
            storage.tpc_abort(transaction)
        self.compare("load", oid)

    def blob(self):
        blobs = [oid for oid in self.oids if self.kinds[oid] == "blob"]
        if blobs and self.random.random() < 0.6:
            oid = self.random.choice(blobs)
        else:
            oid = self.cluster.new_oid()
            self.oids.append(oid)
            self.kinds[oid] = "blob"
        serial = self.serial(oid)
        content = self.random.randbytes(self.random.choice([0, 1, 1000, 200_000]))
        data = record(Blob, None)
        root = record(PersistentMapping, {"data": references(blobs + [oid])})
        root_serial = self.serial(z64)

        def change(storage, transaction):
            path = os.path.join(self.directory, "uncommitted.blob")
            with open(path, "wb") as f:
                f.write(content)
            storage.storeBlob(oid, serial, data, path, "", transaction)
            storage.store(z64, root_serial, root, "", transaction)

        self.both(change, may_fail=("POSKeyError",))

    def undo(self):
        found = self.file.undoLog(0, 20)
        if not found:
            return
        count = self.random.choice([1, 1, 1, 2, 3])
        ids = [each["id"] for each in self.random.sample(found, min(count, len(found)))]
        if self.random.random() < 0.7:
            ids = [each["id"] for each in found[:count]]
        if self.random.random() < 0.05:
            ids.append(base64.encodebytes(p64(u64(self.tids[-1]) - 1)).rstrip())

        def change(storage, transaction):
            for each in ids:
                storage.undo(each, transaction)

        tids = [base64.decodebytes(each) for each in ids]
        merged = any(tid in tids and self.kinds[oid] == "length" for oid, tid in self.records(self.file))
        self.both(change, may_fail=("UndoError", "POSKeyError", "ConflictError"), merged=merged)

    def pack(self):
        stop = TimeStamp(self.random.choice(self.tids[1:])).timeTime() + self.random.choice([0, 0, 1e-5, -1e-5, 1000])
        if not self.can_be_packed(stop):
            return
        before = self.records(self.cluster)
        self.cluster.pack(stop, referencesf)
        self.file.pack(stop, referencesf)
        self.packs += 1
        # At the latest, and as FileStorage reckons it.
        horizon = min(TimeStamp(*time.gmtime(stop)[:5] + (stop % 60,)).raw(), self.tids[-1])
        self.horizon = max(self.horizon, horizon)
        self.reopen()  # a client is not told what a pack removes, so it may be in its cache
        self.compare_packed(before)
        self.begin_file_anew()

    def can_be_packed(self, stop):
        """A FileStorage does not pack if an object refers to one that there is not; a cluster does."""
        copy = os.path.join(self.directory, "copy.fs")
        shutil.copyfile(self.file.getName(), copy)
        storage = FileStorage(copy)
        try:
            storage.pack(stop, referencesf)
            return True
        except KeyError:
            return False
        finally:
            storage.close()
            storage.cleanup()

    def reopen(self):
        self.cluster.close()
        self.reader.close()
        self.random.shuffle(self.addresses)
        self.cluster = self.connect(self.addresses[0], "writer")
        self.reader = self.connect(self.addresses[-1], "reader", cache_size=4096)

    @staticmethod
    def records(storage):
        return {(r.oid, r.tid): r.data for t in storage.iterator() for r in t}

    def compare_packed(self, before):
        """A cluster follows references of what was written after the time too, so it may keep more; and no revision
        only because a later one refers to its data."""
        file, cluster = self.records(self.file), self.records(self.cluster)
        roots = {z64}
        for each, data in cluster.items():
            if before[each] != data:
                self.differ("record %r after a pack" % (each,), shown(before[each]), shown(data))
            if each[1] > self.horizon:
                roots.add(each[0])
                roots.update(referencesf(data) if data else ())
        newest = {oid: tid for oid, tid in sorted(before) if tid <= self.horizon}
        for each in before:
            if each[1] > self.horizon or (each in file and each[1] == newest[each[0]]):
                if before[each] is not None and each not in cluster:
                    self.differ("pack to %r: %r" % (self.horizon, each), "keeps it", "has lost it")
        ahead, reachable = list(roots), set()
        while ahead:
            oid = ahead.pop()
            if oid not in reachable:
                reachable.add(oid)
                for each, data in cluster.items():
                    if each[0] == oid and data:
                        ahead.extend(referencesf(data))
        bases = [each for each in cluster if each[1] <= self.horizon]
        if len({oid for oid, _ in bases}) != len(bases):
            self.differ("revisions up to the pack time %r" % self.horizon, "one of each object", bases)
        for each in bases:
            if each not in file and each[0] not in reachable:
                self.differ("pack to %r: %r, which can't be reached" % (self.horizon, each), "gone", "there")

    def begin_file_anew(self):
        """With what the cluster has, by ZODB's own copy."""
        self.file.close()
        self.file = self.new_file()
        self.file.copyTransactionsFrom(self.cluster)
        self.compare_everything()

    def new_file(self):
        self.files += 1
        name = os.path.join(self.directory, "Data-%d.fs" % self.files)
        return FileStorage(name, blob_dir=name + ".blobs")

    # ---- Comparing

    def differ(self, call, expected, found):
        raise Different("step %s: %s\nFileStorage: %r\ncluster:     %r" % (self.step, call, expected, found))

    def some_tid(self):
        tid = self.random.choice(self.tids)
        return self.random.choice([tid, tid, p64(u64(tid) + 1), p64(max(0, u64(tid) - 1)), maxtid])

    def some_oid(self):
        return self.random.choice(self.oids) if self.random.random() < 0.95 else p64(1 << 50)

    def read(self):
        self.reader.sync()
        for _ in range(5):
            oid, tid = self.some_oid(), self.some_tid()
            call = self.random.choice([
                ("load", oid), ("loadBefore", oid, tid), ("loadSerial", oid, self.random.choice(self.tids)),
                ("history", oid, self.random.choice(HISTORY_SIZES)), ("getTid", oid), ("lastTransaction",),
                ("undoLog", self.random.randrange(5), self.random.choice([-20, -1, 3, 10])),
                ("undoInfo", 0, -5, {"user_name": self.random.choice(WORDS)}),
                ("undoInfo", self.random.randrange(3), self.random.choice([-3, 4]), {"description": b"user"}),
                ("loadBlob", oid, self.serial(oid)),
            ])
            self.compare(*call)

    def compare(self, name, *arguments):
        if name == "getTid" and Answer(self.file.load, arguments[0]).error:
            return  # of an object that is gone for the second time a FileStorage still says a tid
        if name == "lastTransaction" and self.tids[-1] <= self.horizon:
            return  # which a pack may have taken, and then a copy does not have it
        expected = Answer(self.call, self.file, name, arguments)
        for client in self.cluster, self.reader:
            found = Answer(self.call, client, name, arguments)
            if name == "loadBefore" and arguments[1] <= self.horizon and found in (Answer(lambda: None), POS_KEY_ERROR):
                continue  # what is below a pack's time is not looked at again
            if expected != found:
                who = "the writer" if client is self.cluster else "the reader"
                self.differ("%s%r of %s" % (name, arguments, who), expected, found)

    @staticmethod
    def call(storage, name, arguments):
        if name == "loadBlob":
            with open(storage.loadBlob(*arguments), "rb") as f:
                return f.read()
        result = getattr(storage, name)(*arguments)
        if name in ("undoLog", "undoInfo", "history"):
            for each in result:
                # In the file: of the transaction there; 0 of what refers to other data.
                del each["size"]
                each["time"] = Time(each["time"])
        return without_lists(result)

    def compare_everything(self):
        self.reader.sync()
        self.compare("lastTransaction")
        for oid in self.oids:
            self.compare("load", oid)
            self.compare("history", oid, 1000)
            for tid in self.tids[-40:]:
                self.compare("loadBefore", oid, tid)
                self.compare("loadSerial", oid, tid)
        self.compare("undoLog", 0, 1000)
        self.compare_iteration(None, None)
        for _ in range(3):
            start, stop = sorted([self.some_tid(), self.some_tid()])
            self.compare_iteration(start, stop)

    def compare_iteration(self, start, stop):
        self.origins = {}
        for transaction in self.file.iterator():
            for record in transaction:
                if record.data_txn:
                    self.origins[record.oid, record.tid] = self.origin(record)
        expected, found = (list(self.iterated(storage, start, stop)) for storage in (self.file, self.cluster))
        for one, other in zip(expected, found):
            if one != other:
                self.differ("iterator(%r, %r)" % (start, stop), one, other)
        if len(expected) != len(found):
            self.differ("iterator(%r, %r): length" % (start, stop), len(expected), len(found))

    def iterated(self, storage, start, stop):
        for transaction in storage.iterator(start, stop):
            extension = without_lists(transaction.extension)
            yield transaction.tid, transaction.status, transaction.user, transaction.description, extension
            # If several were undone, a FileStorage has what each of the undos made of an object; the last one counts.
            last = {r.oid: r for r in transaction}
            for oid in sorted(last):
                record = last[oid]
                yield oid, record.tid, record.data, self.origin(record)

    def origin(self, record):
        """Where the data was stored; a cluster copies what it goes back to if that lies before a pack. A FileStorage's
        record may refer to one that refers to another itself."""
        if record.data is None or record.data_txn is None:
            return None
        origin = self.origins.get((record.oid, record.data_txn), record.data_txn)
        return origin if origin and origin > self.horizon else None


def main(addresses, storage, seed, steps, directory):
    logging.disable(logging.CRITICAL)
    pairs = [(host, int(port)) for host, port in (a.rsplit(":", 1) for a in addresses.split(","))]
    twin = Twin(pairs, storage, int(seed), directory)
    try:
        twin.run(int(steps))
    except Different as e:
        print("PROBLEM seed %s: %s" % (seed, e))
        print("the last transactions:")
        for each in twin.log[-15:]:
            print("   ", each)
        raise SystemExit(1)
    finally:
        twin.close()
    print("seed %s: %d transactions, %d packs, %s" % (seed, len(twin.tids), twin.packs, twin.counts))


main(*sys.argv[1:])
