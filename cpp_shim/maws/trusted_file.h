// Checks that nobody but root and the process's own user can decide what a file holds.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "maws/result.h"

namespace maws {

// A descriptor that is closed at the end of its owner's life.
class FileDescriptor {
 public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor();

    int get() const noexcept { return fd_; }
    bool valid() const noexcept { return fd_ >= 0; }

 private:
    int fd_ = -1;
};

// A regular file that passed the check, open for reading.
struct TrustedFile {
    FileDescriptor file;
    std::string path;  // absolute, without links, "." and ".."
    dev_t device = 0;
    ino_t inode = 0;
};

// Opens the file at an absolute path if it can be trusted as the server's own code:
// - the file, every directory and every link on the way belong to root or to the process's
//   effective user;
// - the file and every directory are not writable by group or others (an ACL that lets others
//   write shows in the group's bits), with one exception: a directory with the sticky bit may be
//   writable when the next step is a directory, which by the first rule has a trusted owner, so
//   that others cannot exchange it.
//
// The way is walked link by link with openat, and each check is made on the open descriptor: what
// was checked is what was walked through. On success nobody but root and the effective user could
// exchange the file between this check and a later use of `path`. The check keeps users with
// lesser rights from placing code in the server; it is no protection from root, from the server's
// own user, or from what the trusted owner itself puts into the file.
//
// [any thread] Reads the process's effective user at the time of the call.
Result<TrustedFile> open_trusted(std::string_view path);

}  // namespace maws
