/** Tests of the wire of ZEO clients. */
@NullMarked
package io.troika.server.front.zeo.wire;

import org.jspecify.annotations.NullMarked;
