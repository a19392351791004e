// One accepted connection as a stream of bytes, plain or TLS.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "maws/trusted_file.h"
#include "tls.h"

namespace host {

// Used by its connection's thread alone, but for shut_down.
class Stream {
 public:
    // A null context is a plain connection.
    Stream(maws::FileDescriptor socket, SSL_CTX* context);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    int socket() const { return socket_.get(); }
    bool tls() const { return session_ != nullptr; }

    // The TLS handshake, if there is one. Like the next two: false when the connection is of no
    // more use.
    bool accept();
    // Appends exactly `count` bytes to `out`, which grows only as bytes arrive.
    bool read(std::string& out, std::size_t count);
    bool write(std::string_view bytes);

    // Makes reads (how = SHUT_RD) or reads and writes (SHUT_RDWR) of the connection's thread end.
    // [any thread]
    void shut_down(int how) const;

 private:
    std::size_t read_some(char* to, std::size_t count);

    const maws::FileDescriptor socket_;
    const TlsSession session_;
    bool broken_ = false;  // after an error TLS must not be spoken any more, not even a goodbye
};

}  // namespace host
