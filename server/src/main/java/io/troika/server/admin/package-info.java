/** What operators may ask of a node: status, transfer, snapshot, digests, storages. */
@NullMarked
package io.troika.server.admin;

import org.jspecify.annotations.NullMarked;
