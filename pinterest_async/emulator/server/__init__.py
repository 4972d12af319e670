"""The server: sockets and HTTP, the admin page, the control routes, and the class `Emulator`."""
