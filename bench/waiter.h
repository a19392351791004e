// A thread that waits for its login, as a session thread of mongod does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace bench {

class Waiter {
 public:
    // The context of a login that is about to begin.
    std::uintptr_t begin() {
        ready_ = false;
        return reinterpret_cast<std::uintptr_t>(this);
    }

    void wait() {
        std::unique_lock lock(mutex_);
        condition_.wait(lock, [&] { return ready_; });
    }

    // The plugin's conv_ready, with what begin() gave.
    static void on_ready(std::uintptr_t, std::uintptr_t conv_ctx) {
        auto& waiter = *reinterpret_cast<Waiter*>(conv_ctx);
        {
            const std::lock_guard lock(waiter.mutex_);
            waiter.ready_ = true;
        }
        // Without the lock, which the woken thread wants at once. That thread ends the conversation
        // next, which waits for this function to return.
        waiter.condition_.notify_one();
    }

 private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool ready_ = false;
};

}  // namespace bench
