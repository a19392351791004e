// Stand-in: service contexts and services, clients, operations.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base.h"
#include "sync.h"

namespace mongo {

class SASLServerMechanismRegistry;

// Whatever has a registry of mechanisms, with the actions that run for each new one.
template <class Owner>
class OwnerOfRegistry {
 public:
    using Action = std::function<void(Owner*)>;

    class ConstructorActionRegisterer {
     public:
        using Names = std::vector<std::string>;
#if STANDIN_LINE >= 404
        ConstructorActionRegisterer(std::string /*name*/, Names /*after*/, Names /*before*/,
                                    Action action, Action /*destructor*/ = {}) {
            actions().push_back(std::move(action));
        }
#endif
        ConstructorActionRegisterer(std::string /*name*/, Names /*after*/, Action action,
                                    Action /*destructor*/ = {}) {
            actions().push_back(std::move(action));
        }
        // Initializers hold its address.
        ConstructorActionRegisterer(const ConstructorActionRegisterer&) = delete;
        ConstructorActionRegisterer& operator=(const ConstructorActionRegisterer&) = delete;
    };

    static std::list<Action>& actions() {
        static std::list<Action> all;
        return all;
    }

    std::shared_ptr<SASLServerMechanismRegistry> registry;
};

class ServiceContext : public OwnerOfRegistry<ServiceContext> {};
class Service : public OwnerOfRegistry<Service> {};

class HostAndPort {
 public:
    explicit HostAndPort(std::string text) : text_(std::move(text)) {}
    std::string toString() const { return text_; }

 private:
    std::string text_;
};

namespace transport {
class Session {
 public:
    Session(std::string remote, bool tls) : remote_(std::move(remote)), tls_(tls) {}
    const HostAndPort& remote() const { return remote_; }
    bool tls() const { return tls_; }

 private:
    HostAndPort remote_;
    bool tls_;
};
}  // namespace transport

class CurOp;

class Client {
 public:
    explicit Client(std::shared_ptr<transport::Session> session) : session_(std::move(session)) {}
    const std::shared_ptr<transport::Session>& session() const { return session_; }
    void lock() {
        mutex_.lock();
        locked_ = true;
    }
    void unlock() {
        locked_ = false;
        mutex_.unlock();
    }
    bool standinIsLocked() const { return locked_; }

 private:
    std::shared_ptr<transport::Session> session_;
    std::mutex mutex_;
    bool locked_ = false;  // guarded by mutex_
};

class OperationContext {
 public:
    OperationContext(Client* client, CurOp* operation) : client_(client), operation_(operation) {}

    Client* getClient() const { return client_; }
    CurOp* standinCurOp() const { return operation_; }

    Status checkForInterruptNoAssert() noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        return killed_ == ErrorCodes::OK ? Status::OK()
                                         : Status(killed_, "operation was interrupted");
    }

#if STANDIN_LINE < 404
    template <class Ready>
    void waitForConditionOrInterrupt(stdx::condition_variable& condition,
                                     stdx::unique_lock<stdx::mutex>& lock, Ready ready) {
        while (!ready()) {
            const auto waited = waitForConditionOrInterruptNoAssertUntil(condition, lock);
            uassertStatusOK(waited.getStatus());
        }
    }
#else
    template <class Lock, class Ready>
    void waitForConditionOrInterrupt(stdx::condition_variable& condition, Lock& lock, Ready ready) {
        const auto look = [&] {
#if STANDIN_LINE >= 500
            // An interruption counts for more than an outcome that is there.
            lock.unlock();
            const Status interrupted = checkForInterruptNoAssert();
            lock.lock();
            uassertStatusOK(interrupted);
#endif
            return ready();
        };
        while (!look()) {
            const auto waited = waitForConditionOrInterruptNoAssertUntil(condition, lock);
            uassertStatusOK(waited.getStatus());
        }
    }
#endif

    // [any thread] The client has gone, killOp, maxTimeMS, shutdown.
    void markKilled(ErrorCodes::Error code) {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (killed_ != ErrorCodes::OK) return;
            killed_ = code;
        }
        baton_.notify();
    }

 private:
    // Private, as in all lines but the first of 4.2.
    StatusWith<stdx::cv_status> waitForConditionOrInterruptNoAssertUntil(
        stdx::condition_variable& condition, BasicLockableAdapter lock) noexcept {
        if (Status before = checkForInterruptNoAssert(); !before.isOK()) return before;
        condition.waitWith(baton_, lock);
        if (Status after = checkForInterruptNoAssert(); !after.isOK()) return after;
        return stdx::cv_status::no_timeout;
    }

    Client* const client_;
    CurOp* const operation_;
    std::mutex mutex_;
    ErrorCodes::Error killed_ = ErrorCodes::OK;
    Notifyable baton_;
};

}  // namespace mongo
