package io.troika.server.cli.backups;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.troika.server.backup.BackupCheck;
import io.troika.server.backup.Manifest;
import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Point;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.cli.output.HumanUnits;
import io.troika.server.cli.output.TextTable;
import io.troika.server.core.model.Tid;
import java.util.ArrayList;
import java.util.List;

/** What a backup holds, for people and for programs. */
final class BackupText {
  private BackupText() {}

  static List<String> of(Manifest manifest, boolean all) {
    TextTable table =
        new TextTable(
            ">CHAIN",
            ">EPOCH",
            "FINISHED",
            "UP TO",
            ">TRANSACTIONS",
            ">BLOBS",
            ">SIZE",
            "PACKED UP TO");
    for (Chain chain : manifest.chains()) {
      List<Point> points = chain.points();
      for (Point point :
          all ? points : points.subList(Math.max(0, points.size() - 1), points.size())) {
        List<Segment> segments = chain.segmentsUpTo(point.tid());
        table.row(
            chain.number(),
            chain.epoch(),
            point.time(),
            point.tid(),
            HumanUnits.count(segments.stream().mapToLong(Segment::transactions).sum()),
            HumanUnits.count(totals(segments).count()),
            HumanUnits.size(segments.stream().mapToLong(Segment::sizeBytes).sum()),
            orDash(chain.horizonAt(point.tid())));
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("storage " + manifest.storage());
    lines.addAll(table.lines());
    Chain last = manifest.lastChain();
    if (last != null && isUnfinished(last)) {
      lines.add("a run was interrupted at %s; the next one goes on".formatted(last.reached()));
    }
    return lines;
  }

  private static BlobTotals totals(List<Segment> segments) {
    return segments.stream().map(Segment::blobs).reduce(BlobTotals.NONE, BlobTotals::plus);
  }

  /** Behind a number of records; nothing where there are no blobs. */
  static String blobs(BlobTotals blobs) {
    return blobs.count() == 0
        ? ""
        : ", %s blobs of %s"
            .formatted(HumanUnits.count(blobs.count()), HumanUnits.size(blobs.bytes()));
  }

  private static boolean isUnfinished(Chain chain) {
    Point point = chain.lastPoint();
    return point == null || !point.tid().equals(chain.reached());
  }

  private static String orDash(Tid tid) {
    return tid.isNone() ? "-" : tid.toString();
  }

  static JsonElement json(Manifest manifest) {
    JsonObject json = new JsonObject();
    json.addProperty("storage", manifest.storage());
    JsonArray chains = new JsonArray();
    manifest.chains().forEach(chain -> chains.add(json(chain)));
    json.add("chains", chains);
    return json;
  }

  /** What a run added. */
  static JsonElement json(BackupReport report) {
    JsonObject json = new JsonObject();
    json.addProperty("chain", report.chain());
    json.addProperty("begun", report.begun());
    json.addProperty("after", report.after().toString());
    json.addProperty("tid", report.tid().toString());
    json.addProperty("transactions", report.transactions());
    json.addProperty("records", report.records());
    json.addProperty("blobs", report.blobs().count());
    json.addProperty("blobBytes", report.blobs().bytes());
    json.addProperty("bytes", report.bytes());
    return json;
  }

  /** What was found in it. */
  static JsonElement json(BackupCheck.Result result) {
    JsonObject json = new JsonObject();
    json.addProperty("whole", result.isWhole());
    json.addProperty("segments", result.segments());
    json.addProperty("transactions", result.transactions());
    json.addProperty("records", result.records());
    json.addProperty("blobs", result.blobs().count());
    json.addProperty("bytes", result.bytes());
    JsonArray damages = new JsonArray();
    result.damages().forEach(damage -> damages.add(damage.toString()));
    json.add("damages", damages);
    return json;
  }

  private static JsonObject json(Chain chain) {
    JsonObject json = new JsonObject();
    json.addProperty("number", chain.number());
    json.addProperty("uuid", chain.uuid().toString());
    json.addProperty("epoch", chain.epoch());
    json.addProperty("unfinished", isUnfinished(chain));
    JsonArray points = new JsonArray();
    for (Point point : chain.points()) {
      JsonObject each = new JsonObject();
      each.addProperty("time", point.time().toString());
      each.addProperty("tid", point.tid().toString());
      each.addProperty("oldestState", chain.horizonAt(point.tid()).toString());
      points.add(each);
    }
    json.add("points", points);
    JsonArray segments = new JsonArray();
    for (Segment segment : chain.segments()) {
      JsonObject each = new JsonObject();
      each.addProperty("file", segment.file());
      each.addProperty("after", segment.after().toString());
      each.addProperty("last", segment.last().toString());
      each.addProperty("transactions", segment.transactions());
      each.addProperty("records", segment.records());
      each.addProperty("blobs", segment.blobs().count());
      each.addProperty("blobBytes", segment.blobs().bytes());
      each.addProperty("bytes", segment.sizeBytes());
      each.addProperty("sha256", segment.sha256());
      segments.add(each);
    }
    json.add("segments", segments);
    return json;
  }
}
