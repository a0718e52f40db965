package io.troika.server.cli.options;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import java.io.PrintWriter;
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

  public static String toJson(JsonElement element) {
    return JSON.toJson(element);
  }
}
