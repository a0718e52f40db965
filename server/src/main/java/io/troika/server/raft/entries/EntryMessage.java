package io.troika.server.raft.entries;

import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/** A log entry on its way into Ratis, which hands it back before it appends it. */
public record EntryMessage(PendingEntry pending, ByteString content) implements Message {
  @Override
  public ByteString getContent() {
    return content;
  }
}
