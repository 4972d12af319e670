"""The version of this package, which the build reads here, and requests name."""

VERSION = "0.1.0"
