package io.troika.server.log;

import static io.troika.server.log.ValueArbitraries.LIST_SIZE_MAX;
import static io.troika.server.log.ValueArbitraries.blobs;
import static io.troika.server.log.ValueArbitraries.bytes;
import static io.troika.server.log.ValueArbitraries.ids;
import static io.troika.server.log.ValueArbitraries.metadata;
import static io.troika.server.log.ValueArbitraries.oids;
import static io.troika.server.log.ValueArbitraries.storages;
import static io.troika.server.log.ValueArbitraries.tids;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Every command that commits or restores transactions, edge values included. */
final class TransactionArbitraries {
  private TransactionArbitraries() {}

  static Arbitrary<CommitTransaction> commits() {
    Arbitrary<ReadCheck> reads = Combinators.combine(oids(), tids()).as(ReadCheck::new);
    Arbitrary<Write> writes =
        Combinators.combine(oids(), tids(), bytes(), blobs().injectNull(0.5)).as(Write::new);
    Arbitrary<Delete> deletes = Combinators.combine(oids(), tids()).as(Delete::new);
    return Combinators.combine(
            ids(),
            storages(),
            tids(),
            metadata(),
            reads.list().ofMaxSize(LIST_SIZE_MAX),
            writes.list().ofMaxSize(LIST_SIZE_MAX),
            deletes.list().ofMaxSize(LIST_SIZE_MAX),
            tids().list().ofMaxSize(LIST_SIZE_MAX))
        .as(CommitTransaction::new);
  }

  /** With some of its data in a stage. */
  static Arbitrary<CommitTransaction> stagedCommits() {
    return Combinators.combine(commits(), bytes(), Arbitraries.integers().between(1, 9), oids())
        .as(
            (commit, data, chunkBytes, oid) -> {
              BlobReference stage =
                  BlobReference.empty(new BlobId(commit.id(), 1), chunkBytes).with(data);
              List<Write> writes = new ArrayList<>(commit.writes());
              if (!data.isEmpty()) {
                StagedData all = new StagedData(stage.id(), chunkBytes, 0, data.size());
                writes.add(new Write(oid, Tid.NONE, null, null, all));
              }
              return new CommitTransaction(
                  commit.id(),
                  commit.storage(),
                  commit.candidate(),
                  commit.metadata(),
                  commit.reads(),
                  writes,
                  commit.deletes(),
                  commit.undos(),
                  List.of(stage));
            });
  }

  static Arbitrary<CommitTogether> commitsTogether() {
    return commits()
        .list()
        .ofMinSize(2)
        .ofMaxSize(LIST_SIZE_MAX)
        .uniqueElements(CommitTransaction::storage)
        .map(
            commits -> {
              CommitTransaction any = commits.get(0);
              return new CommitTogether(
                  any.id(),
                  any.candidate(),
                  any.metadata(),
                  commits.stream()
                      .sorted(Comparator.comparing(CommitTransaction::storage))
                      .map(
                          commit ->
                              new Share(
                                  commit.storage(),
                                  commit.reads(),
                                  commit.writes(),
                                  commit.deletes(),
                                  commit.undos()))
                      .toList());
            });
  }

  static Arbitrary<CommitTogether> stagedCommitsTogether() {
    return Combinators.combine(commitsTogether(), bytes(), Arbitraries.integers().between(1, 9))
        .as(
            (together, data, chunkBytes) -> {
              BlobReference stage =
                  BlobReference.empty(new BlobId(together.id(), 1), chunkBytes).with(data);
              List<Share> shares = new ArrayList<>(together.shares());
              Share last = shares.remove(shares.size() - 1);
              List<Write> writes = new ArrayList<>(last.writes());
              if (!data.isEmpty()) {
                StagedData all = new StagedData(stage.id(), chunkBytes, 0, data.size());
                writes.add(new Write(Oid.ROOT, Tid.NONE, null, null, all));
              }
              shares.add(
                  new Share(
                      last.storage(),
                      last.reads(),
                      writes,
                      last.deletes(),
                      last.undos(),
                      List.of(stage)));
              return new CommitTogether(
                  together.id(), together.candidate(), together.metadata(), shares);
            });
  }

  static Arbitrary<RestoreTransactions> restores() {
    Arbitrary<RestoredRevision> revisions =
        Arbitraries.oneOf(
            oids().map(oid -> new RestoredRevision(oid, null, null)),
            Combinators.combine(oids(), bytes(), blobs().injectNull(0.5))
                .as((o, data, blob) -> new RestoredRevision(o, data, null, blob)),
            Combinators.combine(oids(), tids()).as((o, tid) -> new RestoredRevision(o, null, tid)));
    Arbitrary<RestoredTransaction> transactions =
        Combinators.combine(
                tids(), Arbitraries.chars(), metadata(), revisions.list().ofMaxSize(LIST_SIZE_MAX))
            .as(RestoredTransaction::new);
    return Combinators.combine(
            ids(), storages(), transactions.list().ofMinSize(1).ofMaxSize(LIST_SIZE_MAX))
        .as(RestoreTransactions::new);
  }

  static Arbitrary<RestoreTransactions> stagedRestores() {
    return Combinators.combine(restores(), bytes(), oids(), blobs().injectNull(0.5))
        .as(
            (restore, data, oid, blob) -> {
              BlobReference stage = BlobReference.empty(new BlobId(restore.id(), 1), 4).with(data);
              List<RestoredTransaction> transactions = new ArrayList<>(restore.transactions());
              if (!data.isEmpty()) {
                StagedData all = new StagedData(stage.id(), 4, 0, data.size());
                RestoredRevision revision = new RestoredRevision(oid, null, null, blob, all);
                transactions.add(
                    new RestoredTransaction(
                        Tid.MAX, ' ', TransactionMetadata.EMPTY, List.of(revision)));
              }
              return new RestoreTransactions(
                  restore.id(), restore.storage(), transactions, List.of(stage));
            });
  }
}
