# What is installed, in components: `runtime` for servers, `development` for those who build servers,
# `tools` for operators and their own machines, `debug` (of packages only) for debuggers.

# The plugin has one place on every distribution: servers name it by this path, multiarch or not.
set(MAWS_PLUGIN_FOLDER lib/mongodb-aws-auth)
set(_plugin_permissions OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
if(NOT MAWS_PACKAGE STREQUAL "deb")
    # Debian's libraries are not executable, those of all others are.
    list(APPEND _plugin_permissions OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
endif()
install(FILES "${MAWS_PLUGIN_FILE}" DESTINATION ${MAWS_PLUGIN_FOLDER}
        PERMISSIONS ${_plugin_permissions}
        RENAME "${MAWS_PLUGIN_SONAME}" COMPONENT runtime)

# install_documents(COMPONENT FOLDER FILE...): documents with their places in the repository; of links
# to what is not installed with them, the text stays.
function(install_documents component folder)
    foreach(document ${ARGN})
        get_filename_component(place "${document}" DIRECTORY)
        if(NOT document MATCHES "[.]md$")
            install(FILES "${document}" DESTINATION "${folder}/${place}" COMPONENT ${component})
            continue()
        endif()
        file(READ "${document}" text)
        string(REGEX MATCHALL "\\([A-Za-z0-9_./-]+" targets "${text}")
        list(REMOVE_DUPLICATES targets)
        foreach(target ${targets})
            string(SUBSTRING "${target}" 1 -1 target)
            get_filename_component(path "${CMAKE_SOURCE_DIR}/${place}/${target}" ABSOLUTE)
            file(RELATIVE_PATH path "${CMAKE_SOURCE_DIR}" "${path}")
            if(NOT path IN_LIST ARGN)
                string(REPLACE "." "[.]" pattern "${target}")
                string(REGEX REPLACE "\\[([^]]*)\\]\\(${pattern}(#[^)]*)?\\)" "\\1" text "${text}")
            endif()
        endforeach()
        file(WRITE "${CMAKE_BINARY_DIR}/documents/${component}/${document}" "${text}")
        install(FILES "${CMAKE_BINARY_DIR}/documents/${component}/${document}"
                DESTINATION "${folder}/${place}" COMPONENT ${component})
    endforeach()
endfunction()

file(GLOB _documents RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS docs/*.md docs/*.svg)
install_documents(runtime "${CMAKE_INSTALL_DOCDIR}" README.md SECURITY.md ${_documents})

install(DIRECTORY examples/operations DESTINATION "${CMAKE_INSTALL_DATADIR}/mongodb-aws-auth/examples"
        COMPONENT runtime)

# scripts/package has built it, and its manual pages and completions with it.
set(MAWS_PREBUILT_TOOL "" CACHE PATH "Folder with the operator's tool; without it, no tool is installed")
if(MAWS_PREBUILT_TOOL)
    install(PROGRAMS "${MAWS_PREBUILT_TOOL}/mongodb-aws-auth" DESTINATION "${CMAKE_INSTALL_BINDIR}"
            COMPONENT tools)
    install(DIRECTORY "${MAWS_PREBUILT_TOOL}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
            COMPONENT tools)
    set(_completions "${MAWS_PREBUILT_TOOL}/completions")
    set(_zsh_folder site-functions)
    if(MAWS_PACKAGE STREQUAL "deb")
        set(_zsh_folder vendor-completions)
    endif()
    install(FILES "${_completions}/mongodb-aws-auth" COMPONENT tools
            DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
    install(FILES "${_completions}/_mongodb-aws-auth" COMPONENT tools
            DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/${_zsh_folder}")
    install(FILES "${_completions}/mongodb-aws-auth.fish" COMPONENT tools
            DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
    install_documents(tools "${CMAKE_INSTALL_DATADIR}/doc/mongodb-aws-auth-tools" docs/tool.md)
endif()

install(FILES include/mongodb_aws_auth.h include/mongodb_aws_auth_calls.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        COMPONENT development)

# C++ comes as source: a server compiles it with its own compiler, flags and standard library.
set(MAWS_SOURCE_FOLDER "${CMAKE_INSTALL_DATADIR}/mongodb-aws-auth/cpp_shim")
foreach(part maws mongod)
    if(EXISTS "${CMAKE_SOURCE_DIR}/cpp_shim/${part}")
        install(DIRECTORY cpp_shim/${part} DESTINATION "${MAWS_SOURCE_FOLDER}"
                COMPONENT development)
    endif()
endforeach()
install(FILES cpp_shim/README.md DESTINATION "${MAWS_SOURCE_FOLDER}" COMPONENT development)
file(GLOB _examples CONFIGURE_DEPENDS examples/*.c examples/*.cpp examples/*.go examples/*.py)
install(FILES ${_examples} DESTINATION "${CMAKE_INSTALL_DATADIR}/mongodb-aws-auth/examples"
        COMPONENT development)

# Nothing in them depends on the architecture.
include(CMakePackageConfigHelpers)
set(_config_folder "${CMAKE_INSTALL_DATADIR}/cmake/mongodb-aws-auth")
configure_package_config_file(cmake/mongodb-aws-auth-config.cmake.in
    "${CMAKE_BINARY_DIR}/mongodb-aws-auth-config.cmake"
    INSTALL_DESTINATION "${_config_folder}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR MAWS_SOURCE_FOLDER MAWS_PLUGIN_FOLDER
    NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/mongodb-aws-auth-config-version.cmake"
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
configure_file(cmake/mongodb-aws-auth.pc.in "${CMAKE_BINARY_DIR}/mongodb-aws-auth.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/mongodb-aws-auth-config.cmake"
              "${CMAKE_BINARY_DIR}/mongodb-aws-auth-config-version.cmake"
        DESTINATION "${_config_folder}" COMPONENT development)
install(FILES "${CMAKE_BINARY_DIR}/mongodb-aws-auth.pc"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig" COMPONENT development)
