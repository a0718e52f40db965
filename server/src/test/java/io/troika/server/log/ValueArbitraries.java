package io.troika.server.log;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** What commands and outcomes are made of, edge values included. */
final class ValueArbitraries {
  static final int LIST_SIZE_MAX = 6;

  private ValueArbitraries() {}

  static Arbitrary<Oid> oids() {
    return Arbitraries.longs().map(Oid::new);
  }

  static Arbitrary<Tid> tids() {
    return Arbitraries.longs().greaterOrEqual(0).map(Tid::new);
  }

  static Arbitrary<StorageId> storages() {
    return Arbitraries.integers().greaterOrEqual(1).map(StorageId::new);
  }

  static Arbitrary<UUID> uuids() {
    return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(UUID::new);
  }

  static Arbitrary<TransactionId> ids() {
    return Combinators.combine(uuids(), Arbitraries.longs().greaterOrEqual(0))
        .as(TransactionId::new);
  }

  static Arbitrary<BlobId> blobIds() {
    return Combinators.combine(ids(), Arbitraries.integers().greaterOrEqual(0)).as(BlobId::new);
  }

  static Arbitrary<BlobReference> blobs() {
    return Combinators.combine(blobIds(), bytes(), Arbitraries.integers().between(1, 9))
        .as((id, data, size) -> BlobReference.empty(id, size).with(data));
  }

  static Arbitrary<TransactionMetadata> metadata() {
    return Combinators.combine(bytes(), bytes(), bytes()).as(TransactionMetadata::new);
  }

  /** Slices of bigger arrays too: the codecs must honour offsets. */
  static Arbitrary<Bytes> bytes() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMaxSize(40)
        .map(array -> Bytes.wrap(array).slice(array.length / 3, array.length - array.length / 3));
  }

  /** Text without lone surrogates, which UTF-8 cannot say. */
  static Arbitrary<String> text() {
    return Arbitraries.integers()
        .between(0, Character.MAX_CODE_POINT)
        .filter(code -> code < Character.MIN_SURROGATE || code > Character.MAX_SURROGATE)
        .list()
        .ofMaxSize(20)
        .map(
            codes ->
                codes.stream()
                    .collect(
                        StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString());
  }

  static Arbitrary<String> names() {
    return text().filter(name -> !name.isEmpty());
  }
}
