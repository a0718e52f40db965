package io.troika.client.internal.transaction;

import io.troika.client.Oid;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.ValueCodec;
import java.util.stream.Stream;

/** The ids of the objects of a view, by the page. */
final class ObjectPages {
  private static final int PAGE_SIZE = 5_000;

  private final StoreCalls calls;

  ObjectPages(StoreCalls calls) {
    this.calls = calls;
  }

  Stream<Oid> stream(ViewStart view, Oid first) {
    return PagedIterator.stream(first, from -> page(view, from));
  }

  private PagedIterator.Page<Oid, Oid> page(ViewStart view, Oid from) {
    var answer = Futures.await(calls.objects(from, view.tid(), PAGE_SIZE));
    return new PagedIterator.Page<>(
        ValueCodec.oids(answer.getOidsList()), answer.getMore() ? new Oid(answer.getNext()) : null);
  }
}
