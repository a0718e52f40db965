package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import java.util.List;
import java.util.Locale;

/** Room on the file system of each node's data. */
final class DiskCheck implements Check {
  private static final double GIB = 1L << 30;

  /** Below it a log segment and a compaction may not fit. */
  private static final long FREE_BYTES_MIN = 1L << 30;

  private static final double FREE_SHARE_MIN = 0.1;

  @Override
  public String name() {
    return "disk";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    return examination.reports().stream()
        .filter(report -> isFull(report) || (isKnown(report) && isLow(report)))
        .map(DiskCheck::finding)
        .toList();
  }

  private static boolean isKnown(NodeReport report) {
    return report.getDiskFreeBytes() >= 0;
  }

  /** By its own {@code storage.disk-reserve}, which may be more than what is low here. */
  private static boolean isFull(NodeReport report) {
    return report.getChecksList().stream()
        .anyMatch(check -> check.getName().equals("disk") && !check.getPassed());
  }

  private static boolean isLow(NodeReport report) {
    return isAlmostFull(report)
        || report.getDiskFreeBytes() < FREE_SHARE_MIN * report.getDiskTotalBytes();
  }

  private static boolean isAlmostFull(NodeReport report) {
    return report.getDiskFreeBytes() < FREE_BYTES_MIN;
  }

  private static Finding finding(NodeReport report) {
    String problem =
        isKnown(report)
            ? String.format(
                Locale.ROOT,
                "%.1f GiB of %.1f GiB are free on the disk of its data",
                report.getDiskFreeBytes() / GIB,
                report.getDiskTotalBytes() / GIB)
            : "how much is free on the disk of its data is not known";
    return isFull(report) || isAlmostFull(report)
        ? Finding.error(
            report.getNodeId(),
            isFull(report) ? problem + ", less than it reserves" : problem,
            "Make room now: a node whose disk is full takes no transactions (storage.disk-reserve). 'troika snapshot' lets its log be purged, 'troika pack' removes old revisions.")
        : Finding.warning(
            report.getNodeId(),
            problem,
            "Make room, or give it a larger disk; 'troika pack' removes old revisions.");
  }

  @Override
  public String whenGood(Examination examination) {
    return examination.reports().stream()
        .mapToLong(NodeReport::getDiskFreeBytes)
        .filter(free -> free >= 0)
        .min()
        .stream()
        .mapToObj(
            free -> String.format(Locale.ROOT, "%.1f GiB or more are free on each", free / GIB))
        .findFirst()
        .orElse("the free space is not known");
  }
}
