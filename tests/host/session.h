// One connection, from accept to close.
#pragma once

#include <cstdint>
#include <string>

#include "commands.h"
#include "stream.h"

namespace host {

// Runs on its connection's thread; shut_down may be called by any.
class Session {
 public:
    Session(Services& services, std::uint64_t id, std::string address, maws::FileDescriptor socket,
            SSL_CTX* tls);

    // Serves the client until either side is done. Never throws.
    void run() noexcept;

    // Makes run() end: at its next read (SHUT_RD), or at any traffic (SHUT_RDWR).
    void shut_down(int how) const { stream_.shut_down(how); }

 private:
    void serve();
    // Reads one message; false when there is none to come or it is not legal.
    bool read(Request& request, const Login& login);
    void malformed(const std::string& why);

    Services& services_;
    const std::uint64_t id_;
    const std::string address_;
    Stream stream_;
    std::int32_t last_reply_ = 0;
};

}  // namespace host
