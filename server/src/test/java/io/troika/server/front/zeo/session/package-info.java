/** Tests of what the sessions of ZEO clients share. */
@NullMarked
package io.troika.server.front.zeo.session;

import org.jspecify.annotations.NullMarked;
