// Notices at once that a client has gone while its connection's thread waits for a verification.
//
// The thread itself waits on the plugin's outcome with the shim's Waiter, a condition variable,
// just as mongod's threads wait through their operation's context; it cannot look at its socket
// meanwhile. As in mongod, somebody else looks: one thread watches the sockets of all logins that
// are pending, and wakes the waiter whose client has gone. (A thread that polls its own socket and
// an eventfd would do too, but then the drivers' tests would run other waiting code than mongod.)
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "maws/result.h"
#include "maws/trusted_file.h"
#include "maws/wait.h"

namespace host {

enum class Interruption { kNone, kDisconnected, kKilled, kShutdown };

class DisconnectWatcher {
 public:
    // Opens the descriptors and starts the thread.
    static maws::Result<std::unique_ptr<DisconnectWatcher>> start();
    // For start(); watches nothing by itself.
    DisconnectWatcher(maws::FileDescriptor epoll, maws::FileDescriptor stop)
        : epoll_(std::move(epoll)), stop_(std::move(stop)) {}
    ~DisconnectWatcher();
    DisconnectWatcher(const DisconnectWatcher&) = delete;
    DisconnectWatcher& operator=(const DisconnectWatcher&) = delete;

    // Watches one connection's socket for the life of this object; the waiter outlives it.
    class Watch {
     public:
        Watch(DisconnectWatcher& watcher, std::uint64_t connection, int socket,
              maws::Waiter& waiter);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

        Interruption interruption() const { return interruption_.load(); }

     private:
        friend class DisconnectWatcher;
        void interrupt(Interruption cause);

        DisconnectWatcher& watcher_;
        const std::uint64_t connection_;
        const int socket_;
        maws::Waiter& waiter_;
        std::atomic<Interruption> interruption_{Interruption::kNone};
        std::uint64_t id_ = 0;
    };

    // Interrupts all watches, those to come included. [any thread]
    void interrupt_all();
    // Interrupts what this connection waits for; false: it does not wait. [any thread]
    bool kill(std::uint64_t connection);

 private:
    void run();

    const maws::FileDescriptor epoll_;
    const maws::FileDescriptor stop_;  // an eventfd, readable once the thread is to end
    std::mutex mutex_;                 // taken before a waiter's mutex, never after
    std::map<std::uint64_t, Watch*> watches_;
    std::uint64_t last_id_ = 0;
    bool shutting_down_ = false;
    std::thread thread_;
};

}  // namespace host
