#include "tls.h"

#include <openssl/err.h>

#include <array>

namespace host {
namespace {

std::string last_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

}  // namespace

maws::Result<TlsContext> make_tls_context(const std::string& certificate_key_file) {
    const auto fail = [&](const std::string& what) {
        return maws::Error{MAWS_E_ARGUMENT, "TLS certificate key file '" + certificate_key_file +
                                                "': " + what + ": " + last_error()};
    };
    const char* path = certificate_key_file.c_str();
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        return fail("OpenSSL is of no use");
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (SSL_CTX_use_certificate_chain_file(context.get(), path) != 1) {
        return fail("no certificate can be read");
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), path, SSL_FILETYPE_PEM) != 1) {
        return fail("no private key can be read");
    }
    if (SSL_CTX_check_private_key(context.get()) != 1) {
        return fail("certificate and private key do not belong together");
    }
    return context;
}

}  // namespace host
