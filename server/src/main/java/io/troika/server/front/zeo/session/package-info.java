/**
 * A registered ZEO connection: the order of its messages, its reads, what it asks of the storage.
 */
@NullMarked
package io.troika.server.front.zeo.session;

import org.jspecify.annotations.NullMarked;
