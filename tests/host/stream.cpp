#include "stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace host {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;

TlsSession make_session(SSL_CTX* context, int socket) {
    TlsSession session(context != nullptr ? SSL_new(context) : nullptr);
    if (session != nullptr) SSL_set_fd(session.get(), socket);
    return session;
}

}  // namespace

Stream::Stream(maws::FileDescriptor socket, SSL_CTX* context)
    : socket_(std::move(socket)),
      session_(make_session(context, socket_.get())),
      // Without a session a connection that should be TLS must not fall back to plain bytes.
      broken_(context != nullptr && session_ == nullptr) {}

Stream::~Stream() {
    if (session_ != nullptr && !broken_ && SSL_is_init_finished(session_.get()) == 1) {
        SSL_shutdown(session_.get());
    }
    ERR_clear_error();
}

bool Stream::accept() {
    if (broken_) return false;
    if (session_ == nullptr) return true;
    ERR_clear_error();
    broken_ = SSL_accept(session_.get()) != 1;
    return !broken_;
}

std::size_t Stream::read_some(char* to, std::size_t count) {
    if (session_ != nullptr) {
        ERR_clear_error();
        std::size_t got = 0;
        if (SSL_read_ex(session_.get(), to, count, &got) == 1) return got;
        broken_ = SSL_get_error(session_.get(), 0) != SSL_ERROR_ZERO_RETURN;
        return 0;
    }
    for (;;) {
        const ssize_t got = recv(socket_.get(), to, count, 0);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return 0;
    }
}

bool Stream::read(std::string& out, std::size_t count) {
    while (count > 0 && !broken_) {
        const std::size_t before = out.size();
        const std::size_t wanted = std::min(count, kChunk);
        out.resize(before + wanted);
        const std::size_t got = read_some(&out[before], wanted);
        out.resize(before + got);
        if (got == 0) return false;
        count -= got;
    }
    return count == 0;
}

bool Stream::write(std::string_view bytes) {
    while (!bytes.empty() && !broken_) {
        std::size_t written = 0;
        if (session_ != nullptr) {
            ERR_clear_error();
            broken_ = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &written) != 1;
        } else {
            const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            broken_ = sent < 0;
            written = sent < 0 ? 0 : static_cast<std::size_t>(sent);
        }
        bytes.remove_prefix(written);
    }
    return bytes.empty();
}

void Stream::shut_down(int how) const {
    shutdown(socket_.get(), how);
}

}  // namespace host
