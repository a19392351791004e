// Stand-in: storage of server parameters.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>

namespace mongo {

template <class T>
class synchronized_value {
 public:
    explicit synchronized_value(T value) : value_(std::move(value)) {}
    T get() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return value_;
    }
    void set(T value) {
        const std::lock_guard<std::mutex> lock(mutex_);
        value_ = std::move(value);
    }

 private:
    std::mutex mutex_;
    T value_;
};

#if STANDIN_LINE >= 900
template <class T>
class Atomic {
 public:
    explicit Atomic(T value) : value_(value) {}
#else
template <class T>
class AtomicWord {
 public:
    explicit AtomicWord(T value) : value_(value) {}
#endif
    T load() const {
        return value_.load();
    }
    void store(T value) {
        value_.store(value);
    }
    T swap(T value) {
        return value_.exchange(value);
    }
    T addAndFetch(T value) {
        return value_.fetch_add(value) + value;
    }

 private:
    std::atomic<T> value_;
};

}  // namespace mongo
