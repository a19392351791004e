"""What the toolchain links into the library besides crates."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A piece of the toolchain's own libraries."""

    name: str
    licence: str
    text: str


PARTS = (
    Part(
        "Rust standard library",
        "MIT OR Apache-2.0",
        "Copyright (c) The Rust Project Contributors. Used here under the Apache License 2.0.",
    ),
    Part(
        "LLVM libunwind and compiler runtime",
        "Apache-2.0 WITH LLVM-exception",
        "Copyright (c) the LLVM Project contributors. As an exception, if, as a result of your\n"
        "compiling your source code, portions of this Software are embedded into an Object form\n"
        "of such source code, you may redistribute such embedded portions in such Object form\n"
        "without complying with the conditions of Sections 4(a), 4(b) and 4(d) of the License.",
    ),
    Part(
        "GNU C Library start files and wrappers",
        "LGPL-2.1-or-later WITH GCC-exception-2.0",
        "Copyright (c) the Free Software Foundation, Inc. In addition to the permissions in the\n"
        "GNU Lesser General Public License, the Free Software Foundation gives you unlimited\n"
        "permission to link the compiled version of this file into combinations with other\n"
        "programs, and to distribute those combinations without any restriction coming from the\n"
        "use of this file.",
    ),
)
