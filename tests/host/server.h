// Accepts connections and keeps their threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "session.h"

namespace host {

// A socket that listens, and its address as text ("127.0.0.1:27017").
struct Listener {
    maws::FileDescriptor socket;
    std::string address;
};

// `ip` is a numeric address; port 0 takes a free one.
maws::Result<Listener> listen_on(const std::string& ip, std::uint16_t port);

class Server {
 public:
    // A null context serves plain connections. Both outlive the server.
    Server(Services& services, Listener listener, SSL_CTX* tls);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        stop_accepting();
        stop(std::chrono::milliseconds(0));
    }

    // Starts the thread that accepts. Its threads inherit the caller's signal mask.
    maws::Result<void> start();

    // Accepts no more connections. Those that are there are served on.
    void stop_accepting();
    // Lets commands at work answer for at most `drain`, then closes what is left. All threads have
    // ended when it returns. Pending logins are the caller's to interrupt
    // (DisconnectWatcher::interrupt_all), between the two calls.
    void stop(std::chrono::milliseconds drain);

 private:
    struct Connection {
        std::unique_ptr<Session> session;
        std::thread thread;
    };

    void accept_loop();
    void serve(maws::FileDescriptor socket, std::string address);
    void finished(std::uint64_t id);
    void reap();

    Services& services_;
    Listener listener_;
    SSL_CTX* const tls_;
    maws::FileDescriptor wake_;  // an eventfd, readable once accepting is to end
    std::thread acceptor_;

    std::mutex mutex_;
    std::condition_variable all_finished_;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, Connection> live_;
    std::vector<Connection> finished_;  // whose threads are to be joined
};

}  // namespace host
