/** What operators ask of a cluster and do to it, by family of calls. */
@NullMarked
package io.troika.client.internal.admin;

import org.jspecify.annotations.NullMarked;
