package io.troika.server.front.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.Context;
import io.troika.server.access.Caller;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is written of one audited call, collected while it runs: those who learn something find it
 * in the call's context. Calls that are not audited have none.
 */
final class AuditEntry {
  static final Context.Key<AuditEntry> KEY = Context.key("troika-audit");

  private volatile Caller caller = Caller.ANYBODY;
  private volatile String request = "";

  /** Who asks, as far as it is known now. */
  static void identified(Caller who) {
    AuditEntry entry = KEY.get();
    if (entry != null) {
      entry.caller = who;
    }
  }

  /** What is asked, of a stream its last part. */
  static void asked(Message message) {
    AuditEntry entry = KEY.get();
    if (entry != null) {
      entry.request = TextFormat.printer().emittingSingleLine(true).printToString(shown(message));
    }
  }

  /** Bytes are data or secrets: neither belongs in a log. */
  private static Message shown(Message message) {
    Message.Builder shown = message.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      FieldDescriptor descriptor = field.getKey();
      if (descriptor.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING) {
        shown.clearField(descriptor);
      } else if (descriptor.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        @Nullable Message inner = descriptor.isRepeated() ? null : (Message) field.getValue();
        shown.clearField(descriptor);
        if (inner != null) {
          shown.setField(descriptor, shown(inner));
        }
      }
    }
    return shown.build();
  }

  Caller caller() {
    return caller;
  }

  String request() {
    return request;
  }
}
