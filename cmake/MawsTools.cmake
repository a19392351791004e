# Programs and packages that the build needs. What is missing is collected, so that one apt line
# names all of it.

# maws_require_program(VARIABLE apt-package name...): the first of the names that is found.
function(maws_require_program variable package)
    find_program(${variable} NAMES ${ARGN})
    if(NOT ${variable})
        set_property(GLOBAL APPEND PROPERTY MAWS_MISSING_PACKAGES ${package})
    endif()
endfunction()

# maws_require_package(Name apt-package arguments of find_package...): targets become global.
macro(maws_require_package name package)
    find_package(${name} QUIET GLOBAL ${ARGN})
    if(NOT ${name}_FOUND)
        set_property(GLOBAL APPEND PROPERTY MAWS_MISSING_PACKAGES ${package})
    endif()
endmacro()

# Stops the configuration when something is missing; called once, at the end.
function(maws_report_missing_tools)
    get_property(missing GLOBAL PROPERTY MAWS_MISSING_PACKAGES)
    if(missing)
        list(REMOVE_DUPLICATES missing)
        list(JOIN missing " " missing)
        message(FATAL_ERROR "Something is missing. On Debian and Ubuntu:\n"
                            "    apt-get install --yes ${missing}\n")
    endif()
endfunction()
