package io.troika.server.cli.doctor;

import com.google.protobuf.ByteString;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.StorageInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All replicas of a storage have the same history: one uuid, one epoch. */
final class EpochCheck implements Check {
  private record Identity(String node, ByteString uuid, long epoch) {}

  @Override
  public String name() {
    return "histories";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    return storages(examination).entrySet().stream()
        .filter(storage -> !isOne(storage.getValue()))
        .map(
            storage ->
                Finding.error(
                    "",
                    "the replicas of storage %s are of different histories: %s"
                        .formatted(storage.getKey(), told(storage.getValue())),
                    "One that lags gets there by itself: run this again. If it stays, compare them with 'troika verify', then stop the one that differs, move its data directory away, and start it."))
        .toList();
  }

  private static Map<String, List<Identity>> storages(Examination examination) {
    Map<String, List<Identity>> storages = new TreeMap<>();
    for (NodeReport report : examination.reports()) {
      for (StorageInfo storage : report.getStoragesList()) {
        storages
            .computeIfAbsent(storage.getName(), name -> new ArrayList<>())
            .add(new Identity(report.getNodeId(), storage.getUuid(), storage.getEpoch()));
      }
    }
    return storages;
  }

  private static boolean isOne(List<Identity> identities) {
    Set<Long> epochs = identities.stream().map(Identity::epoch).collect(Collectors.toSet());
    Set<ByteString> uuids = identities.stream().map(Identity::uuid).collect(Collectors.toSet());
    return epochs.size() == 1 && uuids.size() == 1;
  }

  private static String told(List<Identity> identities) {
    return identities.stream()
        .map(
            each ->
                "%s has epoch %s of %s"
                    .formatted(each.node(), each.epoch(), hex(each.uuid()).substring(0, 8)))
        .collect(Collectors.joining(", "));
  }

  private static String hex(ByteString uuid) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.max(4, uuid.size()); i++) {
      text.append(i < uuid.size() ? "%02x".formatted(uuid.byteAt(i)) : "--");
    }
    return text.toString();
  }

  @Override
  public String whenGood(Examination examination) {
    int count = storages(examination).size();
    return count == 1
        ? "the storage has one history on all nodes"
        : "each of %s storages has one history on all nodes".formatted(count);
  }
}
