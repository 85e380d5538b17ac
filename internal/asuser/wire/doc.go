// Package wire sends messages over a pipe to and from a process that is not trusted, or
// in a file from another host.
//
// A message is one line of JSON. The first line names the protocol and its version. The
// reader accepts lines of at most MaxLine bytes, and MaxSum bytes in all. It refuses
// names that occur twice and members that the message does not have, in any case. For
// anything wrong, it returns a *LineError. After an error, it reads nothing more.
//
//	enc := wire.NewEncoder(w, "gclean-user", 1)
//	err := enc.Encode(question)
//
//	dec := wire.NewDecoder(r, "gclean-user", 1)
//	err := dec.Decode(&answer) // io.EOF after the last
//
// Strings must be UTF-8, for writers and readers. Names on a disk need not be UTF-8; they
// have the type Path.
package wire
