// Looks at a library's file before the dynamic loader does.
#pragma once

#include "maws/result.h"
#include "maws/trusted_file.h"

namespace maws {

// Succeeds if the file is a shared library for this machine, all of which is there: the ELF header
// is of this machine's kind, and the tables of segments and sections, and every segment, lie within
// the file. The loader itself maps the segments of a truncated file, and the process ends with
// SIGBUS where it reads behind the end.
Result<void> check_elf(const TrustedFile& file);

}  // namespace maws
