#include "session.h"

#include <exception>

#include "messages.h"

namespace host {

Session::Session(Services& services, std::uint64_t id, std::string address,
                 maws::FileDescriptor socket, SSL_CTX* tls)
    : services_(services), id_(id), address_(std::move(address)), stream_(std::move(socket), tls) {}

void Session::run() noexcept {
    ++services_.connections;
    try {
        serve();
    } catch (const std::exception& error) {
        // Out of memory for this client's requests; the others go on.
        services_.login.log.event(MAWS_LOG_ERROR, "connection",
                                  maws::say<messages::kGivenUp>(error.what()));
    }
    --services_.connections;
}

void Session::serve() {
    if (!stream_.accept()) {
        malformed(maws::say<messages::kNoHandshake>());
        return;
    }
    Login login(services_.login, Peer{id_, stream_.socket(), address_, stream_.tls()});
    for (;;) {
        Request request;
        if (!read(request, login)) return;
        const Doc reply = run_command(services_, login, id_, request);
        if (!request.wants_reply) continue;
        if (!stream_.write(encode_reply(request, ++last_reply_, reply))) return;
    }
}

bool Session::read(Request& request, const Login& login) {
    if (!stream_.read(request.message, kHeaderSize)) return false;
    const Header header = parse_header(request.message);
    const std::int32_t most =
        login.user() != nullptr ? kMaxMessageSize : kMaxMessageSizeBeforeLogin;
    if (header.length < static_cast<std::int32_t>(kHeaderSize) || header.length > most) {
        malformed(maws::say<messages::kBadLength>(header.length));
        return false;
    }
    const std::size_t rest = static_cast<std::size_t>(header.length) - kHeaderSize;
    if (!stream_.read(request.message, rest)) return false;
    if (const std::string why = parse_request(request); !why.empty()) {
        malformed(why);
        return false;
    }
    return true;
}

void Session::malformed(const std::string& why) {
    services_.login.log.event(MAWS_LOG_INFO, "connection",
                              maws::say<messages::kMalformed>(address_, why));
}

}  // namespace host
