#include "maws/library.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstring>

#include "maws/elf_file.h"
#include "maws/messages.h"
#include "maws/trusted_file.h"

namespace maws {
namespace {

constexpr const char* kEntrySymbol = "maws_plugin_entry_v1";
constexpr std::string_view kMechanism = "MONGODB-AWS";

std::string last_dl_error() {
    const char* text = dlerror();
    return text != nullptr ? text : say<messages::kNoReason>();
}

std::string interface_version(std::uint32_t minor) {
    return std::to_string(MAWS_ABI_MAJOR) + "." + std::to_string(minor);
}

// Everything that the shim calls has to be there; the first that is not is named.
const char* missing_function(const maws_api* api) noexcept {
    if (!MAWS_HAS(maws_api, api, option_at)) return "option_at";
    if (!MAWS_HAS(maws_api, api, create)) return "create";
    if (!MAWS_HAS(maws_api, api, destroy)) return "destroy";
    if (!MAWS_HAS(maws_api, api, set_options)) return "set_options";
    if (!MAWS_HAS(maws_api, api, get_option)) return "get_option";
    if (!MAWS_HAS(maws_api, api, set_log_level)) return "set_log_level";
    if (!MAWS_HAS(maws_api, api, stats)) return "stats";
    if (!MAWS_HAS(maws_api, api, stats_json)) return "stats_json";
    if (!MAWS_HAS(maws_api, api, begin)) return "begin";
    if (!MAWS_HAS(maws_api, api, step)) return "step";
    if (!MAWS_HAS(maws_api, api, poll)) return "poll";
    if (!MAWS_HAS(maws_api, api, cancel)) return "cancel";
    if (!MAWS_HAS(maws_api, api, info)) return "info";
    if (!MAWS_HAS(maws_api, api, end)) return "end";
    return nullptr;
}

}  // namespace

Result<Library> Library::open(std::string_view path) {
    Result<TrustedFile> trusted = open_trusted(path);
    if (!trusted) return trusted.error();
    const TrustedFile& file = trusted.value();
    if (const Result<void> whole = check_elf(file); !whole) return whole.error();

    void* handle = dlopen(file.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        return make_error<messages::kCannotLoad>(MAWS_E_SYSTEM, file.path, last_dl_error());
    }
    // Only root or the server's own user can have exchanged the file since the check, for example
    // by an upgrade of the package at this very moment. The open descriptor keeps the inode's
    // number from being used again, so the comparison is sound.
    struct stat now {};
    if (stat(file.path.c_str(), &now) != 0 || now.st_dev != file.device ||
        now.st_ino != file.inode) {
        return make_error<messages::kExchangedAtLoad>(MAWS_E_VERSION, file.path);
    }
    void* symbol = dlsym(handle, kEntrySymbol);
    if (symbol == nullptr) {
        return make_error<messages::kNoEntry>(MAWS_E_VERSION, file.path, kEntrySymbol,
                                              MAWS_ABI_MAJOR);
    }
    maws_entry_fn entry = nullptr;
    static_assert(sizeof entry == sizeof symbol, "POSIX: functions fit in object pointers");
    std::memcpy(&entry, &symbol, sizeof entry);
    return from_entry(entry, file.path);
}

Result<Library> Library::from_entry(maws_entry_fn entry, std::string_view path) {
    maws_error error = MAWS_INIT(maws_error);
    const maws_api* api = entry(MAWS_ABI_MINOR, &error);
    if (api == nullptr) {
        error.message[sizeof error.message - 1] = '\0';
        return make_error<messages::kNeedsNewerServer>(
            MAWS_E_VERSION, path, interface_version(MAWS_ABI_MINOR), error.message);
    }
    if (api->struct_size < offsetof(maws_api, option_at)) {
        return make_error<messages::kTableCutOff>(MAWS_E_VERSION, path, api->struct_size);
    }
    if (api->name == nullptr || api->version == nullptr || api->tls == nullptr ||
        api->mechanism == nullptr || api->mechanism != kMechanism) {
        return make_error<messages::kOtherMechanism>(MAWS_E_VERSION, path, kMechanism);
    }
    if (const char* missing = missing_function(api); missing != nullptr) {
        return make_error<messages::kTooOld>(MAWS_E_VERSION, path, api->version,
                                             interface_version(api->abi_minor), missing,
                                             interface_version(MAWS_ABI_MINOR));
    }
    return Library(api, path);
}

std::vector<OptionInfo> Library::options() const {
    std::vector<OptionInfo> all;
    for (std::uint32_t index = 0;; ++index) {
        const maws_option_desc* desc = api_->option_at(index);
        if (desc == nullptr) return all;
        constexpr std::size_t kNeeded =
            offsetof(maws_option_desc, choices) + sizeof(maws_option_desc::choices);
        if (desc->struct_size < kNeeded || desc->name == nullptr) continue;
        OptionInfo info;
        info.name = desc->name;
        info.default_value = desc->default_value != nullptr ? desc->default_value : "";
        info.help = desc->help != nullptr ? desc->help : "";
        info.kind = desc->kind;
        info.min = desc->min;
        info.max = desc->max;
        info.runtime = (desc->flags & MAWS_OPTION_RUNTIME) != 0;
        info.secret = (desc->flags & MAWS_OPTION_SECRET) != 0;
        for (const char* const* choice = desc->choices; choice != nullptr && *choice != nullptr;
             ++choice) {
            info.choices.emplace_back(*choice);
        }
        all.push_back(std::move(info));
    }
}

}  // namespace maws
