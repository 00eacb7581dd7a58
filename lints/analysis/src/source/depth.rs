//! A guard against nesting that would overflow the parser's stack.
