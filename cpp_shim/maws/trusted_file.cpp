#include "maws/trusted_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <system_error>
#include <utility>
#include <vector>

#include "maws/messages.h"

namespace maws {
namespace {

// As many as the kernel follows in one path.
constexpr int kMaxLinks = 40;

template <const Message& M, class... Values>
Error refuse(const Values&... values) {
    return make_error<M>(MAWS_E_ARGUMENT, values...);
}

template <const Message& M>
Error system_error(std::string_view path, const std::string& part, int number) {
    return make_error<M>(MAWS_E_SYSTEM, path, part, std::generic_category().message(number));
}

// Puts the parts of `path` before those that are still to be walked.
void push_parts(std::deque<std::string>& parts, std::string_view path) {
    std::vector<std::string> found;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty() && part != ".") found.emplace_back(part);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    parts.insert(parts.begin(), found.begin(), found.end());
}

// One walk from the root directory to the file.
class Walk {
 public:
    explicit Walk(std::string_view path) : asked_(path) { push_parts(parts_, path); }

    Result<TrustedFile> run() {
        if (Result<void> root = start(); !root) return root.error();
        while (!parts_.empty()) {
            const std::string part = std::move(parts_.front());
            parts_.pop_front();
            if (part == "..") {
                if (Result<void> up = leave(); !up) return up.error();
                continue;
            }
            struct stat status {};
            FileDescriptor next(
                openat(top().fd.get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
            if (!next.valid() || fstat(next.get(), &status) != 0) {
                const int number = errno;
                return system_error<messages::kCannotOpen>(asked_, path_of(part), number);
            }
            if (Result<void> ok = check(path_of(part), status); !ok) return ok.error();
            if (S_ISLNK(status.st_mode)) {
                if (Result<void> ok = follow(next, part); !ok) return ok.error();
            } else if (S_ISDIR(status.st_mode)) {
                dirs_.push_back({std::move(next), part, shared(status)});
            } else {
                return finish(part, status);
            }
        }
        return refuse<messages::kIsDirectory>(asked_);
    }

 private:
    struct Directory {
        FileDescriptor fd;
        std::string name;
        bool shared;  // writable by others, with the sticky bit
    };

    static bool shared(const struct stat& status) {
        return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    }

    Directory& top() { return dirs_.back(); }

    std::string path_of(const std::string& last) const {
        std::string path;
        for (const Directory& dir : dirs_) {
            if (!dir.name.empty()) path += "/" + dir.name;
        }
        return path + "/" + last;
    }

    Result<void> start() {
        dirs_.clear();
        struct stat status {};
        FileDescriptor root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!root.valid() || fstat(root.get(), &status) != 0) {
            const int number = errno;
            return system_error<messages::kCannotOpen>(asked_, "/", number);
        }
        const bool is_shared = shared(status);
        dirs_.push_back({std::move(root), {}, false});
        Result<void> ok = check("/", status);
        top().shared = is_shared;
        return ok;
    }

    Result<void> leave() {
        if (dirs_.size() > 1) dirs_.pop_back();
        return {};
    }

    // The rules for everything on the way; `dirs_` ends with the directory that holds it.
    Result<void> check(const std::string& path, const struct stat& status) {
        const uid_t self = geteuid();
        if (status.st_uid != 0 && status.st_uid != self) {
            return refuse<messages::kForeignOwner>(asked_, path, status.st_uid, self);
        }
        if (top().shared && !S_ISDIR(status.st_mode)) {
            return refuse<messages::kInSharedFolder>(asked_, path);
        }
        if (S_ISLNK(status.st_mode)) return {};
        const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
        if (shared(status) && !sticky_directory) {
            return refuse<messages::kWritable>(asked_, path);
        }
        return {};
    }

    Result<void> follow(const FileDescriptor& link, const std::string& part) {
        if (++links_ > kMaxLinks) return refuse<messages::kTooManyLinks>(asked_);
        std::array<char, PATH_MAX> target{};
        const ssize_t length = readlinkat(link.get(), "", target.data(), target.size());
        if (length <= 0 || static_cast<std::size_t>(length) == target.size()) {
            const int number = length < 0 ? errno : ENAMETOOLONG;
            return system_error<messages::kCannotReadLink>(asked_, path_of(part), number);
        }
        const std::string_view text(target.data(), static_cast<std::size_t>(length));
        push_parts(parts_, text);
        return text.front() == '/' ? start() : Result<void>{};
    }

    Result<TrustedFile> finish(const std::string& part, const struct stat& checked) {
        const std::string path = path_of(part);
        if (!parts_.empty()) return refuse<messages::kNoDirectory>(asked_, path);
        if (!S_ISREG(checked.st_mode)) return refuse<messages::kNotRegular>(asked_);
        struct stat status {};
        FileDescriptor file(openat(top().fd.get(), part.c_str(),
                                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (!file.valid() || fstat(file.get(), &status) != 0) {
            const int number = errno;
            return system_error<messages::kCannotRead>(asked_, path, number);
        }
        if (status.st_dev != checked.st_dev || status.st_ino != checked.st_ino) {
            return refuse<messages::kExchangedMeanwhile>(asked_);
        }
        return TrustedFile{std::move(file), path, status.st_dev, status.st_ino};
    }

    std::string_view asked_;
    std::deque<std::string> parts_;
    std::vector<Directory> dirs_;
    int links_ = 0;
};

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
}

Result<TrustedFile> open_trusted(std::string_view path) {
    if (path.empty() || path.front() != '/') {
        return refuse<messages::kNotAbsolute>(path);
    }
    if (path.find('\0') != std::string_view::npos || path.back() == '/') {
        return refuse<messages::kNamesNoFile>(path);
    }
    return Walk(path).run();
}

}  // namespace maws
