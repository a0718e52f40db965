"""The storages that wrap one, configuration, and the tools that sites put around ZEO."""
import base64
import contextlib
import io
import json
import os
import re
import sys
import types

import transaction
import zc.beforestorage
import zc.zlibstorage
import zc.zodbdgc
import ZEO.cache
import ZEO.nagios
import ZEO.scripts.zeopack
import ZODB
import ZODB.config
import zodburi
from persistent import Persistent
from persistent.mapping import PersistentMapping
from ZODB.blob import Blob
from ZODB.DemoStorage import DemoStorage
from ZODB.MappingStorage import MappingStorage
from ZODB.serialize import referencesf
from ZODB.utils import z64
from zodbupdate.update import Updater
from zodbverify.verify import verify_zodb

from storage_cases import fill, without

CASES = []
OPTIONS = [
    "", "cache-size 1MB", "client kept\nvar DIRECTORY", "min-disconnect-poll 1\nmax-disconnect-poll 5", "read-only on",
    "read-only-fallback on", "username a\npassword b\nrealm c", "drop-cache-rather-verify on", "client-label J\u00fcrgen",
    "name other", "wait-timeout 5", "server-sync on", "cache-path DIRECTORY/path.zec",
    "blob-dir DIRECTORY/blobs\nblob-cache-size 10MB\nblob-cache-size-check 5",
]


def case(function):
    CASES.append(function)
    return function


def printed(function, *arguments):
    """Its result and what it wrote to standard output."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        result = function(*arguments)
    return result, out.getvalue()


def configuration(side, numbers=(0,), section="zeoclient", options=""):
    return "%import ZEO\n" + "".join(
        "<zodb d%d>\n<%s>\n%sstorage %s\n%s\n</%s>\n</zodb>\n"
        % (number, section, side.servers(), side.name(number), options, section)
        for number in numbers
    )


@case
def configured(side):
    """All options of both sections."""
    for options in OPTIONS:
        for section in "zeoclient", "clientstorage":

            def write():
                text = configuration(side, (0,), section, options.replace("DIRECTORY", side.directory))
                db = ZODB.config.databaseFromString(text)
                try:
                    with db.transaction() as connection:
                        connection.root()[section] = Blob(b"data") if "blob-dir" in options else options
                    return db.storage.isReadOnly(), sorted(db.open().root())
                finally:
                    db.close()

            side.say("%s %s" % (section, options), write)


@case
def uris(side):
    fill(side.db(), 3)
    address = "zeo://%s:%d?storage=%s" % (*side.addresses[0], side.name())
    for query in "", "&wait_timeout=30&cache_size=1MB&connection_cache_size=10&database_name=other", "&read_only=1":

        def count():
            factory, options = zodburi.resolve_uri(address + query)
            opened = factory()
            db = side.keep(opened if isinstance(opened, ZODB.DB) else ZODB.DB(opened, **options))
            return len(db.open().root()["tree"])

        side.say(query, count)


@case
def compressed(side):
    db = side.keep(ZODB.DB(zc.zlibstorage.ZlibStorage(side.storage(blob_dir=os.path.join(side.directory, "blobs")))))
    fill(db, 3)
    raw = side.storage()
    connection = db.open()
    connection.root()["blob"] = Blob(b"data" * 1000)
    transaction.commit()
    side.say("compressed", lambda: raw.load(connection.root()["tree"]["key0"]._p_oid)[0][:2])
    side.say("blob", lambda: connection.root()["blob"].open("r").read(4))
    managers = [transaction.TransactionManager() for _ in range(2)]
    roots = [db.open(each).root() for each in managers]
    for each in roots:
        each["count"].change(3)
    managers[0].commit()
    side.say("merged", managers[1].commit)
    side.say("count", roots[1]["count"])
    side.say("iterated", lambda: [len(r.data) for t in db.storage.iterator() for r in t if r.oid == z64])
    side.differ("packed", "raised _pickle.UnpicklingError", None, db.pack)


@case
def demo_storage(side):
    fill(side.db(), 3)
    for changes in None, MappingStorage():
        demo = DemoStorage(base=side.storage(), changes=changes)
        db = side.keep(ZODB.DB(demo))
        with db.transaction() as connection:
            connection.root()["tree"]["key1"]["number"] = 100
        side.say("changed", lambda: [each["number"] for each in db.open().root()["tree"].values()])
        side.say("below", lambda: [each["number"] for each in side.db().open().root()["tree"].values()])
        side.say("history", lambda: len(demo.history(z64, 10)))
        side.say("iterated", lambda: len(list(demo.iterator())))
        side.say("undoLog", lambda: len(db.undoLog(0, 100)))


@case
def as_it_was_before(side):
    db = side.db()
    fill(db, 4)
    tid = base64.decodebytes(db.undoLog(0, 9)[2]["id"] + b"\n")
    before = zc.beforestorage.Before(side.storage(), tid)
    side.say("tree", lambda: len(side.keep(ZODB.DB(before)).open().root()["tree"]))
    side.say("load", lambda: before.load(z64)[1])
    side.say("lastTransaction", before.lastTransaction)
    side.say("history", lambda: len(before.history(z64, 10)))
    side.say("tpc_begin", before.tpc_begin, None)


@case
def databases_that_refer_to_each_other(side):
    """And the collection of garbage over both of them."""
    databases = {}
    for number in range(2):
        side.keep(ZODB.DB(side.storage(number), databases=databases, database_name="d%d" % number))
    fill(databases["d0"], 3)
    root = databases["d0"].open().root()
    other = root._p_jar.get_connection("d1").root()
    other["kept"] = PersistentMapping(here=PersistentMapping(deep=1))
    transaction.commit()
    root["reference"] = other["kept"]["here"]
    transaction.commit()
    del other["kept"], root["tree"]["key1"]
    transaction.commit()
    path = os.path.join(side.directory, "zodb.conf")
    with open(path, "w") as f:
        f.write(configuration(side, (0, 1)))
    arguments = ["-l", "100", "-d", "0", path]
    side.say("collected", lambda: zc.zodbdgc.gc_command(arguments, return_bad=True))
    side.say("gone", lambda: [
        sum(r.data is None for t in side.storage(number).iterator() for r in t) for number in range(2)
    ])
    side.say("the reference", lambda: side.db(1).open().get(root["reference"]._p_oid)["deep"])
    side.say("checked", lambda: printed(zc.zodbdgc.check_command, [path]))


@case
def zeopack(side):
    fill(side.db(), 4)
    address = "%s:%d:%s" % (*side.addresses[0], side.name())
    port = str(side.addresses[0][1])
    for arguments in (["-d", "1", address], ["-t", "00:00:00", "-d", "2", address], ["-d", "-1", address],
                      ["-h", "127.0.0.1", "-p", port, "-S", side.name()]):
        side.say(" ".join(arguments[:2]), printed, ZEO.scripts.zeopack.main, arguments)
        side.say("left", lambda: len(list(side.storage_on_first().iterator())))


@case
def nagios(side):
    """Every storage is in it, others too."""
    with side.db().transaction() as connection:
        connection.root()["a"] = 1
    side.storage_on_first()
    address = "%s:%d" % side.addresses[0]
    status = os.path.join(side.directory, "status")
    for arguments in [address], ["-m", address], ["-m", "-s", status, address], ["-m", "-s", status, address]:

        def metrics():
            return sorted(re.findall(side.name() + r":(\w+)=", printed(ZEO.nagios.main, arguments)[1]))

        side.say("metrics", metrics)
    with open(status) as f:
        side.say("of this storage", sorted(json.load(f)[side.name()]))


@case
def verified_and_updated(side):
    """zodbverify, and zodbupdate of a class that was renamed."""
    old = sys.modules["old_module"] = types.ModuleType("old_module")
    new = sys.modules["new_module"] = types.ModuleType("new_module")
    old.Old = type("Old", (Persistent,), {"__module__": "old_module"})
    new.New = type("New", (Persistent,), {"__module__": "new_module"})
    db = side.db()
    fill(db, 3)
    with db.transaction() as connection:
        connection.root()["renamed"] = old.Old()
    side.say("verified", printed, verify_zodb, db.storage)
    del sys.modules["old_module"]
    side.say("updated", Updater(db.storage, dry=False, renames={("old_module", "Old"): ("new_module", "New")}))
    again = side.db()
    side.say("class", lambda: type(again.open().root()["renamed"]).__name__)
    side.say("undoLog", lambda: without(again.undoLog(0, 2), "time", "id", "size"))


@case
def cache_file(side):
    """Read as ZEO's own tools for it do."""
    db = side.db(client="kept", var=side.directory)
    fill(db, 5)
    last = db.lastTransaction()
    db.close()
    cache = side.keep(ZEO.cache.ClientCache(os.path.join(side.directory, "kept-%s.zec" % side.name()), 20 << 20))
    side.say("last tid", lambda: cache.getLastTid() == last)
    side.say("contents", lambda: sorted({oid for oid, *_ in cache.contents()}))


@case
def exported_and_imported(side):
    source, target = side.db(0), side.db(1)
    fill(source, 3)
    exported = source.open().exportFile(source.open().root()["tree"]._p_oid)
    exported.seek(0)
    with target.transaction() as connection:
        connection.root()["imported"] = connection.importFile(exported)
    side.say("imported", lambda: [each["number"] for each in target.open().root()["imported"].values()])
    side.say("packed", target.storage.pack, target.open().root()._p_mtime, referencesf)


@case
def copied_twice(side):
    fill(side.db(), 3)
    target = side.storage(1)
    side.say("copied", target.copyTransactionsFrom, side.storage())
    side.say("as it was", lambda: [t.tid for t in target.iterator()] == [t.tid for t in side.storage().iterator()])
    again = side.storage(1)
    side.differ("again", None, "raised StorageTransactionError", again.copyTransactionsFrom, side.storage())
