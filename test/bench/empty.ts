// The floor of the runtime: a program that does nothing.
