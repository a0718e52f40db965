package io.troika.server.references;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.UnreadableReferencesException;
import io.troika.server.filestorage.ZodbPython;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Records as Python writes them refer to what ZODB's own {@code referencesf} finds in them. */
class RecordReferencesZodbTest {
  private static final int OID_DIGITS = 16;

  @Test
  void references_ofPythonsRecords_areThoseThatZodbFinds()
      throws IOException, InterruptedException, UnreadableReferencesException {
    Process script = ZodbPython.require().start("zodb_references.py");
    int records = 0;
    int references = 0;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(script.getInputStream(), US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ", -1);
        List<Oid> expected = oids(words[1]);
        Bytes record = Bytes.wrap(HexFormat.of().parseHex(words[0]));
        assertThat(new RecordReferences().references(record))
            .as("references of %s", words[0].substring(0, Math.min(400, words[0].length())))
            .containsExactlyElementsOf(expected);
        records++;
        references += expected.size();
      }
    }
    assertThat(script.waitFor()).isZero();
    assertThat(records).isGreaterThan(200);
    assertThat(references).isGreaterThan(200);
  }

  private static List<Oid> oids(String list) {
    List<Oid> oids = new ArrayList<>();
    for (String each : list.isEmpty() ? new String[0] : list.split(",", -1)) {
      assertThat(each).hasSize(OID_DIGITS);
      oids.add(Oid.parse(each));
    }
    return oids;
  }
}
