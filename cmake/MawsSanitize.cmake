# MAWS_SANITIZE=address puts everything under AddressSanitizer and its leak detection, the plugin
# included; MAWS_SANITIZE=thread puts C and C++ under ThreadSanitizer: shim, hosts and the stub
# plugin, for Rust's own std is not instrumented. scripts/sanitize runs what each is good for.
set(MAWS_SANITIZE "" CACHE STRING "address, thread, or nothing")
set_property(CACHE MAWS_SANITIZE PROPERTY STRINGS "" address thread)

if(MAWS_SANITIZE)
    add_compile_options(-fsanitize=${MAWS_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${MAWS_SANITIZE})
endif()
