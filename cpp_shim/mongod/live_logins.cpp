#include "live_logins.h"

#include <algorithm>

namespace mongo {
namespace awsauth {

LiveLogins::Login::Login(LiveLogins& all, maws::Conversation conversation)
    : all_(all), conversation_(std::move(conversation)) {
    std::unique_lock<std::mutex> lock(all_.mutex_);
    all_.logins_.insert(this);
    if (all_.stopped_) all_.end(*this, lock);
}

LiveLogins::Login::~Login() {
    std::unique_lock<std::mutex> lock(all_.mutex_);
    all_.end(*this, lock);
}

bool LiveLogins::Login::enter() {
    const std::lock_guard<std::mutex> lock(all_.mutex_);
    busy_ = conversation_.has_value();
    return busy_;
}

void LiveLogins::Login::leave() {
    std::unique_lock<std::mutex> lock(all_.mutex_);
    busy_ = false;
    if (all_.stopped_) all_.end(*this, lock);
}

void LiveLogins::end(Login& login, std::unique_lock<std::mutex>& lock) {
    if (login.ending_) {
        // What the conversation notifies may go only when it has ended.
        ended_.wait(lock, [&login] { return !login.ending_; });
        return;
    }
    if (!login.conversation_) return;
    std::optional<maws::Conversation> conversation(std::move(login.conversation_));
    login.conversation_.reset();
    login.ending_ = true;
    lock.unlock();
    conversation.reset();
    lock.lock();
    login.ending_ = false;
    logins_.erase(&login);
    ended_.notify_all();
}

bool LiveLogins::stop(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> lock(mutex_);
    stopped_ = true;
    for (const Login* login : logins_) {
        if (login->busy_) login->conversation_->cancel();
    }
    // While the lock is open any login may go: each round begins anew.
    const auto next_idle = [this] {
        return std::find_if(logins_.begin(), logins_.end(), [](const Login* login) {
            return !login->busy_ && login->conversation_.has_value();
        });
    };
    for (auto next = next_idle(); next != logins_.end(); next = next_idle()) end(**next, lock);
    return ended_.wait_for(lock, limit, [this] { return logins_.empty(); });
}

bool LiveLogins::stopped() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopped_;
}

}  // namespace awsauth
}  // namespace mongo
