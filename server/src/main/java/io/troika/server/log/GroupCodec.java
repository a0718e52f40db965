package io.troika.server.log;

import static io.troika.server.log.ByteWriter.UUID_BYTES;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.GroupChange.DropGroup;
import io.troika.server.core.command.GroupChange.NameCluster;
import io.troika.server.core.command.GroupChange.PlaceStorage;
import io.troika.server.core.command.GroupChange.SealGroup;
import io.troika.server.core.command.GroupChange.UnplaceStorage;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Raft groups, as they stand in commands and on disk.
 *
 * <pre>{@code
 * text      length 4, UTF-8
 * members   n * (node id, its Raft, peer and client address, each a text)
 * catalog   n * (text name, uuid 16, created index 8, members),
 *           n * (text storage, text group), and if a group was ever dropped, this one is sealed, or the
 *           cluster has an id: sealed 1 (0 or 1), n * (text group that was dropped), and that id 16
 *
 * 80 create group   text name, uuid 16, members
 * 81 place          text storage, text group
 * 82 unplace        text storage, text group
 * 83 drop group     text name
 * 84 seal group
 * 91 name cluster   uuid 16
 * }</pre>
 */
public final class GroupCodec {
  private static final int CREATE = 80;
  private static final int PLACE = 81;
  private static final int UNPLACE = 82;
  private static final int DROP = 83;
  private static final int SEAL = 84;
  private static final int NAME_CLUSTER = 91;

  private static final int MEMBER_BYTES_MIN = 4 * Integer.BYTES;
  private static final int GROUP_BYTES_MIN = 2 * Integer.BYTES + UUID_BYTES + Long.BYTES;
  private static final int PLACEMENT_BYTES_MIN = 2 * Integer.BYTES;

  private GroupCodec() {}

  static int kind(GroupChange command) {
    if (command instanceof CreateGroup) {
      return CREATE;
    }
    if (command instanceof DropGroup) {
      return DROP;
    }
    if (command instanceof SealGroup) {
      return SEAL;
    }
    if (command instanceof NameCluster) {
      return NAME_CLUSTER;
    }
    return command instanceof PlaceStorage ? PLACE : UNPLACE;
  }

  /** Whether it is one of these. */
  static boolean isKind(int kind) {
    return (kind >= CREATE && kind <= SEAL) || kind == NAME_CLUSTER;
  }

  static long bodySize(GroupChange command) {
    if (command instanceof CreateGroup create) {
      return (long) size(create.name()) + UUID_BYTES + size(create.members());
    } else if (command instanceof PlaceStorage place) {
      return (long) size(place.storage()) + size(place.group());
    } else if (command instanceof DropGroup drop) {
      return size(drop.name());
    } else if (command instanceof SealGroup) {
      return 0;
    } else if (command instanceof NameCluster) {
      return UUID_BYTES;
    }
    UnplaceStorage unplace = (UnplaceStorage) command;
    return (long) size(unplace.storage()) + size(unplace.group());
  }

  static void write(ByteWriter writer, GroupChange command) {
    if (command instanceof CreateGroup create) {
      text(writer, create.name()).uuid(create.uuid());
      write(writer, create.members());
    } else if (command instanceof PlaceStorage place) {
      text(text(writer, place.storage()), place.group());
    } else if (command instanceof UnplaceStorage unplace) {
      text(text(writer, unplace.storage()), unplace.group());
    } else if (command instanceof DropGroup drop) {
      text(writer, drop.name());
    } else if (command instanceof NameCluster name) {
      writer.uuid(name.id());
    }
  }

  static Command read(int kind, ByteReader body) {
    if (kind == SEAL) {
      return new SealGroup();
    }
    if (kind == NAME_CLUSTER) {
      return new NameCluster(body.uuid());
    }
    String first = body.text();
    return switch (kind) {
      case CREATE -> {
        UUID uuid = body.uuid();
        List<GroupInfo.Member> members = readMembers(body);
        yield new CreateGroup(first, uuid, members);
      }
      case PLACE -> new PlaceStorage(first, body.text());
      case UNPLACE -> new UnplaceStorage(first, body.text());
      case DROP -> new DropGroup(first);
      default -> throw body.unknown("this kind");
    };
  }

  public static byte[] encode(GroupCatalog catalog) {
    int size = 2 * Integer.BYTES;
    for (GroupInfo group : catalog.groups()) {
      size += size(group.name()) + UUID_BYTES + Long.BYTES + size(group.members());
    }
    for (var placement : catalog.placements().entrySet()) {
      size += size(placement.getKey()) + size(placement.getValue());
    }
    UUID cluster = catalog.cluster();
    boolean more = catalog.sealed() || !catalog.dropped().isEmpty() || cluster != null;
    if (more) {
      size += cluster == null ? 0 : UUID_BYTES;
      size += Byte.BYTES + Integer.BYTES;
      size += catalog.dropped().stream().mapToInt(GroupCodec::size).sum();
    }
    ByteWriter writer = new ByteWriter(size).i32(catalog.groups().size());
    for (GroupInfo group : catalog.groups()) {
      text(writer, group.name()).uuid(group.uuid()).i64(group.createdIndex());
      write(writer, group.members());
    }
    writer.i32(catalog.placements().size());
    catalog.placements().forEach((storage, group) -> text(text(writer, storage), group));
    if (more) {
      writer.u8(catalog.sealed() ? 1 : 0).i32(catalog.dropped().size());
      catalog.dropped().forEach(name -> text(writer, name));
    }
    if (cluster != null) {
      writer.uuid(cluster);
    }
    return writer.finish();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws DecodingException if it cannot be read
   */
  public static GroupCatalog decode(Bytes bytes) {
    return ByteReader.readWhole("groups", bytes, GroupCodec::readCatalog);
  }

  /** What a database has under the key of the catalog. */
  public static GroupCatalog decodeStored(byte @Nullable [] value) {
    return value == null ? GroupCatalog.EMPTY : decode(Bytes.wrap(value));
  }

  private static GroupCatalog readCatalog(ByteReader reader) {
    List<GroupInfo> groups =
        reader.list(
            GROUP_BYTES_MIN,
            () -> {
              String name = reader.text();
              UUID uuid = reader.uuid();
              long createdIndex = reader.i64();
              return new GroupInfo(name, uuid, createdIndex, readMembers(reader));
            });
    requireAscending(reader, "groups", groups, Comparator.comparing(GroupInfo::name));
    List<PlaceStorage> placed =
        reader.list(PLACEMENT_BYTES_MIN, () -> new PlaceStorage(reader.text(), reader.text()));
    requireAscending(reader, "placements", placed, Comparator.comparing(PlaceStorage::storage));
    SortedMap<String, String> placements = new TreeMap<>();
    placed.forEach(each -> placements.put(each.storage(), each.group()));
    if (!reader.hasMore()) {
      return new GroupCatalog(groups, placements);
    }
    boolean sealed = reader.flag();
    List<String> dropped = reader.list(Integer.BYTES, reader::text);
    requireAscending(reader, "dropped groups", dropped, Comparator.naturalOrder());
    UUID cluster = reader.hasMore() ? reader.uuid() : null;
    if (!sealed && dropped.isEmpty() && cluster == null) {
      throw reader.corrupt("a last part that says nothing");
    }
    return new GroupCatalog(groups, placements, new TreeSet<>(dropped), sealed, cluster);
  }

  private static List<GroupInfo.Member> readMembers(ByteReader reader) {
    List<GroupInfo.Member> members =
        reader.list(
            MEMBER_BYTES_MIN,
            () -> new GroupInfo.Member(reader.text(), reader.text(), reader.text(), reader.text()));
    requireAscending(reader, "members", members, Comparator.comparing(GroupInfo.Member::nodeId));
    return members;
  }

  /** What is kept in an order has one form in bytes too. */
  private static <T> void requireAscending(
      ByteReader reader, String what, List<T> elements, Comparator<T> order) {
    for (int i = 1; i < elements.size(); i++) {
      if (order.compare(elements.get(i - 1), elements.get(i)) >= 0) {
        throw reader.corrupt(what + " that are not in their order, each once");
      }
    }
  }

  private static void write(ByteWriter writer, List<GroupInfo.Member> members) {
    writer.i32(members.size());
    for (GroupInfo.Member member : members) {
      text(text(writer, member.nodeId()), member.raft());
      text(text(writer, member.peer()), member.client());
    }
  }

  private static int size(List<GroupInfo.Member> members) {
    int size = Integer.BYTES;
    for (GroupInfo.Member member : members) {
      size += size(member.nodeId()) + size(member.raft());
      size += size(member.peer()) + size(member.client());
    }
    return size;
  }

  private static int size(String text) {
    return ByteWriter.sizeOfBytes32(ByteWriter.text(text));
  }

  private static ByteWriter text(ByteWriter writer, String text) {
    return writer.bytes32(ByteWriter.text(text));
  }
}
