package io.troika.server.cli.options;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** For people or for programs. */
public final class OutputOption {
  private static final Gson JSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();

  /** The forms there are. */
  enum Format {
    TEXT,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json. Default: ${DEFAULT-VALUE}.")
  private Format format;

  /** Prints the form that was asked for. */
  public void print(PrintWriter out, Supplier<List<String>> text, Supplier<JsonElement> json) {
    if (format == Format.JSON) {
      out.println(JSON.toJson(json.get()));
    } else {
      text.get().forEach(out::println);
    }
    out.flush();
  }

  /**
   * For what is told as it goes on: {@code out} for people; for programs, who are told at the end,
   * nowhere.
   */
  public PrintWriter progress(PrintWriter out) {
    return format == Format.JSON ? new PrintWriter(Writer.nullWriter()) : out;
  }

  /** Prints the JSON if that was asked for. */
  public void end(PrintWriter out, Supplier<JsonElement> json) {
    print(out, List::of, json);
  }

  /** Whether what is printed does not arrive any more: a pipe that was closed, a full disk. */
  public static boolean isLost(PrintWriter out) {
    return out.checkError() || System.out.checkError(); // which swallows what it is to write
  }

  public static String toJson(JsonElement element) {
    return JSON.toJson(element);
  }
}
