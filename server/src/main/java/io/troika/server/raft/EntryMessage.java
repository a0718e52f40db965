package io.troika.server.raft;

import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/** A log entry on its way into Ratis, which hands it back before it appends it. */
record EntryMessage(PendingEntry pending, ByteString content) implements Message {
  @Override
  public ByteString getContent() {
    return content;
  }
}
