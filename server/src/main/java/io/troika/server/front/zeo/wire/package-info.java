/**
 * ZEO's frames, encodings and handshake over TCP (zeo-protocol.md §1 to §3). Knows messages, not
 * what they mean. See {@code DESIGN.md}.
 */
@NullMarked
package io.troika.server.front.zeo.wire;

import org.jspecify.annotations.NullMarked;
