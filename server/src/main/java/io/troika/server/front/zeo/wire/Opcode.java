package io.troika.server.front.zeo.wire;

/** The opcodes of pickles that make data. All others are refused, see {@code DESIGN.md}. */
final class Opcode {
  static final int MARK = '(';
  static final int STOP = '.';
  static final int PROTO = 0x80;
  static final int FRAME = 0x95;

  static final int NONE = 'N';
  static final int NEWTRUE = 0x88;
  static final int NEWFALSE = 0x89;
  static final int BININT = 'J';
  static final int BININT1 = 'K';
  static final int BININT2 = 'M';
  static final int LONG1 = 0x8a;
  static final int LONG4 = 0x8b;
  static final int BINFLOAT = 'G';

  static final int BINUNICODE = 'X';
  static final int SHORT_BINUNICODE = 0x8c;
  static final int BINUNICODE8 = 0x8d;
  static final int BINBYTES = 'B';
  static final int SHORT_BINBYTES = 'C';
  static final int BINBYTES8 = 0x8e;

  /** Byte strings of Python 2. */
  static final int BINSTRING = 'T';

  static final int SHORT_BINSTRING = 'U';

  static final int EMPTY_TUPLE = ')';
  static final int TUPLE1 = 0x85;
  static final int TUPLE2 = 0x86;
  static final int TUPLE3 = 0x87;
  static final int TUPLE = 't';
  static final int EMPTY_LIST = ']';
  static final int APPEND = 'a';
  static final int APPENDS = 'e';
  static final int EMPTY_DICT = '}';
  static final int SETITEM = 's';
  static final int SETITEMS = 'u';

  static final int BINPUT = 'q';
  static final int LONG_BINPUT = 'r';
  static final int MEMOIZE = 0x94;
  static final int BINGET = 'h';
  static final int LONG_BINGET = 'j';

  private Opcode() {}

  /** What is known of an opcode that is refused. */
  static String name(int opcode) {
    return switch (opcode) {
      case 'c', 0x93 -> "the name of a class or function";
      case 'R', 'b', 'o', 'i', 0x81, 0x92 -> "the making of an object";
      case 'P', 'Q' -> "a persistent reference";
      case 0x82, 0x83, 0x84 -> "a registered extension";
      default -> "another opcode";
    };
  }
}
