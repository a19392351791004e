# The parts that cargo builds. Cargo knows best what is out of date, so its targets always run; a
# run with nothing to do takes a fraction of a second.

set(MAWS_CARGO_TARGET_DIR "${CMAKE_SOURCE_DIR}/target" CACHE PATH
    "Where cargo builds; by default the place that plain cargo commands use, so that both share it")
set(MAWS_PLUGIN_SONAME "libmongodb_aws_auth.so.${MAWS_ABI_MAJOR}")
set(MAWS_PREBUILT_PLUGIN "" CACHE FILEPATH
    "The plugin, built already (scripts/package does so); by default cargo builds it for this machine")
if(MAWS_PREBUILT_PLUGIN)
    set(MAWS_PLUGIN_FILE "${MAWS_PREBUILT_PLUGIN}")
else()
    set(MAWS_PLUGIN_FILE "${CMAKE_BINARY_DIR}/lib/${MAWS_PLUGIN_SONAME}")
endif()

maws_require_program(MAWS_CARGO cargo cargo)

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    set(_maws_profile_args)
    set(MAWS_CARGO_OUTPUT "${MAWS_CARGO_TARGET_DIR}/debug")
else()
    set(_maws_profile_args --release)
    set(MAWS_CARGO_OUTPUT "${MAWS_CARGO_TARGET_DIR}/release")
endif()
# What the plugin is built with and where; the same as the rest unless a sanitizer is in it.
# aws-lc is built from its crate, even where the system has one.
set(_maws_plugin_env "CARGO_TARGET_DIR=${MAWS_CARGO_TARGET_DIR}" AWS_LC_SYS_USE_SYSTEM=0)
set(_maws_plugin_args ${_maws_profile_args})
set(_maws_plugin_output "${MAWS_CARGO_OUTPUT}")
if(MAWS_SANITIZE STREQUAL "address")
    execute_process(COMMAND rustc -vV OUTPUT_VARIABLE _maws_rustc COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCH "host: ([^\n]+)" _maws_rustc "${_maws_rustc}")
    set(_maws_host "${CMAKE_MATCH_1}")
    # With a target of their own, flags do not go to what runs within the compiler.
    list(APPEND _maws_plugin_args --target ${_maws_host})
    set(_maws_plugin_env "CARGO_TARGET_DIR=${CMAKE_BINARY_DIR}/cargo" RUSTC_BOOTSTRAP=1 AWS_LC_SYS_USE_SYSTEM=0
        "RUSTFLAGS=-Zsanitizer=address -Cforce-frame-pointers=yes")
    get_filename_component(_maws_plugin_output "${MAWS_CARGO_OUTPUT}" NAME)
    set(_maws_plugin_output "${CMAKE_BINARY_DIR}/cargo/${_maws_host}/${_maws_plugin_output}")
endif()
set(_maws_cargo "${CMAKE_COMMAND}" -E env "CARGO_TARGET_DIR=${MAWS_CARGO_TARGET_DIR}" AWS_LC_SYS_USE_SYSTEM=0
    "${MAWS_CARGO}")

# The plugin as the imported target mongodb_aws_auth::plugin, copied into the build tree under its
# SONAME: a later `cargo build` or `cargo test` puts other builds into cargo's folder.
function(maws_add_plugin)
    add_library(mongodb_aws_auth::plugin MODULE IMPORTED GLOBAL)
    set_target_properties(mongodb_aws_auth::plugin PROPERTIES IMPORTED_LOCATION "${MAWS_PLUGIN_FILE}")
    if(MAWS_PREBUILT_PLUGIN)
        add_custom_target(maws_plugin)
        return()
    endif()
    # Not `cargo build`: the crate is an rlib too, and for both at once fat LTO is left out.
    add_custom_target(maws_plugin ALL
        COMMAND "${CMAKE_COMMAND}" -E env ${_maws_plugin_env} "${MAWS_CARGO}"
                rustc --locked ${_maws_plugin_args} --lib --crate-type cdylib
        COMMAND "${CMAKE_COMMAND}"
                -D "FROM=${_maws_plugin_output}/libmongodb_aws_auth.so" -D "TO=${MAWS_PLUGIN_FILE}"
                -P "${CMAKE_SOURCE_DIR}/cmake/CopyIfDifferent.cmake"
        BYPRODUCTS "${MAWS_PLUGIN_FILE}"
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
        COMMENT "Building the plugin with cargo"
        USES_TERMINAL VERBATIM)
    add_dependencies(mongodb_aws_auth::plugin maws_plugin)
endfunction()

# The STS emulator of the tests as the imported target maws::sts_emulator.
function(maws_add_sts_emulator)
    set(file "${MAWS_CARGO_OUTPUT}/sts-emulator")
    add_custom_target(maws_sts_emulator ALL
        COMMAND ${_maws_cargo} build --locked ${_maws_profile_args} -p sts-emulator
        BYPRODUCTS "${file}"
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
        COMMENT "Building the STS emulator with cargo"
        USES_TERMINAL VERBATIM)
    # One after the other: cargo lets one run at a time into its folder.
    add_dependencies(maws_sts_emulator maws_plugin)
    add_executable(maws::sts_emulator IMPORTED GLOBAL)
    set_target_properties(maws::sts_emulator PROPERTIES IMPORTED_LOCATION "${file}")
    add_dependencies(maws::sts_emulator maws_sts_emulator)
endfunction()
