// Stand-in: mutexes and condition variables. As in the server a condition variable can wake
// something that does not wait on it itself: so an operation waits for two things at once.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace mongo {

// Remembers a notification until the next wait, which then returns at once.
class Notifyable {
 public:
    void notify() noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        notified_ = true;
        condition_.notify_all();
    }
    void wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        condition_.wait(lock, [this] { return notified_; });
        notified_ = false;
    }

 private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool notified_ = false;
};

namespace stdx {

using std::cv_status;
#if STANDIN_LINE < 900
using std::lock_guard;
using std::mutex;
using std::unique_lock;
#endif

class condition_variable {
 public:
    void notify_all() noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (Notifyable* waiting : waiting_) waiting->notify();
    }
    // Called with `lock` held; may return early.
    template <class Lock>
    void waitWith(Notifyable& notifyable, Lock& lock) {
        {
            const std::lock_guard<std::mutex> guard(mutex_);
            waiting_.push_back(&notifyable);
        }
        lock.unlock();
        notifyable.wait();
        lock.lock();
        const std::lock_guard<std::mutex> guard(mutex_);
        waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &notifyable));
    }

 private:
    std::mutex mutex_;
    std::vector<Notifyable*> waiting_;
};

}  // namespace stdx

// Any lock will do for a wait.
class BasicLockableAdapter {
 public:
    template <class Lock>
    BasicLockableAdapter(Lock& lock)
        : lock_(&lock),
          do_lock_([](void* at) { static_cast<Lock*>(at)->lock(); }),
          do_unlock_([](void* at) { static_cast<Lock*>(at)->unlock(); }) {}
    void lock() { do_lock_(lock_); }
    void unlock() { do_unlock_(lock_); }

 private:
    void* lock_;
    void (*do_lock_)(void*);
    void (*do_unlock_)(void*);
};

}  // namespace mongo
