// How a server's thread waits for the outcome of a pending step, and stops waiting at once when
// the client has gone, the operation is killed or the server shuts down.
//
// BasicWaiter is for servers that can wait on a condition variable through their own interruption
// machinery (mongod's OperationContext); Waiter is the same for standard types; step_polling is
// the simplest loop, for hosts that have nothing of the kind.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include "maws/conversation.h"

namespace maws {

// What waiting came to.
struct Verdict {
    Step step;                 // never MAWS_PENDING
    bool interrupted = false;  // the wait was given up; the conversation is cancelled
};

struct StdWaitTypes {
    using Mutex = std::mutex;
    using ConditionVariable = std::condition_variable;
    using Lock = std::unique_lock<std::mutex>;
};

// Types: Mutex, ConditionVariable (with notify_all) and Lock (constructed from a Mutex), as the
// server's own wait function wants them.
//
// Declare a waiter before its conversation, so that it goes after it: the conversation's end is
// what guarantees that notify_ready no longer runs. One conversation at a time.
template <class Types = StdWaitTypes>
class BasicWaiter : public ReadySink {
 public:
    using ConditionVariable = typename Types::ConditionVariable;
    using Lock = typename Types::Lock;

    BasicWaiter() = default;
    BasicWaiter(const BasicWaiter&) = delete;
    BasicWaiter& operator=(const BasicWaiter&) = delete;

    // [plugin's thread] Notifies after the mutex, which the thread that wakes wants at once. This
    // object is still there: its conversation's end waits for this function to return.
    void notify_ready() noexcept override {
        {
            const Lock lock(mutex_);
            ready_ = true;
        }
        condition_.notify_all();
    }

    // Makes a waiting thread look again at what interrupts it. [any thread]
    void wake() noexcept {
        const Lock lock(mutex_);
        condition_.notify_all();
    }

    // Runs one step of `conversation`, whose Begin::ready is this waiter, and waits while it is
    // pending. [one thread at a time]
    //
    // `wait(condition, lock, ready)` is called with the lock held; it blocks until ready() is true
    // and then returns true, or returns false when the wait has to be given up. It must not throw:
    // in mongod it turns what waitForConditionOrInterrupt throws into a Status, which it keeps for
    // the caller. No lock is held while the plugin is called.
    template <class WaitFn>
    Verdict step(Conversation& conversation, std::string_view payload, WaitFn&& wait) {
        {
            const Lock lock(mutex_);
            ready_ = false;
        }
        Step step = conversation.step(payload);
        if (step.status != MAWS_PENDING) return {step, false};

        bool ready = false;
        {
            Lock lock(mutex_);
            ready = wait(condition_, lock, [this] { return ready_; });
        }
        if (!ready) conversation.cancel();
        step = conversation.poll(0);
        if (step.status == MAWS_PENDING) {
            // Told that it is ready, or cancelled, and yet pending: waiting on could take for ever.
            conversation.cancel();
            step = Step{MAWS_E_INTERNAL, {}};
        }
        return {step, !ready};
    }

 private:
    typename Types::Mutex mutex_;
    ConditionVariable condition_;
    bool ready_ = false;  // guarded by mutex_
};

// A waiter on standard types.
class Waiter final : public BasicWaiter<> {
 public:
    // As BasicWaiter::step; gives up once `interrupted()` is true. It is asked with the waiter's
    // mutex held; whoever makes it true calls wake() afterwards.
    template <class Interrupted>
    Verdict step_unless(Conversation& conversation, std::string_view payload,
                        Interrupted interrupted) {
        return step(conversation, payload, [&](auto& condition, auto& lock, auto ready) {
            condition.wait(lock, [&] { return ready() || interrupted(); });
            return ready();
        });
    }
};

// Runs one step and asks for its outcome until it is there, looking at `interrupted()` between two
// waits of `interval`. Needs no ready sink.
template <class Interrupted>
Verdict step_polling(Conversation& conversation, std::string_view payload,
                     std::chrono::milliseconds interval, Interrupted interrupted) {
    Step step = conversation.step(payload);
    const auto wait_ms = static_cast<std::uint32_t>(interval.count());
    while (step.status == MAWS_PENDING) {
        if (interrupted()) {
            conversation.cancel();
            step = conversation.poll(0);
            if (step.status == MAWS_PENDING) step = Step{MAWS_E_INTERNAL, {}};
            return {step, true};
        }
        step = conversation.poll(wait_ms);
    }
    return {step, false};
}

}  // namespace maws
