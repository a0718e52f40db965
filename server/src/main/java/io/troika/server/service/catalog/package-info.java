/** Which storages and groups there are, who may do what, and how that is changed. */
@NullMarked
package io.troika.server.service.catalog;

import org.jspecify.annotations.NullMarked;
