# The header compiles alone and twice, with both compilers, in each language version that a host
# may use. Warnings that a host may have on are errors here.

set(_maws_strict -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror
    -I "${CMAKE_SOURCE_DIR}/include")
# Not -Wc++-compat: it holds C's `typedef int32_t maws_code` beside `enum maws_code` against the
# header, where C++ takes the other branch. Compiling as C++ is the real check.
set(_maws_strict_c -Wstrict-prototypes -Wmissing-prototypes ${_maws_strict})
set(_maws_strict_cxx -Wold-style-cast ${_maws_strict})

foreach(standard c99 c11 c17)
    foreach(compiler gcc clang)
        string(TOUPPER ${compiler} _path)
        foreach(source alone twice)
            add_test(NAME c.header.${source}.${standard}.${compiler}
                     COMMAND "${MAWS_${_path}}" -std=${standard} ${_maws_strict_c}
                             "${CMAKE_CURRENT_LIST_DIR}/${source}.c")
        endforeach()
    endforeach()
endforeach()

foreach(standard c++11 c++17 c++20)
    foreach(compiler g++ clang++)
        string(REPLACE "+" "X" _path ${compiler})
        string(TOUPPER ${_path} _path)
        foreach(source alone twice)
            add_test(NAME c.header.${source}.${standard}.${compiler}
                     COMMAND "${MAWS_${_path}}" -std=${standard} ${_maws_strict_cxx} -x c++
                             "${CMAKE_CURRENT_LIST_DIR}/${source}.c")
        endforeach()
    endforeach()
endforeach()

foreach(compiler gcc clang)
    string(TOUPPER ${compiler} _path)
    add_test(NAME c.header.refuses_32_bits.${compiler}
             COMMAND "${MAWS_${_path}}" -std=c11 ${_maws_strict_c}
                     "${CMAKE_CURRENT_LIST_DIR}/narrow.c")
    set_tests_properties(c.header.refuses_32_bits.${compiler} PROPERTIES
        PASS_REGULAR_EXPRESSION "needs a 64-bit target")
endforeach()

add_executable(maws_header_helpers "${CMAKE_CURRENT_LIST_DIR}/helpers.c")
target_link_libraries(maws_header_helpers PRIVATE maws::headers maws_warnings)
add_test(NAME c.header.helpers COMMAND maws_header_helpers)
