package io.troika.server.log;

import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Permission;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what, as it stands in commands and on disk.
 *
 * <pre>{@code
 * key      kind 1: 1 token | 2 certificate, length 4, name in UTF-8
 * grant    key, permissions 1: 1 read + 2 write + 4 admin + 8 backup,
 *          n * (length 4, storage in UTF-8), expires ms 8, hash: 32 for a token, else nothing
 * list     n * grant
 *
 * 60 change access   granted 1: 0 key | 1 grant
 * }</pre>
 */
public final class AccessCodec {
  static final int CHANGE = 60;

  private static final int TOKEN = 1;
  private static final int CERTIFICATE = 2;
  private static final int KEY_BYTES_MIN = 1 + Integer.BYTES;
  private static final int GRANT_BYTES_MIN = KEY_BYTES_MIN + 1 + Integer.BYTES + Long.BYTES;

  private AccessCodec() {}

  static long bodySize(ChangeAccess change) {
    return 1L + (change.grant() == null ? size(change.key()) : size(change.grant()));
  }

  static void write(ByteWriter writer, ChangeAccess change) {
    writer.u8(change.grant() == null ? 0 : 1);
    if (change.grant() == null) {
      write(writer, change.key());
    } else {
      write(writer, change.grant());
    }
  }

  static ChangeAccess readChange(ByteReader body) {
    int granted = body.u8();
    return switch (granted) {
      case 0 -> new ChangeAccess(readKey(body), null);
      case 1 -> {
        AccessGrant grant = readGrant(body);
        yield new ChangeAccess(grant.key(), grant);
      }
      default -> throw body.corrupt("granted is " + granted + ", expected 0 or 1");
    };
  }

  public static byte[] encode(AccessList list) {
    int size = Integer.BYTES + list.grants().stream().mapToInt(AccessCodec::size).sum();
    ByteWriter writer = new ByteWriter(size).i32(list.grants().size());
    list.grants().forEach(grant -> write(writer, grant));
    return writer.finish();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws DecodingException if it cannot be read
   */
  public static AccessList decode(Bytes bytes) {
    return ByteReader.readWhole(
        "grants",
        bytes,
        reader -> {
          List<AccessGrant> grants = reader.list(GRANT_BYTES_MIN, () -> readGrant(reader));
          AccessList list = new AccessList(grants);
          if (!list.grants().equals(grants)) {
            throw reader.corrupt("grants that are not in their order");
          }
          return list;
        });
  }

  private static int size(AccessKey key) {
    return 1 + ByteWriter.sizeOfBytes32(ByteWriter.text(key.name()));
  }

  private static int size(AccessGrant grant) {
    int size = size(grant.key()) + 1 + Integer.BYTES + Long.BYTES + grant.secretHash().size();
    for (String storage : grant.storages()) {
      size += ByteWriter.sizeOfBytes32(ByteWriter.text(storage));
    }
    return size;
  }

  private static void write(ByteWriter writer, AccessKey key) {
    writer.u8(
        switch (key.kind()) {
          case TOKEN -> TOKEN;
          case CERTIFICATE -> CERTIFICATE;
        });
    writer.bytes32(ByteWriter.text(key.name()));
  }

  private static void write(ByteWriter writer, AccessGrant grant) {
    write(writer, grant.key());
    writer.u8(grant.permissions().stream().mapToInt(AccessCodec::bit).sum());
    writer.i32(grant.storages().size());
    grant.storages().forEach(storage -> writer.bytes32(ByteWriter.text(storage)));
    writer.i64(grant.expiresMillis()).raw(grant.secretHash());
  }

  private static AccessKey readKey(ByteReader reader) {
    int kind = reader.u8();
    return switch (kind) {
      case TOKEN -> new AccessKey(AccessKey.Kind.TOKEN, reader.text());
      case CERTIFICATE -> new AccessKey(AccessKey.Kind.CERTIFICATE, reader.text());
      default -> throw reader.unknown("access of kind " + kind);
    };
  }

  private static AccessGrant readGrant(ByteReader reader) {
    AccessKey key = readKey(reader);
    List<Permission> permissions = permissions(reader);
    List<String> storages = reader.list(Integer.BYTES, reader::text);
    long expiresMillis = reader.i64();
    boolean token = key.kind() == AccessKey.Kind.TOKEN;
    Bytes hash = token ? reader.raw(AccessGrant.HASH_BYTES) : Bytes.EMPTY;
    AccessGrant grant = new AccessGrant(key, permissions, storages, expiresMillis, hash);
    if (!grant.storages().equals(storages)) {
      throw reader.corrupt("storages of a grant that are not in their order, each once");
    }
    return grant;
  }

  private static List<Permission> permissions(ByteReader reader) {
    int bits = reader.u8();
    List<Permission> permissions = new ArrayList<>();
    int left = bits;
    for (Permission each : Permission.values()) {
      if ((bits & bit(each)) != 0) {
        permissions.add(each);
        left -= bit(each);
      }
    }
    if (left != 0) {
      throw reader.unknown("permissions " + bits);
    }
    return permissions;
  }

  private static int bit(Permission permission) {
    return switch (permission) {
      case READ -> 1;
      case WRITE -> 2;
      case ADMIN -> 4;
      case BACKUP -> 8;
    };
  }

  /** What a database has under the key of the list. */
  public static AccessList decodeStored(byte @Nullable [] value) {
    return value == null ? AccessList.EMPTY : decode(Bytes.wrap(value));
  }
}
