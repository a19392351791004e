// The conversations that have their outcome, in a queue that an event loop drains.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "maws/plugin.h"
#include "maws/result.h"

namespace maws {

// Give it to Plugin::Host::ready, wait for fd() to become readable (epoll, poll, a library's event
// loop), then drain. Workers of the plugin never wait for the loop.
class ReadyQueue final : public PluginReadySink {
 public:
    // Fails with MAWS_E_SYSTEM when the process has no descriptor left.
    static Result<std::shared_ptr<ReadyQueue>> create();

    ReadyQueue(const ReadyQueue&) = delete;
    ReadyQueue& operator=(const ReadyQueue&) = delete;
    ~ReadyQueue() override;

    // Readable while there is something to drain. Non-blocking; lives as long as this object.
    int fd() const noexcept { return fd_; }

    // The tags since the last call, in order. A tag may be of a conversation that has ended
    // meanwhile: look it up, do not take it for one that lives. [one thread at a time]
    std::vector<std::uint64_t> drain();

    void notify_ready(std::uint64_t tag) noexcept override;  // [any thread]

 private:
    explicit ReadyQueue(int fd) noexcept : fd_(fd) {}

    const int fd_;
    std::mutex mutex_;
    std::vector<std::uint64_t> tags_;  // guarded by mutex_
};

}  // namespace maws
