"""The command line: what ./hetu hands over to once the machine has what it needs. One module per room, one function per command."""
