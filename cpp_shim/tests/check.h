// What the shim's tests share.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

// Holds in release builds too.
#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            std::fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1);                                                                \
        }                                                                                \
    } while (false)

// A folder of its own below the system's one for temporary files, which has the sticky bit.
class ScratchFolder {
 public:
    ScratchFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "maws-shim-XXXXXX";
        CHECK(mkdtemp(pattern.data()) != nullptr);
        path_ = std::filesystem::canonical(pattern);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() { std::filesystem::remove_all(path_); }

    // A copy of the library that the loader trusts, whatever the build folder's permissions are.
    std::string trusted_copy(const std::string& library) const {
        const std::filesystem::path copy = path_ / "plugin.so";
        std::filesystem::copy_file(library, copy);
        std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
        return copy.native();
    }
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};
