// Package wire carries messages over a pipe to and from a process that is not
// trusted, or in a file that another host has written.
//
// A message is one line of JSON. The first line tells the protocol and its version.
// The reader takes lines of at most MaxLine bytes and MaxSum bytes in all, refuses
// members that the message does not have, whatever their case, and names that come twice, and returns a
// *LineError for whatever is wrong. After an error nothing more is read.
//
//	enc := wire.NewEncoder(w, "gclean-user", 1)
//	err := enc.Encode(question)
//
//	dec := wire.NewDecoder(r, "gclean-user", 1)
//	err := dec.Decode(&answer) // io.EOF after the last
//
// Strings are UTF-8: another one is an error of both. Names on a disk need not be:
// they are of type Path.
package wire
