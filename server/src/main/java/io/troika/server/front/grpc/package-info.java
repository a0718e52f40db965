/** The gRPC front: proto messages to service calls and back; deadlines, streaming, status codes. */
@NullMarked
package io.troika.server.front.grpc;

import org.jspecify.annotations.NullMarked;
