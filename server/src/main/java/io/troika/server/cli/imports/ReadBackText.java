package io.troika.server.cli.imports;

import io.troika.server.cli.output.HumanUnits;
import java.io.PrintWriter;

/** Tells people what holding a FileStorage against a storage found. */
public final class ReadBackText {
  private ReadBackText() {}

  /** Behind a number of records; nothing where there are none. */
  public static String blobs(long count) {
    return count == 0 ? "" : ", %s blobs".formatted(HumanUnits.count(count));
  }

  /**
   * Prints it.
   *
   * @param lost what to call a transaction of the file that the storage lacks
   */
  public static void print(PrintWriter out, ImportVerification.Result result, String lost) {
    String read =
        "Read back %s transactions, %s records%s: "
            .formatted(
                HumanUnits.count(result.transactions()),
                HumanUnits.count(result.objects()),
                blobs(result.blobs()));
    if (result.isEqual()) {
      out.println(read + "equal");
    } else {
      out.println(
          read
              + "%s %s, %s not in the file, %s different"
                  .formatted(result.lost(), lost, result.extra(), result.different()));
      result.differences().forEach(difference -> out.println("  " + difference));
    }
    out.flush();
  }
}
