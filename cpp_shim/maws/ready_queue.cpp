#include "maws/ready_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <tuple>

#include "maws/messages.h"

namespace maws {

Result<std::shared_ptr<ReadyQueue>> ReadyQueue::create() {
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        return make_error<messages::kNoEventFd>(MAWS_E_SYSTEM,
                                                std::generic_category().message(errno));
    }
    return std::shared_ptr<ReadyQueue>(new ReadyQueue(fd));
}

ReadyQueue::~ReadyQueue() {
    close(fd_);
}

std::vector<std::uint64_t> ReadyQueue::drain() {
    // Before the tags are taken: a tag that comes in between makes the descriptor readable again.
    std::uint64_t count = 0;
    std::ignore = read(fd_, &count, sizeof count);
    std::vector<std::uint64_t> taken;
    const std::lock_guard<std::mutex> lock(mutex_);
    taken.swap(tags_);
    return taken;
}

void ReadyQueue::notify_ready(std::uint64_t tag) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    tags_.push_back(tag);
    if (tags_.size() > 1) return;  // readable already
    // A write of 1 fails only where the count is at its end, and then it is readable.
    const std::uint64_t one = 1;
    std::ignore = write(fd_, &one, sizeof one);
}

}  // namespace maws
