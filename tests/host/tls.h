// TLS for the server's side of a connection.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "maws/result.h"

namespace host {

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
    void operator()(SSL* session) const { SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;
using TlsSession = std::unique_ptr<SSL, FreeSession>;

// Certificate chain and private key come from one PEM file, as with mongod's option. TLS 1.2 is
// the least version; clients are not asked for certificates.
maws::Result<TlsContext> make_tls_context(const std::string& certificate_key_file);

}  // namespace host
