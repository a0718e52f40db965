package io.troika.server.cli.options;

import com.google.gson.JsonElement;
import io.troika.client.ClusterAdmin;
import io.troika.client.TroikaClient;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks the cluster once and prints the answer. */
public abstract class QueryCommand<T> implements Runnable {
  @Mixin HelpOption help;
  @Mixin private ClientOptions client;
  @Mixin private OutputOption output;
  @Spec private CommandSpec spec;

  protected abstract T ask(ClusterAdmin admin);

  protected abstract List<String> text(T answer);

  protected abstract JsonElement json(T answer);

  @Override
  public final void run() {
    try (TroikaClient connected = client.connect()) {
      T answer = ask(connected.admin());
      output.print(spec.commandLine().getOut(), () -> text(answer), () -> json(answer));
    }
  }
}
