"""Records as ZODB writes them, and what storages answer, to be compared."""
import io

import zodbpickle.pickle
from persistent.mapping import PersistentMapping
from ZODB.POSException import ConflictError, POSKeyError, UndoError
from ZODB.utils import z64

SECONDS_APART_MAX = 1e-5


class Different(Exception):
    pass


class Reference:
    def __init__(self, oid):
        self.oid = oid

    def persistent_id(self):
        return zodbpickle.binary(self.oid), PersistentMapping


def references(oids):
    return {number: Reference(oid) for number, oid in enumerate(oids)}


def record(kind, state):
    """Two pickles, as ZODB writes them; References in the state become persistent references."""
    out = io.BytesIO()
    pickler = zodbpickle.pickle.Pickler(out, 3)
    pickler.persistent_id = lambda o: o.persistent_id() if isinstance(o, Reference) else None
    pickler.dump(kind)
    pickler.dump(state)
    return out.getvalue()


def without_lists(value):
    """With tuples in their place, which msgpack makes of them."""
    if isinstance(value, (list, tuple)):
        return tuple(without_lists(each) for each in value)
    if isinstance(value, dict):
        return {key: without_lists(each) for key, each in value.items()}
    return value


class Answer:
    """What a call returned, or which kind of error it raised."""

    def __init__(self, function, *arguments, **named):
        self.error = None
        self.value = None
        try:
            self.value = function(*arguments, **named)
        except Exception as e:  # compared with the other side's
            self.error = e

    @property
    def kind(self):
        for each in POSKeyError, ConflictError, UndoError:
            if isinstance(self.error, each):
                return each.__name__
        return type(self.error).__name__ if self.error else None

    def __eq__(self, other):
        return self.kind == other.kind and self.value == other.value

    def __repr__(self):
        return "%s: %s" % (self.kind, self.error) if self.error else shown(self.value)


def no_object():
    raise POSKeyError(z64)


POS_KEY_ERROR = Answer(no_object)


def shown(value):
    text = repr(value)
    return text if len(text) < 2000 else text[:2000] + "..."


class Time:
    """Seconds, but for what is lost where a processor multiplies and adds in one step."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __eq__(self, other):
        return abs(self.seconds - other.seconds) < SECONDS_APART_MAX

    def __repr__(self):
        return repr(self.seconds)
