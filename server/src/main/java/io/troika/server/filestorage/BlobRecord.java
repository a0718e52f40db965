package io.troika.server.filestorage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.troika.server.core.model.Bytes;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Tells the records of blobs from others: their class is {@code ZODB.blob.Blob}. */
public final class BlobRecord {
  /** What says the class of a record is among its first bytes. */
  private static final int HEAD_BYTES = 64;

  private static final String MODULE = "ZODB.blob";
  private static final String CLASS = "Blob";

  /** Between the two in a pickle of any protocol there are a few bytes. */
  private static final int GAP_BYTES_MAX = 6;

  private static final String COMPRESSED = ".z";

  private BlobRecord() {}

  /** Whether it is one, plain or as zc.zlibstorage writes it. Reads only its first bytes. */
  public static boolean isOne(Bytes data) {
    String head = text(data.slice(0, Math.min(data.size(), HEAD_BYTES)).toByteArray());
    if (head.startsWith(COMPRESSED)) {
      head = inflate(data);
    }
    int module = head.indexOf(MODULE);
    int gap = module + MODULE.length();
    int name = module < 0 ? -1 : head.indexOf(CLASS, gap);
    return name > gap && name <= gap + GAP_BYTES_MAX;
  }

  private static String inflate(Bytes data) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(data.asByteBuffer().position(COMPRESSED.length()));
      byte[] head = new byte[HEAD_BYTES];
      int size = inflater.inflate(head);
      return text(head).substring(0, size);
    } catch (DataFormatException e) {
      return ""; // then it is no compressed record, but one that happens to begin so
    } finally {
      inflater.end();
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }
}
