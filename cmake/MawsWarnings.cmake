# Warnings for all C and C++ of this repository. A warning stops the build.
add_library(maws_warnings INTERFACE)
target_compile_options(maws_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>)
