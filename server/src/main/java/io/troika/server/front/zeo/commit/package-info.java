/** The transactions of ZEO connections, from tpc_begin to tpc_finish. */
@NullMarked
package io.troika.server.front.zeo.commit;

import org.jspecify.annotations.NullMarked;
