# Packages by CPack, for scripts/package: MAWS_PACKAGE is deb or rpm, and MAWS_PACKAGE_INPUT the
# folder with what comes beside the library: debug symbols, copyright, SBOM.
set(MAWS_PACKAGE "" CACHE STRING "The kind of package to prepare: deb, rpm or nothing")
set(MAWS_PACKAGE_INPUT "" CACHE PATH "Folder with debug symbols, copyright file and SBOM")
set(MAWS_PACKAGE_ARCH "" CACHE STRING "The library's architecture, as uname names it")
set(MAWS_PACKAGE_GLIBC "" CACHE STRING "The oldest glibc that the library runs on")
set(MAWS_BUILD_ID "" CACHE STRING "The library's build id")
set(MAWS_PACKAGE_SUFFIX "" CACHE STRING "Added to the version, for tests of upgrades")
if(NOT MAWS_PACKAGE)
    return()
endif()

string(SUBSTRING "${MAWS_BUILD_ID}" 0 2 _id_head)
string(SUBSTRING "${MAWS_BUILD_ID}" 2 -1 _id_tail)
install(FILES "${MAWS_PACKAGE_INPUT}/libmongodb_aws_auth.so.1.debug"
        DESTINATION lib/debug/.build-id/${_id_head} RENAME "${_id_tail}.debug" COMPONENT debug)
install(FILES "${MAWS_PACKAGE_INPUT}/sbom.cdx.json" DESTINATION share/doc/mongodb-aws-auth
        COMPONENT runtime)
install(FILES "${MAWS_PREBUILT_TOOL}/sbom.cdx.json" DESTINATION share/doc/mongodb-aws-auth-tools
        COMPONENT tools)

set(CPACK_PACKAGE_NAME mongodb-aws-auth)
set(MAWS_PACKAGE_VERSION "${PROJECT_VERSION}${MAWS_PACKAGE_SUFFIX}")
set(CPACK_PACKAGE_VERSION "${MAWS_PACKAGE_VERSION}")
set(CPACK_PACKAGE_VENDOR "mongodb-aws-auth maintainers")
set(CPACK_PACKAGE_CONTACT "mongodb-aws-auth maintainers <maintainers@mongodb-aws-auth.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(MAWS_PACKAGE_PARTS runtime development tools debug)
set(CPACK_COMPONENTS_ALL ${MAWS_PACKAGE_PARTS})
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_STRIP_FILES OFF)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/cmake/SameTimes.cmake")
# Nothing that is compiled here is installed.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(_runtime_summary "MONGODB-AWS authentication for MongoDB-compatible servers")
set(_runtime_text
    "A plugin that lets people and applications log in to a MongoDB-compatible
server with their AWS identity. The server loads it at startup; AWS STS
verifies each login.")
set(_development_summary "Headers and C++ sources for servers that load mongodb-aws-auth")
set(_development_text
    "The C interface of the mongodb-aws-auth plugin, a C++17 shim and adapters as
source, and what pkg-config and CMake need to find them.")
set(_tools_summary "Operator's tool for MONGODB-AWS logins")
set(_tools_text
    "Says who AWS credentials are to a MongoDB-compatible server with the plugin of
mongodb-aws-auth, checks everything that a login needs, and explains refusals.
It works without the plugin, also on clients' machines.")
set(_debug_summary "Debug symbols for mongodb-aws-auth")
set(_debug_text "What debuggers and profilers need to name the functions of the plugin.")

include(MawsPackage_${MAWS_PACKAGE})
include(CPack)
