# Version numbers have one source each: the product's is Cargo.toml, the interface's the C header.

set(_cargo_toml "${CMAKE_CURRENT_LIST_DIR}/../Cargo.toml")
set(_header "${CMAKE_CURRENT_LIST_DIR}/../include/mongodb_aws_auth.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_cargo_toml}" "${_header}")

# The first `version` of the file is the one of [package].
file(STRINGS "${_cargo_toml}" _version REGEX "^version = \"[0-9]+\\.[0-9]+\\.[0-9]+\"$"
     LIMIT_COUNT 1)
if(NOT _version)
    message(FATAL_ERROR "Cargo.toml has no line: version = \"MAJOR.MINOR.PATCH\"")
endif()
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" MAWS_VERSION "${_version}")

foreach(_part MAJOR MINOR)
    file(STRINGS "${_header}" _line REGEX "^#define MAWS_ABI_${_part} [0-9]+$")
    if(NOT _line)
        message(FATAL_ERROR "include/mongodb_aws_auth.h does not define MAWS_ABI_${_part}")
    endif()
    string(REGEX REPLACE ".* " "" MAWS_ABI_${_part} "${_line}")
endforeach()
