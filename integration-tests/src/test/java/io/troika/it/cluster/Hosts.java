package io.troika.it.cluster;

import java.util.List;

/** Where nodes run. */
public interface Hosts {
  /** All on loopback. */
  Hosts LOOPBACK =
      new Hosts() {
        @Override
        public String address(String nodeId) {
          return "127.0.0.1";
        }

        @Override
        public List<String> prefix(String nodeId) {
          return List.of();
        }
      };

  /** The node's address, without a port. */
  String address(String nodeId);

  /** What its command begins with, to be run there. */
  List<String> prefix(String nodeId);
}
