#include "server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "messages.h"

namespace host {
namespace {

struct FreeAddresses {
    void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};

// host:port, with brackets around an IPv6 address.
std::string address_text(const sockaddr_storage& address, socklen_t length) {
    std::array<char, NI_MAXHOST> ip{};
    std::array<char, NI_MAXSERV> port{};
    if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, ip.data(), ip.size(),
                    port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return "unknown";
    }
    const std::string text = ip.data();
    return (address.ss_family == AF_INET6 ? "[" + text + "]" : text) + ":" + port.data();
}

maws::Error cannot_accept(int number) {
    return maws::make_error<messages::kCannotAccept>(MAWS_E_SYSTEM,
                                                     std::generic_category().message(number));
}

}  // namespace

maws::Result<Listener> listen_on(const std::string& ip, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    if (const int code = getaddrinfo(ip.c_str(), std::to_string(port).c_str(), &hints, &raw)) {
        return maws::make_error<messages::kBadAddress>(MAWS_E_ARGUMENT, ip, gai_strerror(code));
    }
    const std::unique_ptr<addrinfo, FreeAddresses> addresses(raw);

    maws::FileDescriptor socket(
        ::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (!socket.valid() ||
        setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(socket.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
        listen(socket.get(), SOMAXCONN) != 0 ||
        getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
        const int number = errno;
        return maws::make_error<messages::kCannotListen>(MAWS_E_SYSTEM,
                                                         ip + ":" + std::to_string(port),
                                                         std::generic_category().message(number));
    }
    return Listener{std::move(socket), address_text(bound, length)};
}

Server::Server(Services& services, Listener listener, SSL_CTX* tls)
    : services_(services),
      listener_(std::move(listener)),
      tls_(tls),
      wake_(eventfd(0, EFD_CLOEXEC)) {}

maws::Result<void> Server::start() {
    if (!wake_.valid()) return cannot_accept(EMFILE);
    try {
        acceptor_ = std::thread([this] { accept_loop(); });
    } catch (const std::system_error& error) {
        return cannot_accept(error.code().value());
    }
    return {};
}

void Server::accept_loop() {
    // When descriptors run out the listener stays readable; a rest keeps that from spinning.
    constexpr int kRestMs = 100;
    std::array<pollfd, 2> polled{};
    polled[0] = {wake_.get(), POLLIN, 0};
    for (bool rest = false;;) {
        polled[1] = {rest ? -1 : listener_.socket.get(), POLLIN, 0};
        const int ready = poll(polled.data(), polled.size(), rest ? kRestMs : -1);
        rest = false;
        if (ready < 0 && errno != EINTR) return;
        if ((polled[0].revents & POLLIN) != 0) return;
        reap();
        if (ready <= 0 || polled[1].revents == 0) continue;

        sockaddr_storage address{};
        socklen_t length = sizeof address;
        maws::FileDescriptor socket(accept4(
            listener_.socket.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC));
        if (!socket.valid()) {
            rest = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            continue;
        }
        const int on = 1;
        setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        try {
            serve(std::move(socket), address_text(address, length));
        } catch (const std::exception& error) {
            // No thread or no memory for one more client: it is turned away.
            services_.login.log.event(MAWS_LOG_WARNING, "connection",
                                      maws::say<messages::kTurnedAway>(error.what()));
        }
    }
}

void Server::serve(maws::FileDescriptor socket, std::string address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::uint64_t id = ++last_id_;
    auto session =
        std::make_unique<Session>(services_, id, std::move(address), std::move(socket), tls_);
    Session* const raw = session.get();
    Connection& connection = live_[id];
    connection.session = std::move(session);
    try {
        // The new thread cannot be done with before the lock is released.
        connection.thread = std::thread([this, raw, id] {
            raw->run();
            finished(id);
        });
    } catch (...) {
        live_.erase(id);
        throw;
    }
}

void Server::finished(std::uint64_t id) {
    std::unique_ptr<Session> session;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = live_.find(id);
        session = std::move(found->second.session);
        finished_.push_back(std::move(found->second));
        live_.erase(found);
        all_finished_.notify_all();
    }
    // The session's destructor closes the socket, here and not when the thread is joined: the
    // client must not wait for the next one to connect.
}

void Server::reap() {
    std::vector<Connection> done;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        done.swap(finished_);
    }
    for (Connection& connection : done) connection.thread.join();
}

void Server::stop_accepting() {
    if (!acceptor_.joinable()) return;
    eventfd_write(wake_.get(), 1);
    acceptor_.join();
    listener_.socket = maws::FileDescriptor();
}

void Server::stop(std::chrono::milliseconds drain) {
    {
        std::unique_lock<std::mutex> lock(mutex_);
        const auto none_live = [this] { return live_.empty(); };
        for (const auto& [id, connection] : live_) connection.session->shut_down(SHUT_RD);
        if (!all_finished_.wait_for(lock, drain, none_live)) {
            for (const auto& [id, connection] : live_) connection.session->shut_down(SHUT_RDWR);
            all_finished_.wait(lock, none_live);
        }
    }
    reap();
}

}  // namespace host
