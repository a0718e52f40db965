/** Tests of what a connection holds of its open transaction. */
@NullMarked
package io.troika.server.front.zeo.commit;

import org.jspecify.annotations.NullMarked;
