"""The server: sockets and HTTP, the admin page and the control routes, and the `Emulator` itself."""
