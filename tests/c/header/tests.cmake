# The headers compile alone and twice, with both compilers, in each language version that a host
# may use; so do what a host does with them, and the example at the top. Warnings that a host may
# have on are errors here.

set(_maws_strict -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror
    -I "${CMAKE_SOURCE_DIR}/include")
set(_maws_strict_c -Wstrict-prototypes -Wc++-compat ${_maws_strict})
set(_maws_strict_cxx -Wold-style-cast -Wzero-as-null-pointer-constant ${_maws_strict})
set(_maws_example "${MAWS_PYTHON}" -B "${CMAKE_CURRENT_LIST_DIR}/example.py"
    "${CMAKE_SOURCE_DIR}/include/mongodb_aws_auth.h")

foreach(standard c99 c11 c17)
    foreach(compiler gcc clang)
        string(TOUPPER ${compiler} _path)
        foreach(source alone twice uses)
            add_test(NAME c.header.${source}.${standard}.${compiler}
                     COMMAND "${MAWS_${_path}}" -std=${standard} ${_maws_strict_c}
                             -Wmissing-prototypes "${CMAKE_CURRENT_LIST_DIR}/${source}.c")
        endforeach()
        add_test(NAME c.header.example.${standard}.${compiler}
                 COMMAND ${_maws_example} "${MAWS_${_path}}" -std=${standard} ${_maws_strict_c} -x c)
    endforeach()
endforeach()

foreach(standard c++11 c++17 c++20)
    foreach(compiler g++ clang++)
        string(REPLACE "+" "X" _path ${compiler})
        string(TOUPPER ${_path} _path)
        foreach(source alone twice uses)
            add_test(NAME c.header.${source}.${standard}.${compiler}
                     COMMAND "${MAWS_${_path}}" -std=${standard} ${_maws_strict_cxx} -x c++
                             "${CMAKE_CURRENT_LIST_DIR}/${source}.c")
        endforeach()
        add_test(NAME c.header.example.${standard}.${compiler}
                 COMMAND ${_maws_example} "${MAWS_${_path}}" -std=${standard} ${_maws_strict_cxx}
                         -x c++)
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

add_executable(maws_header_calls "${CMAKE_CURRENT_LIST_DIR}/calls.c")
target_link_libraries(maws_header_calls PRIVATE maws::headers maws_warnings)
add_test(NAME c.header.calls COMMAND maws_header_calls)
