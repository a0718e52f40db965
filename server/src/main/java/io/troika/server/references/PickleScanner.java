package io.troika.server.references;

import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.UnreadableReferencesException;
import io.troika.server.references.PickleValue.Items;
import io.troika.server.references.PickleValue.Text;
import io.troika.server.references.PickleValue.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Walks the pickles of a record (protocols 0 to 5) as the stack machine that they are for, and
 * keeps only what a persistent id is made of: strings, tuples, lists, and the memo, which ZODB
 * writes once for all pickles of a record. Classes and calls are values that nobody looks into;
 * nothing is imported or called.
 *
 * <p>Persistent ids, by {@code ZODB.serialize}: an oid, or a tuple that begins with one, is a
 * reference; a list is a weak reference or one into another database, and keeps nothing alive.
 * Anything else cannot be read.
 */
final class PickleScanner {
  /** Longer strings are no part of a persistent id. */
  static final int TEXT_LENGTH_MAX = 64;

  private static final int OID_LENGTH = 8;

  private final PickleBytes input;
  private final List<Oid> references;
  private final List<PickleValue> stack = new ArrayList<>();
  private final Map<Integer, PickleValue> memo = new HashMap<>();

  /**
   * @param references where those that are found go
   */
  PickleScanner(PickleBytes input, List<Oid> references) {
    this.input = input;
    this.references = references;
  }

  /** Reads up to the end of the last pickle. */
  void scan() throws UnreadableReferencesException {
    while (!input.isAtEnd()) {
      int opcode = input.u8();
      while (opcode != '.') {
        step(opcode);
        opcode = input.u8();
      }
      pop();
      stack.clear();
    }
  }

  // As long as the list of opcodes: one place to compare with Python's pickletools.
  private void step(int opcode) throws UnreadableReferencesException {
    switch (opcode) {
      case 0x80 -> input.skip(1); // PROTO
      case 0x95 -> input.skip(8); // FRAME
      case '(' -> push(PickleValue.MARK);
      case '0' -> pop();
      case '1' -> toMark();
      case '2' -> push(top());
      case 'N', 0x88, 0x89, '}', 0x8f -> push(PickleValue.OPAQUE); // None, bools, dict, set
      case 'F', 'I', 'L' -> opaqueLine();
      case 'J', 0x84 -> opaque(4); // BININT, EXT4
      case 'K', 0x82 -> opaque(1);
      case 'M', 0x83 -> opaque(2);
      case 'G' -> opaque(8);
      case 0x8a -> opaque(input.length(1)); // LONG1
      case 0x8b -> opaque(input.length(4));
      case 'S' -> push(new Text(PickleText.unquoted(input)));
      case 'V' -> ascii(PickleText.unescaped(input));
      case 'U', 'C' -> push(new Text(input.counted(1)));
      case 'T', 'B' -> push(new Text(input.counted(4)));
      case 0x8e -> push(new Text(input.counted(8)));
      case 0x8c -> ascii(input.counted(1));
      case 'X' -> ascii(input.counted(4));
      case 0x8d -> ascii(input.counted(8));
      case 0x96 -> opaque(input.length(8)); // BYTEARRAY8
      case ')' -> push(new Tuple(List.of()));
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 't' -> push(new Tuple(firstOf(toMark())));
      case ']' -> push(new Items());
      case 'l' -> push(items(toMark()));
      case 'a' -> append(List.of(pop()));
      case 'e' -> append(toMark());
      case 'd', 'o', 0x91 -> replaceMark(); // DICT, OBJ, FROZENSET
      case 's' -> drop(2); // SETITEM
      case 'u', 0x90 -> toMark(); // SETITEMS, ADDITEMS
      case 'c' -> global();
      case 'i' -> instance();
      case 0x93, 'R', 0x81 -> replace(2); // STACK_GLOBAL, REDUCE, NEWOBJ
      case 0x92 -> replace(3); // NEWOBJ_EX
      case 'b' -> drop(1); // BUILD
      case 'p' -> put(PickleText.number(input));
      case 'q' -> put(input.length(1));
      case 'r' -> put(input.length(4));
      case 0x94 -> put(memo.size()); // MEMOIZE
      case 'g' -> get(PickleText.number(input));
      case 'h' -> get(input.length(1));
      case 'j' -> get(input.length(4));
      case 'P' -> persistent(new Text(input.line()));
      case 'Q' -> persistent(pop());
      default ->
          throw input.unreadable("opcode 0x" + Integer.toHexString(opcode) + ", which is unknown,");
    }
  }

  private void persistent(PickleValue id) throws UnreadableReferencesException {
    if (id instanceof Items) {
      // ['w', …], ['n', …], ['m', …] and the weak ones of old, [oid].
      push(PickleValue.OPAQUE);
      return;
    }
    PickleValue first =
        id instanceof Tuple tuple && !tuple.items().isEmpty() ? tuple.items().get(0) : id;
    if (!(first instanceof Text text) || text.characters().length() != OID_LENGTH) {
      throw input.unreadable("a persistent id that is no oid");
    }
    long oid = 0;
    for (int i = 0; i < OID_LENGTH; i++) {
      oid = oid << 8 | text.characters().charAt(i);
    }
    references.add(new Oid(oid));
    push(PickleValue.OPAQUE);
  }

  /** An oid may be text where all its bytes are ASCII; other text is none. */
  private void ascii(String text) {
    boolean ascii = text.chars().allMatch(character -> character < 0x80);
    push(ascii ? new Text(text) : PickleValue.OPAQUE);
  }

  private void opaque(int argumentBytes) throws UnreadableReferencesException {
    input.skip(argumentBytes);
    push(PickleValue.OPAQUE);
  }

  private void opaqueLine() throws UnreadableReferencesException {
    input.line();
    push(PickleValue.OPAQUE);
  }

  private void global() throws UnreadableReferencesException {
    input.line();
    opaqueLine();
  }

  private void instance() throws UnreadableReferencesException {
    input.line();
    input.line();
    replaceMark();
  }

  private void tuple(int size) throws UnreadableReferencesException {
    require(size);
    List<PickleValue> top = stack.subList(stack.size() - size, stack.size());
    PickleValue tuple = new Tuple(firstOf(top));
    top.clear();
    push(tuple);
  }

  private static List<PickleValue> firstOf(List<PickleValue> items) {
    return items.isEmpty() ? List.of() : List.of(items.get(0));
  }

  private static PickleValue items(List<PickleValue> all) {
    Items items = new Items();
    all.forEach(items::add);
    return items;
  }

  private void append(List<PickleValue> added) throws UnreadableReferencesException {
    if (top() instanceof Items items) {
      added.forEach(items::add);
    }
  }

  private void replace(int count) throws UnreadableReferencesException {
    drop(count);
    push(PickleValue.OPAQUE);
  }

  private void replaceMark() throws UnreadableReferencesException {
    toMark();
    push(PickleValue.OPAQUE);
  }

  private void put(int index) throws UnreadableReferencesException {
    memo.put(index, top());
  }

  private void get(int index) throws UnreadableReferencesException {
    PickleValue known = memo.get(index);
    if (known == null) {
      throw input.unreadable("memo " + index + ", which was not put,");
    }
    push(known);
  }

  private void push(PickleValue value) {
    stack.add(value);
  }

  private PickleValue top() throws UnreadableReferencesException {
    require(1);
    return stack.get(stack.size() - 1);
  }

  private PickleValue pop() throws UnreadableReferencesException {
    require(1);
    return stack.remove(stack.size() - 1);
  }

  private void drop(int count) throws UnreadableReferencesException {
    require(count);
    stack.subList(stack.size() - count, stack.size()).clear();
  }

  /** Takes off all above the last mark, and the mark. */
  private List<PickleValue> toMark() throws UnreadableReferencesException {
    int mark = stack.size() - 1;
    while (mark >= 0 && stack.get(mark) != PickleValue.MARK) {
      mark--;
    }
    if (mark < 0) {
      throw input.unreadable("the end of a run without its mark");
    }
    List<PickleValue> above = new ArrayList<>(stack.subList(mark + 1, stack.size()));
    stack.subList(mark, stack.size()).clear();
    return above;
  }

  private void require(int count) throws UnreadableReferencesException {
    if (stack.size() < count) {
      throw input.unreadable("an operation on an empty stack");
    }
  }
}
