// A server with a thread for each connection.
//
//     threads PLUGIN PORT [OPTION=VALUE]...
//
// It listens on 127.0.0.1 (port 0: a free one). Payloads of a client come as hexadecimal lines,
// replies go out likewise, then "verified USER" or "refused". SIGTERM or SIGINT stops it.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <list>
#include <system_error>

#include "maws/conversation.h"
#include "maws/trusted_file.h"
#include "maws/wait.h"

namespace {

// --- A client -----------------------------------------------------------------------------------

class Client {
 public:
    // `stop` is readable once the server stops, which counts as if the client had gone.
    Client(int socket, const sockaddr_in& peer, int stop) : socket_(socket), stop_(stop) {
        address_ = inet_ntoa(peer.sin_addr) + (":" + std::to_string(ntohs(peer.sin_port)));
    }

    const std::string& address() const { return address_; }
    bool gone() const { return (events(POLLRDHUP, 0) & (POLLRDHUP | POLLHUP)) != 0; }

    // The next line, decoded; false once the client has gone.
    bool read(std::string& payload) {
        std::size_t end = 0;
        while ((end = input_.find('\n')) == std::string::npos) {
            char bytes[4096];
            if ((events(POLLIN, -1) & POLLHUP) != 0 || input_.size() > 64 * 1024) return false;
            const ssize_t got = recv(socket_.get(), bytes, sizeof bytes, 0);
            if (got <= 0) return false;
            input_.append(bytes, static_cast<std::size_t>(got));
        }
        payload.clear();
        for (std::size_t i = 0; i + 1 < end; i += 2) {
            const std::string digits = input_.substr(i, 2);
            payload += static_cast<char>(std::strtol(digits.c_str(), nullptr, 16));
        }
        input_.erase(0, end + 1);
        return true;
    }

    void write_line(std::string line) const {
        line += '\n';
        send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
    }

    void write(std::string_view payload) const {
        std::string line;
        for (const char c : payload) {
            const auto byte = static_cast<unsigned char>(c);
            line += "0123456789abcdef"[byte >> 4];
            line += "0123456789abcdef"[byte & 15];
        }
        write_line(line);
    }

 private:
    short events(short wanted, int wait_ms) const {
        pollfd watched[] = {{socket_.get(), wanted, 0}, {stop_, POLLIN, 0}};
        poll(watched, 2, wait_ms);
        return watched[1].revents != 0 ? POLLHUP : watched[0].revents;
    }

    maws::FileDescriptor socket_;
    int stop_;
    std::string address_;
    std::string input_;
};

// --- The plugin ---------------------------------------------------------------------------------

class Log final : public maws::LogSink {
    void log(const maws::LogEvent& event) noexcept override {
        std::fprintf(stderr, "[%d] %s\n", event.level, event.text.data());
    }
};

// Checks who can write the file, loads it, and checks all options. Call it after the last fork.
maws::Result<maws::Plugin> load(const char* path, const std::vector<maws::Option>& options) {
    const auto library = maws::Library::open(path);
    if (!library) return library.error();
    return maws::Plugin::create(library.value(), options, {std::make_shared<Log>(), MAWS_LOG_INFO});
}

// The client gets the same answer for every reason; the reason goes to the log.
void refuse(const Client& client, std::string_view reason) {
    std::cerr << client.address() << " is refused: " << reason << '\n';
    client.write_line("refused");
}

// One login, whose first payload this is.
void log_in(const maws::Plugin& plugin, Client& client, std::string payload) {
    maws::Begin begin;
    begin.database = "$external";
    begin.client_addr = client.address();
    auto begun = maws::Conversation::begin(plugin, begin);
    if (!begun) return refuse(client, begun.error().message);
    maws::Conversation& conversation = begun.value();  // cancelled and ended when it goes

    for (;;) {
        // Returns with the outcome; checks every 100 ms that the client is there.
        const maws::Step step =
            maws::step_polling(conversation, payload, std::chrono::milliseconds(100), [&] {
                return client.gone();
            }).step;
        const maws::Info info = conversation.info();
        if (step.status == MAWS_DONE) {
            // The user to look up in $external.
            return client.write_line("verified " + std::string(info.principal));
        }
        if (step.status != MAWS_CONTINUE) return refuse(client, info.detail);
        client.write(step.reply);
        if (!client.read(payload)) return;
    }
}

void serve(const maws::Plugin& plugin, Client client) {
    std::string payload;
    while (client.read(payload)) log_in(plugin, client, payload);
}

// --- The server ---------------------------------------------------------------------------------

maws::FileDescriptor listen_on(int port) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    maws::FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (bind(listener.get(), any, size) != 0 || listen(listener.get(), SOMAXCONN) != 0 ||
        getsockname(listener.get(), any, &size) != 0) {
        return {};
    }
    std::cout << "listening on 127.0.0.1:" << ntohs(address.sin_port) << std::endl;
    return listener;
}

void run(const maws::Plugin& plugin, int listener, int stop) {
    std::list<std::future<void>> sessions;  // each is waited for at its end
    for (;;) {
        pollfd watched[] = {{listener, POLLIN, 0}, {stop, POLLIN, 0}};
        poll(watched, 2, -1);
        if (watched[1].revents != 0) return;
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        Client client(accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC),
                      peer, stop);
        sessions.remove_if([](const std::future<void>& session) {
            return session.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        });
        try {
            sessions.push_back(
                std::async(std::launch::async, serve, std::cref(plugin), std::move(client)));
        } catch (const std::system_error& error) {
            std::cerr << "no thread for a client: " << error.what() << '\n';
        }
    }
}

int fail(std::string_view message) {
    std::cerr << message << '\n';
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return fail("usage: threads PLUGIN PORT [OPTION=VALUE]...");
    // Blocked in all threads and never taken: from a signal on, `stop` is readable for each of
    // them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const maws::FileDescriptor stop(signalfd(-1, &signals, SFD_CLOEXEC));

    std::vector<maws::Option> options;
    for (int i = 3; i < argc; i++) {
        const std::string setting = argv[i];
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos) return fail(setting + ": not OPTION=VALUE");
        options.push_back({setting.substr(0, equals), setting.substr(equals + 1)});
    }
    const auto plugin = load(argv[1], options);
    if (!plugin) return fail(plugin.error().message);
    const maws::FileDescriptor listener = listen_on(std::atoi(argv[2]));
    if (!listener.valid()) return fail("cannot listen on this port");
    run(plugin.value(), listener.get(), stop.get());
    return plugin.value().destroy(5000).ok() ? 0 : 1;
}
