package io.troika.client.internal.connection;

import io.troika.client.internal.codec.MemberList;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * By which addresses the members are reached: a pure function of what is known of them. See
 * "Members" in {@code DESIGN.md}.
 *
 * @param used those that calls go to; never empty
 * @param wanted members' own addresses that are to be tried, because nothing else leads there
 */
record NodeRoutes(List<String> used, Set<String> wanted) {

  /**
   * What is known of an address.
   *
   * @param seed whether it was configured
   * @param id the node that answered there last; empty if none ever did
   * @param answers whether the last question to it was answered
   */
  record Place(String address, boolean seed, String id, boolean answers) {
    private boolean leadsTo(String nodeId) {
      return id.equals(nodeId);
    }
  }

  NodeRoutes {
    used = List.copyOf(used);
  }

  /**
   * @param places at least one seed, in the order in which they are to be used
   */
  static NodeRoutes of(MemberList members, List<Place> places) {
    Set<String> chosen = new LinkedHashSet<>();
    Set<String> wanted = new LinkedHashSet<>();
    members
        .addresses()
        .forEach(
            (nodeId, address) -> {
              Optional<Place> found = place(nodeId, address, places);
              found.ifPresent(place -> chosen.add(place.address()));
              boolean sure = found.filter(place -> isSure(place, address)).isPresent();
              if (!sure && !address.isEmpty()) {
                wanted.add(address);
              }
            });
    if (!members.isKnown()) {
      places.stream()
          .filter(place -> place.seed() || !place.id().isEmpty())
          .forEach(place -> chosen.add(place.address()));
    }
    return new NodeRoutes(inOrder(chosen, places), wanted);
  }

  /** Its own address, if that is a seed or has proved to be its; else a seed that leads to it. */
  private static Optional<Place> place(String nodeId, String address, List<Place> places) {
    return Stream.<Optional<Place>>of(
            at(address, places).filter(place -> place.seed() || place.leadsTo(nodeId)),
            seeds(places).filter(seed -> seed.leadsTo(nodeId) && seed.answers()).findFirst(),
            seeds(places).filter(seed -> seed.leadsTo(nodeId)).findFirst())
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static boolean isSure(Place place, String address) {
    return place.address().equals(address) || place.answers();
  }

  private static Optional<Place> at(String address, List<Place> places) {
    return places.stream().filter(place -> place.address().equals(address)).findFirst();
  }

  private static Stream<Place> seeds(List<Place> places) {
    return places.stream().filter(Place::seed);
  }

  /** If nothing leads to any member, the seeds are all there is. */
  private static List<String> inOrder(Set<String> chosen, List<Place> places) {
    List<String> ordered = new ArrayList<>();
    for (Place place : places) {
      if (chosen.isEmpty() ? place.seed() : chosen.contains(place.address())) {
        ordered.add(place.address());
      }
    }
    return ordered;
  }

  /** Whether a place that is no seed may be forgotten. */
  boolean isNeeded(Place place, Map<String, String> members) {
    return place.seed()
        || wanted.contains(place.address())
        || used.contains(place.address())
        || members.isEmpty();
  }
}
