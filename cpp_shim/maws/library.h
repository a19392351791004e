// Loads the plugin's shared library and agrees with it on a version of the C interface.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "maws/result.h"

namespace maws {

// One option that the plugin understands. The texts are static data of the plugin and stay valid
// for the life of the process.
struct OptionInfo {
    std::string_view name;
    std::string_view default_value;
    std::string_view help;
    std::int32_t kind = MAWS_OPTION_TEXT;  // one of maws_option_kind
    std::int64_t min = 0;                  // of integers and durations (milliseconds)
    std::int64_t max = 0;
    bool runtime = false;  // may change after create
    bool secret = false;   // its value must not be shown or logged
    std::vector<std::string_view> choices;
};

// The loaded plugin library. A small value: copies are free and stay valid for the life of the
// process, because the library is never unloaded.
class Library {
 public:
    // Checks the file (see trusted_file.h), loads it and negotiates the version. No thread is
    // started and no network is used. [any thread]
    //
    // The library is bound at once, so that a missing symbol is an error here and not a crash
    // later; its symbols stay private to it; RTLD_DEEPBIND is not used because the host's
    // allocator must serve the plugin as well.
    static Result<Library> open(std::string_view path);

    // The same negotiation with an entry function that is already in the process.
    static Result<Library> from_entry(maws_entry_fn entry, std::string_view path);

    const maws_api* api() const noexcept { return api_; }
    // Where the library was loaded from, without links.
    const std::string& path() const noexcept { return path_; }
    std::string_view version() const noexcept { return api_->version; }
    std::string_view tls() const noexcept { return api_->tls; }

    // All options of the plugin, in its own order. [any thread]
    std::vector<OptionInfo> options() const;

 private:
    Library(const maws_api* api, std::string_view path) : api_(api), path_(path) {}

    const maws_api* api_;
    std::string path_;
};

}  // namespace maws
