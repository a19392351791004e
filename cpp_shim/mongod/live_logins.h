// All conversations of the server with the plugin, so that shutdown can end them. No server header.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "maws/conversation.h"

namespace mongo {
namespace awsauth {

// A client that never sends its second message leaves its conversation alive for as long as its
// connection, and the plugin cannot be destroyed meanwhile: stop() ends such conversations, and
// cancels those that a thread is busy with.
class LiveLogins {
 public:
    // One conversation. Used by one thread at a time, besides stop().
    class Login {
     public:
        // `ready` is what the conversation will notify; it outlives the login.
        Login(LiveLogins& all, maws::ReadySink& ready) : all_(all), ready_(ready) {}
        ~Login();
        Login(const Login&) = delete;
        Login& operator=(const Login&) = delete;

        // Begins the conversation; fails with MAWS_E_CANCELLED after stop(). Once.
        maws::Result<void> begin(const maws::Plugin& plugin, maws::Begin args);

        // Runs use(conversation); gives false, without doing so, when the server has ended it. The
        // texts that the conversation gave are valid until use returns.
        template <class Use>
        bool run(Use&& use) {
            const Visit visit(*this);
            if (visit.entered()) std::forward<Use>(use)(*conversation_);
            return visit.entered();
        }

     private:
        friend class LiveLogins;

        class Visit {
         public:
            explicit Visit(Login& login) : login_(login), entered_(login.enter()) {}
            ~Visit() {
                if (entered_) login_.leave();
            }
            Visit(const Visit&) = delete;
            Visit& operator=(const Visit&) = delete;
            bool entered() const { return entered_; }

         private:
            Login& login_;
            const bool entered_;
        };

        bool enter();
        void leave();

        LiveLogins& all_;
        maws::ReadySink& ready_;
        // Guarded by all_.mutex_; whoever has set busy_ may use the conversation.
        std::optional<maws::Conversation> conversation_;
        bool busy_ = false;
        bool ending_ = false;
    };

    // From here on no login runs: those under way are cancelled, the others ended. Waits until all
    // have ended, at most for `limit`, and says whether they have.
    bool stop(std::chrono::milliseconds limit);
    bool stopped() const;

 private:
    // Ends the login's conversation, without the lock while the plugin works. When it returns the
    // conversation has ended, also where another thread does it.
    void end(Login& login, std::unique_lock<std::mutex>& lock);

    mutable std::mutex mutex_;  // never taken inside a callback of the plugin
    std::condition_variable ended_;
    std::set<Login*> logins_;  // those whose conversation is being begun, lives or is being ended
    bool stopped_ = false;
};

}  // namespace awsauth
}  // namespace mongo
