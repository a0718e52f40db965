"""Stands in for the servers that ZEO's tests start: each is a storage of its own on the running cluster.

ZEO's tests start a server with forker.start_zeo_server and give its address to ClientStorage. Here that
address is a name for a storage of the cluster; the client under it is the unmodified one and gets the
addresses of all nodes. Between them and it may be relays, so that a test can stop "its" server: the
nodes are everybody's.
"""
import asyncio
import itertools
import os
import re
import socket
import threading

import ZEO._forker
import ZEO.asyncio.client
import ZEO.ClientStorage
import ZEO.tests.ConnectionTests
import ZEO.tests.forker

HOST = "127.0.0.1"
CHUNK_BYTES = 1 << 16
WAIT_SECONDS = 30  # ZEO's tests wait 2 to 4 for what comes in time only on a fast machine


class Relays:
    """Passes connections on to the nodes, on an event loop of its own."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._bound = {}  # port -> socket
        thread = threading.Thread(target=self._loop.run_forever, name="relays", daemon=True)
        thread.start()

    def start(self, node, port):
        """Listens on port, any if 0; returns the relay, for stop()."""
        return self._run(self._listen(node, port))

    def stop(self, relays):
        """Stops them in one step: a client that loses one of them finds none of the others."""
        self._run(self._close(relays))

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _listen(self, node, port):
        relay = Relay(node, self._keep(port))
        relay.server = await asyncio.start_server(relay.serve, HOST, relay.port)
        return relay

    def _keep(self, port):
        """The port, which nobody else gets until this process ends, whether a relay listens or not."""
        if port not in self._bound:
            bound = socket.socket()
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the relays' sockets have it
            bound.bind((HOST, port))
            port = bound.getsockname()[1]
            self._bound[port] = bound
        return port

    async def _close(self, relays):
        for relay in relays:
            relay.stopped = True
            relay.server.close()
            for writer in list(relay.writers):
                writer.transport.abort()


class Relay:
    def __init__(self, node, port):
        self.node = node
        self.port = port
        self.writers = set()
        self.stopped = False

    async def serve(self, reader, writer):
        if self.stopped:  # accepted just before, so that its writer was not there to be aborted
            writer.transport.abort()
            return
        self.writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.node)
        except OSError:
            self._end(writer)
            return
        if self.stopped:  # which ended the near side only
            far_writer.transport.abort()
            return
        self.writers.add(far_writer)
        await asyncio.gather(
            self._pass_on(reader, far_writer), self._pass_on(far_reader, writer)
        )

    async def _pass_on(self, reader, writer):
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass  # the end of the connection, in whatever way
        finally:
            self._end(writer)

    def _end(self, writer):
        self.writers.discard(writer)
        writer.close()


class Server:
    """What a test believes to be its server."""

    def __init__(self, storage, address, nodes):
        self.storage = storage
        self.address = address
        self.nodes = nodes


class Cluster:
    """The nodes, and the servers that tests believe to have."""

    def __init__(self, nodes, prefix):
        self._nodes = nodes
        self._prefix = prefix
        self._count = itertools.count(1)
        self._by_address = {}
        self._storage_by_path = {}
        self._relays = None
        self.stoppable = False

    def install(self):
        """Puts itself where ZEO's tests look for servers and where its client looks for addresses."""
        ZEO._forker.start_zeo_server = self.start_server
        ZEO.tests.forker.start_zeo_server = self.start_server
        label, func, _, onfail = ZEO.tests.forker.wait_until.__defaults__
        ZEO.tests.forker.wait_until.__defaults__ = label, func, WAIT_SECONDS, onfail
        self._wait_longer_for_connections()
        thread = ZEO.asyncio.client.ClientThread
        original_init, original_new_addrs = thread.__init__, thread.new_addrs
        cluster = self

        def init(self, addrs, client, cache, storage_key="1", *args, **kwargs):
            addrs, storage_key = cluster.resolve(addrs, storage_key)
            original_init(self, addrs, client, cache, storage_key, *args, **kwargs)

        def new_addrs(self, addrs):
            original_new_addrs(self, cluster.resolve(addrs, "")[0])

        thread.__init__, thread.new_addrs = init, new_addrs

    @staticmethod
    def _wait_longer_for_connections():
        """Where a test expects that there is none, it says how long it waits."""
        tests = ZEO.tests.ConnectionTests
        original_poll_up = tests.CommonSetupTearDown.pollUp

        def init(self, *args, **options):
            options["wait_timeout"] = WAIT_SECONDS
            ZEO.ClientStorage.ClientStorage.__init__(self, *args, **options)

        def poll_up(self, timeout=WAIT_SECONDS, storage=None):
            original_poll_up(self, max(timeout, WAIT_SECONDS), storage)

        tests.TestClientStorage.__init__, tests.CommonSetupTearDown.pollUp = init, poll_up

    def start_server(self, storage_conf=None, zeo_conf=None, port=None, keep=False, path="Data.fs", **options):
        """As ZEO._forker.start_zeo_server; what it configures of the server is passed over."""
        path = self._path(storage_conf, path)
        if path not in self._storage_by_path:
            self._storage_by_path[path] = "%s-%d" % (self._prefix, next(self._count))
        server, relays = self._server(self._storage_by_path[path], port or 0)
        self._by_address[server.address] = server

        def stop(*_):
            if relays:
                self._relays.stop(relays)
                relays.clear()
            if not keep:
                self._storage_by_path.pop(path, None)

        return server.address, stop

    def _path(self, storage_conf, path):
        """What tells storages apart: the file, or nothing for one that has none."""
        if storage_conf is None:
            return os.path.abspath(path)
        found = re.search(r"<filestorage.*?path\s+(\S+)", storage_conf, re.DOTALL)
        return os.path.abspath(found.group(1)) if found else object()

    def _server(self, storage, port):
        if not self.stoppable:
            return Server(storage, (HOST, next(self._count)), self._nodes), []
        if self._relays is None:
            self._relays = Relays()
        # The first is where the test expects it; a test may have given it to a client already, which
        # knows the others of a server that was there before.
        known = self._by_address.get((HOST, port))
        ports = [address[1] for address in known.nodes] if known else [port] + [0] * (len(self._nodes) - 1)
        relays = [self._relays.start(*each) for each in zip(self._nodes, ports)]
        addresses = [(HOST, relay.port) for relay in relays]
        return Server(storage, addresses[0], addresses), relays

    def resolve(self, addresses, storage):
        """The addresses and the storage that are meant by what a test gave to a client."""
        resolved = []
        for address in addresses:
            server = self._by_address.get(address)
            if server is None:
                resolved.append(address)
            else:
                resolved.extend(server.nodes)
                storage = server.storage
        return resolved, storage
