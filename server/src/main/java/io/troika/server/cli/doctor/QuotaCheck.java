package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import io.troika.api.v1.StorageInfo;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Storages that are as large as they may become, or nearly. */
final class QuotaCheck implements Check {
  private static final double SHARE_MAX = 0.9;
  private static final double MIB = 1L << 20;

  @Override
  public String name() {
    return "quotas";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    return limited(examination).stream()
        .filter(storage -> size(storage) >= SHARE_MAX * storage.getQuotaBytes())
        .map(QuotaCheck::finding)
        .toList();
  }

  private static Finding finding(StorageInfo storage) {
    String problem =
        String.format(
            Locale.ROOT,
            "storage '%s' has %.1f MiB, its quota is %.1f MiB",
            storage.getName(),
            size(storage) / MIB,
            storage.getQuotaBytes() / MIB);
    String next =
        "'troika pack' removes old revisions, 'troika storage quota %s SIZE' gives it more room."
            .formatted(storage.getName());
    return size(storage) >= storage.getQuotaBytes()
        ? Finding.error("", problem + ": it takes no more data", next)
        : Finding.warning("", problem, next);
  }

  private static long size(StorageInfo storage) {
    return storage.getDataBytes() + storage.getBlobBytes();
  }

  /** Those with a quota, as the node says that has seen the most of each. */
  private static List<StorageInfo> limited(Examination examination) {
    Map<String, StorageInfo> newest = new TreeMap<>();
    examination.reports().stream()
        .map(NodeReport::getStoragesList)
        .flatMap(List::stream)
        .forEach(
            storage ->
                newest.merge(
                    storage.getName(),
                    storage,
                    (a, b) -> Long.compareUnsigned(a.getLastTid(), b.getLastTid()) >= 0 ? a : b));
    return newest.values().stream().filter(StorageInfo::hasQuotaBytes).toList();
  }

  @Override
  public String whenGood(Examination examination) {
    int count = limited(examination).size();
    return count == 0
        ? "no storage has one"
        : "%s of storages, none near its end".formatted(count == 1 ? "one" : count);
  }
}
