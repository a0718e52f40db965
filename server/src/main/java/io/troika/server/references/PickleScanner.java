package io.troika.server.references;

import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.UnreadableReferencesException;
import io.troika.server.references.PickleValue.OidText;
import io.troika.server.references.PickleValue.OidTuple;
import io.troika.server.references.PickleValue.Plain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the pickles of a record (protocols 0 to 5) as the stack machine that they are for, and
 * keeps only what a persistent id is made of: strings, tuples, lists, and the memo, which ZODB
 * writes once for all pickles of a record. Classes and calls are values that nobody looks into;
 * nothing is imported or called.
 *
 * <p>Persistent ids, by {@code ZODB.serialize}: an oid, or a tuple that begins with one, is a
 * reference; a list is a weak reference or one into another database, and keeps nothing alive.
 * Anything else cannot be read.
 *
 * <p>Each of its runs of values is bounded, beyond what any program pickles: a record of 64 KiB may
 * inflate to 64 MiB of opcodes that each put something somewhere. With all bounds reached a heap of
 * 256 MB is enough, the inflated record included.
 */
final class PickleScanner {
  /** Longer strings are no part of a persistent id. */
  static final int TEXT_LENGTH_MAX = 64;

  /** More values at a time, as in a tuple of so many items, and a record can't be read. */
  static final int STACK_MAX = 1 << 20;

  /** Of a higher number nothing can be remembered. Python's picklers number from 0 or 1. */
  static final int MEMO_MAX = 2 << 20;

  /** A record with more can't be read. */
  static final int REFERENCES_MAX = 2 << 20;

  private static final int OID_LENGTH = 8;

  private final PickleBytes input;
  private final List<Oid> references;
  private final List<PickleValue> stack = new ArrayList<>();
  private final List<@Nullable PickleValue> memo = new ArrayList<>();
  private int memoized;

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
      case '(' -> push(Plain.MARK);
      case '0' -> pop();
      case '1' -> toMark();
      case '2' -> push(top());
      case 'N', 0x88, 0x89, '}', 0x8f -> push(Plain.OPAQUE); // None, bools, dict, set
      case 'F', 'I', 'L' -> opaqueLine();
      case 'J', 0x84 -> opaque(4); // BININT, EXT4
      case 'K', 0x82 -> opaque(1);
      case 'M', 0x83 -> opaque(2);
      case 'G' -> opaque(8);
      case 0x8a -> opaque(input.length(1)); // LONG1
      case 0x8b -> opaque(input.length(4));
      case 'S' -> text(PickleText.unquoted(input));
      case 'V' -> ascii(PickleText.unescaped(input));
      case 'U', 'C' -> text(input.counted(1));
      case 'T', 'B' -> text(input.counted(4));
      case 0x8e -> text(input.counted(8));
      case 0x8c -> ascii(input.counted(1));
      case 'X' -> ascii(input.counted(4));
      case 0x8d -> ascii(input.counted(8));
      case 0x96 -> opaque(input.length(8)); // BYTEARRAY8
      case ')' -> push(Plain.OPAQUE); // EMPTY_TUPLE
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 't' -> push(tupleOf(toMark()));
      case ']' -> push(Plain.LIST);
      case 'l' -> replaceMark(Plain.LIST);
      case 'a' -> {
        pop();
        require(1); // the list
      }
      case 'e' -> {
        toMark();
        require(1);
      }
      case 'd', 'o', 0x91 -> replaceMark(Plain.OPAQUE); // DICT, OBJ, FROZENSET
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
      case 0x94 -> put(memoized); // MEMOIZE
      case 'g' -> get(PickleText.number(input));
      case 'h' -> get(input.length(1));
      case 'j' -> get(input.length(4));
      case 'P' -> persistent(valueOf(input.line()));
      case 'Q' -> persistent(pop());
      default ->
          throw input.unreadable("opcode 0x" + Integer.toHexString(opcode) + ", which is unknown,");
    }
  }

  /** Lists keep nothing alive: ['w', …], ['n', …], ['m', …] and the weak ones of old, [oid]. */
  private void persistent(PickleValue id) throws UnreadableReferencesException {
    if (id instanceof OidText text) {
      found(text.oid());
    } else if (id instanceof OidTuple tuple) {
      found(tuple.oid());
    } else if (id != Plain.LIST) {
      throw input.unreadable("a persistent id that is no oid");
    }
    push(Plain.OPAQUE);
  }

  private void found(long oid) throws UnreadableReferencesException {
    if (references.size() == REFERENCES_MAX) {
      throw input.unreadable("more than " + REFERENCES_MAX + " references, the last one");
    }
    references.add(new Oid(oid));
  }

  private void text(String text) throws UnreadableReferencesException {
    push(valueOf(text));
  }

  /** Text of one character a byte; of another length than an oid's it is no part of an id. */
  private static PickleValue valueOf(String text) {
    if (text.length() != OID_LENGTH) {
      return Plain.OPAQUE;
    }
    long oid = 0;
    for (int i = 0; i < OID_LENGTH; i++) {
      oid = oid << 8 | text.charAt(i);
    }
    return new OidText(oid);
  }

  /** An oid may be text where all its bytes are ASCII; other text is none. */
  private void ascii(String text) throws UnreadableReferencesException {
    boolean ascii = text.chars().allMatch(character -> character < 0x80);
    push(ascii ? valueOf(text) : Plain.OPAQUE);
  }

  private void opaque(int argumentBytes) throws UnreadableReferencesException {
    input.skip(argumentBytes);
    push(Plain.OPAQUE);
  }

  private void opaqueLine() throws UnreadableReferencesException {
    input.line();
    push(Plain.OPAQUE);
  }

  private void global() throws UnreadableReferencesException {
    input.line();
    opaqueLine();
  }

  private void instance() throws UnreadableReferencesException {
    input.line();
    input.line();
    replaceMark(Plain.OPAQUE);
  }

  private void tuple(int size) throws UnreadableReferencesException {
    require(size);
    List<PickleValue> top = stack.subList(stack.size() - size, stack.size());
    PickleValue tuple = tupleOf(top);
    top.clear();
    push(tuple);
  }

  private static PickleValue tupleOf(List<PickleValue> items) {
    return !items.isEmpty() && items.get(0) instanceof OidText first
        ? new OidTuple(first.oid())
        : Plain.OPAQUE;
  }

  private void replace(int count) throws UnreadableReferencesException {
    drop(count);
    push(Plain.OPAQUE);
  }

  private void replaceMark(PickleValue value) throws UnreadableReferencesException {
    toMark();
    push(value);
  }

  private void put(int index) throws UnreadableReferencesException {
    if (index >= MEMO_MAX) {
      throw input.unreadable("memo " + index + ", of which there are at most " + MEMO_MAX + ",");
    }
    while (memo.size() <= index) {
      memo.add(null);
    }
    if (memo.set(index, top()) == null) {
      memoized++;
    }
  }

  private void get(int index) throws UnreadableReferencesException {
    PickleValue known = index < memo.size() ? memo.get(index) : null;
    if (known == null) {
      throw input.unreadable("memo " + index + ", which was not put,");
    }
    push(known);
  }

  private void push(PickleValue value) throws UnreadableReferencesException {
    if (stack.size() == STACK_MAX) {
      throw input.unreadable("more than " + STACK_MAX + " values at a time");
    }
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
    while (mark >= 0 && stack.get(mark) != Plain.MARK) {
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
